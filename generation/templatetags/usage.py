"""What a user has used, for the account page."""

from decimal import Decimal
from typing import Any

from django import template

from generation.models.usage import DAYS, Usage
from generation.web import words

register = template.Library()
register.filter("engine_title", words.engine_title)


@register.inclusion_tag("components/usage.html")
def usage_of(user: Any) -> dict[str, object]:
    """Jobs, music and cost of today and of the last 30 days; what waits, runs and is stored."""
    usage = Usage.of(user)
    periods = (("Today", usage.today), (f"Last {DAYS} days", usage.last_days))
    return {"usage": usage, "periods": periods}


@register.filter
def dollars(cost: Decimal) -> str:
    """An amount of US dollars; parts of a cent are shown where there is nothing else."""
    return f"${cost:.4f}" if 0 < cost < Decimal("0.01") else f"${cost:.2f}"
