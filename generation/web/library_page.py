"""A page of a library: its cards, and where it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Min

from accounts.models import User
from generation.models import Track
from generation.models.cursors import Cursor, in_order
from generation.models.track import ends_at
from generation.models.track_queries import TrackQuerySet
from generation.web.cards import Card
from generation.web.library_query import LibraryQuery

AT_ONCE = 24
# What is drawn at once where one comes back to; beyond, the page begins further down.
MOST_SHOWN = 10 * AT_ONCE
MOST_COUNTED = 1000
VIEWS = ("list", "grid", "compact")
# What cards show.
_SHOWN = (
    *("id", "job_id", "index", "title", "genre", "seed", "key", "bpm", "duration", "favorite", "tags"),
    *("time_signature", "score_version", "created_at"),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """That some tracks are to be deleted, because they are older than TRACK_DAYS and nobody wants to keep them."""

    count: int
    from_day: date

    @property
    def words(self) -> str:
        are = "track of yours is" if self.count == 1 else "tracks of yours are"
        return (
            f"{self.count:,} {are} older than this site keeps them, and will be deleted from "
            f"{self.from_day.day} {self.from_day:%B %Y} on. Make those you want to keep favorites, put them into a "
            "playlist or share them, or download them."
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A card, and, where it is the first of a part that was loaded at once, the cursor that this part begins at."""

    card: Card
    begins_at: str | None


class LibraryPage:
    """A part of a user's library, as its address says: from the cursor `after` on, `shown` tracks."""

    def __init__(
        self, user: User | AnonymousUser, query: LibraryQuery, params: Mapping[str, str], view: str
    ) -> None:
        self.query = query
        self.view = view
        self._user = user
        self._after = _cursor(params.get("after", ""), query)
        self._size = _size(params.get("shown", ""))

    @property
    def is_start(self) -> bool:
        """Whether it begins with the first track."""
        return self._after is None

    @cached_property
    def cards(self) -> list[Shown]:
        """Its cards in their order."""
        tracks = self._tracks[: self._size]
        after = self._after
        begins: list[str | None] = [None] * len(tracks)
        for start in range(0, len(tracks), AT_ONCE):
            cursor = Cursor.at(tracks[start - 1], self.query.ordering) if start else after
            begins[start] = cursor.encode() if cursor else ""
        return [Shown(Card.of_track(track), at) for track, at in zip(tracks, begins, strict=True)]

    @cached_property
    def more(self) -> str:
        """The address of what follows; "" where nothing does."""
        if len(self._tracks) <= self._size:
            return ""
        last = Cursor.at(self._tracks[self._size - 1], self.query.ordering)
        return f"?{urlencode(self.query.params | {'after': last.encode()})}"

    @cached_property
    def count(self) -> int:
        """How many tracks there are; MOST_COUNTED + 1 stands for any more."""
        if self.is_start and not self.more:
            return len(self.cards)
        return self.query.tracks_of(self._user)[: MOST_COUNTED + 1].count()

    @cached_property
    def ending(self) -> "Ending | None":
        """What there is to say of tracks that are to be deleted, at the start of a library."""
        return ending_of(self._user) if self.is_start else None

    @property
    def count_words(self) -> str:
        """How many tracks there are, in words."""
        if self.count > MOST_COUNTED:
            return f"More than {MOST_COUNTED:,} tracks"
        return f"{self.count:,} track{'' if self.count == 1 else 's'}"

    @cached_property
    def _tracks(self) -> list[Track]:
        tracks, ordering = self.query.tracks_of(self._user), self.query.ordering
        rows: Any = self._after.beyond(tracks) if self._after else in_order(tracks, ordering)
        loaded: TrackQuerySet = rows.select_related("job")
        fields = (*_SHOWN, "job__engine", "job__input", *(("peaks",) if self.view == "list" else ()))
        return list(loaded.only(*fields)[: self._size + 1])


def ending_of(user: User | AnonymousUser) -> Ending | None:
    """What there is to say of a user's tracks that are to be deleted. Without TRACK_DAYS it asks nothing."""
    if settings.TRACK_DAYS is None or not user.is_authenticated:
        return None
    warned = Track.objects.all().unwanted().filter(owner_id=user.pk, warned_at__isnull=False).order_by()
    found = warned.aggregate(count=Count("pk"), made=Min("created_at"), warned=Min("warned_at"))
    if not found["count"]:
        return None
    return Ending(found["count"], ends_at(found["made"], found["warned"]).date())


def _cursor(text: str, query: LibraryQuery) -> Cursor | None:
    kind = type(Track._meta.get_field(query.ordering.removeprefix("-")))
    try:
        return Cursor.decode(text, query.ordering, kind) if text else None
    except ValueError:
        return None  # a link from elsewhere, cut off: the library from its start


def _size(text: str) -> int:
    """How many tracks: whole parts of them."""
    asked = int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else 0
    return min(MOST_SHOWN, max(AT_ONCE, -(-asked // AT_ONCE) * AT_ONCE))
