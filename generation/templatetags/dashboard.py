"""`{% dashboard %}`: how the site stands, above the admin's list of models."""

from typing import Any

from django import template
from django.utils import timezone

from generation.admin.dashboard import SPANS
from generation.admin.dashboard import dashboard as dashboard_of

register = template.Library()


@register.inclusion_tag("admin/dashboard.html", takes_context=True)
def dashboard(context: dict[str, Any]) -> dict[str, object]:
    """Of nothing to staff who may not look at jobs."""
    request = context["request"]
    if not request.user.has_perm("generation.view_job"):
        return {}
    return {"dashboard": dashboard_of(request.GET.get("over", ""), timezone.now()), "spans": SPANS}
