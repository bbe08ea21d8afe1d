"""What a user has used and may take along, for the account page."""

from decimal import Decimal
from typing import Any

from django import template

from generation.models import Archive
from generation.models.archive import ArchiveKind
from generation.models.quotas import Holder, Limits
from generation.models.usage import DAYS, Usage
from generation.web import words
from musicgen.client_address import client_key

register = template.Library()
register.filter("engine_title", words.engine_title)


@register.inclusion_tag("components/usage.html", takes_context=True)
def usage_of(context: dict[str, Any], user: Any) -> dict[str, object]:
    """Jobs, music and cost of today and of the last 30 days; what waits, runs and is stored; and the quotas."""
    usage = Usage.of(user)
    limits = Limits.of(Holder.of(user, client_key(context["request"])))
    periods = (("Today", usage.today), (f"Last {DAYS} days", usage.last_days))
    return {"usage": usage, "periods": periods, "limits": limits, "shared": user.is_guest}


@register.simple_tag
def latest_export(user: Any) -> Archive | None:
    """The zip of all of somebody's data that was ordered last, as long as it is there."""
    return Archive.objects.visible_to(user).filter(kind=ArchiveKind.EVERYTHING).first()


@register.filter
def dollars(cost: Decimal | float) -> str:
    """An amount of US dollars; parts of a cent are shown where there is nothing else."""
    return f"${cost:.4f}" if 0 < cost < 0.01 else f"${cost:.2f}"
