"""What is said to who ordered beyond a quota: what the limit is, and what to do."""

from datetime import datetime
from math import ceil

from django.conf import settings

from generation.models.quota_limits import GUEST, USER, Holder, Limit
from musicgen.durations import clock_with_unit

_BUDGET = "What this site spends in a day on this engine"
_GOES_ON = "Other engines take orders."


def sentences(limit: Limit, holder: Holder, now: datetime, asked: float) -> str:
    """Why this order is refused. `asked` is how much of what is limited it would have used."""
    said = _said(limit, holder, now, asked)
    is_own = not limit.name.startswith("site_")
    hint = is_own and holder.kind == GUEST and _accounts_may_more(limit)
    return f"{said} With an account you may order more." if hint else said


def renewal(limit: Limit, now: datetime) -> str:
    """From when on there is more, as "from 00:00 UTC on, in 5 h 12 min"."""
    renews_at = limit.renews_at or now
    minutes = ceil((renews_at - now).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    return f"from {renews_at:%H:%M} UTC on, in {f'{hours} h ' if hours else ''}{rest} min"


def _said(limit: Limit, holder: Holder, now: datetime, asked: float) -> str:
    is_guest = holder.kind == GUEST
    who, have = ("All guests of one address together", "they have") if is_guest else ("You", "you have")
    most, left = limit.limit or 0, limit.left or 0
    match limit.name:
        case "jobs_per_day":
            return (
                f"{who} may order {_counted(most, 'job')} a day, and {have}. "
                f"More can be ordered {renewal(limit, now)}."
            )
        case "seconds_per_day":
            return (
                f"{who} may order {clock_with_unit(most)} of music a day, of which "
                f"{clock_with_unit(left)} are left, and this is an order of {clock_with_unit(asked)}. "
                f"Ask for less, or again {renewal(limit, now)}."
            )
        case "usd_per_day":
            return (
                f"{who} may spend ${most:.2f} a day on engines that cost money, of which ${left:.2f} are left, and "
                f"this order is expected to cost ${asked:.2f}. Ask for less, or again {renewal(limit, now)}."
                f"{_others()}"
            )
        case "site_usd_per_day":
            state = "would be exceeded by this order" if left else "is used up"
            return f"{_BUDGET} {state}. It takes orders again {renewal(limit, now)}.{_others()}"
        case "stored_minutes":
            return (
                f"You may keep {_minutes(most)} of music, with what waits to be made you have {_minutes(limit.used)}, "
                f"and this is an order of {_minutes(asked)}. Delete tracks that you no longer want, or ask for less."
            )
        case "site_stored_minutes":
            return (
                "This site keeps as much music as it may. Delete tracks that you no longer want, or ask the operator "
                "for room."
            )
        case _:
            return (
                f"{who} may have {_counted(most, 'job')} in line, and {have}. "
                "Order again when one of them has begun, or cancel one."
            )


def _others() -> str:
    return f" {_GOES_ON}" if len(settings.ENGINES) > 1 else ""


def _accounts_may_more(limit: Limit) -> bool:
    theirs = getattr(settings, f"QUOTA_{limit.name.upper()}")[USER]
    return settings.SIGNUP_OPEN and (theirs is None or theirs > (limit.limit or 0))


def _minutes(minutes: float) -> str:
    return clock_with_unit(60 * minutes)


def _counted(number: float, noun: str) -> str:
    return f"{number:,.0f} {noun}{'' if number == 1 else 's'}"
