"""What the pages of the admin share: pages to look at, and how values are shown on them."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from generation.models import Track
from generation.models.job_states import Status
from generation.storage import StorageError
from generation.tracks.delivery import deliver, listening_format
from musicgen.admin_lists import BigTableAdmin

NOTHING = "–"


class ReadOnlyAdmin(BigTableAdmin):
    """Pages to look at: nothing is added, changed or deleted by a form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def state(status: str) -> SafeString:
    """A status as a coloured word."""
    return format_html('<span class="state state-{}">{}</span>', Status(status), Status(status).label)


def one_line(text: str) -> SafeString:
    """Text for a column of a list, on one line however narrow the page is."""
    return format_html('<span class="one-line">{}</span>', text)


def moment(when: datetime) -> SafeString:
    """A time for a column of a list."""
    return one_line(date_format(timezone.localtime(when), "j M H:i:s"))


def seconds(value: float | None) -> SafeString:
    return one_line(NOTHING if value is None else f"{value:,.1f} s")


def megabytes(size: int) -> SafeString:
    return one_line(f"{size / 1e6:,.1f} MB")


def measured(track: Track) -> SafeString:
    """What is known of a track's sound, in one line. Load `job` beside the tracks of a list."""
    values = (
        f"{track.bpm:g} BPM{_asked(track.asked_bpm)}" if track.bpm else "",
        f"{track.key}{_asked(track.asked_key)}" if track.key else "",
        track.time_signature,
        f"{track.lufs:.1f} LUFS" if track.lufs is not None else "",
        f"{track.true_peak_db:.1f} dBTP" if track.true_peak_db is not None else "",
    )
    return one_line(", ".join(value for value in values if value))


def _asked(value: float | str | None) -> str:
    return (
        ""
        if value is None
        else f" (asked for {value:g})"
        if isinstance(value, float)
        else f" (asked for {value})"
    )


def price(value: Decimal) -> str:
    """US dollars, to the hundredth of a cent."""
    return f"${value:,.4f}"


def dollars(value: Decimal | None) -> SafeString:
    """What something cost, for a column."""
    return one_line(NOTHING if value is None else price(value))


def pretty(value: Any) -> SafeString:
    """A JSON value, indented."""
    return format_html('<pre class="pretty">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def player(track: Track) -> SafeString | str:
    """Something to listen to a track with, by a signed URL. Load `renditions` beside the tracks of a list."""
    if track.deleted_at is not None:
        return "deleted"
    try:
        delivery = deliver(track, listening_format(track))
    except StorageError as error:
        return error.message
    if delivery is None:
        return NOTHING
    return format_html(
        '<audio controls preload="none" src="{}" aria-label="{}" class="player"></audio>',
        delivery.url,
        track.title,
    )


def shared_page(track: Track) -> SafeString | str:
    """A link to the page of a track that is shared."""
    if track.share_key is None:
        return "private"
    return format_html(
        '<a href="{}">{}</a>', reverse("shared", args=[track.share_key]), track.get_visibility_display()
    )
