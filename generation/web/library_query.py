"""What is asked of a library: the words, filters and order that stand in its address."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from typing import Any, Self
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.utils.formats import date_format

from accounts.models import User
from generation.composer.genre.titles import genre_title
from generation.engines.request import MAX_GENRE, MAX_TAG
from generation.models import Track
from generation.models.track_queries import TrackQuerySet
from generation.web.words import engine_title
from musicgen.durations import clock
from musicgen.text_direction import isolated

LONGEST_WORDS = 200
MOST_BPM, MOST_SECONDS = 1000, 86_400
# By what the choice is called in the address: its words, and the field that it goes by.
SORTS = {
    "newest": ("Newest first", "-created_at"),
    "oldest": ("Oldest first", "created_at"),
    "title": ("By title", "title"),
    "longest": ("Longest first", "-duration"),
    "shortest": ("Shortest first", "duration"),
}
_PAIRS = (("tempo_from", "tempo_to"), ("length_from", "length_to"), ("since", "until"))


@dataclass(frozen=True, slots=True)
class Filter:
    """One of the filters that are set: what it says, and the address without it."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """Which tracks are shown, and in which order. Tempo in whole BPM as cards show it, length in seconds; days in UTC.

    Each field is called as in the address.
    """

    q: str = ""
    genre: str = ""
    key: str = ""
    tempo_from: int | None = None
    tempo_to: int | None = None
    length_from: int | None = None
    length_to: int | None = None
    since: date | None = None
    until: date | None = None
    favorite: bool = False
    tag: str = ""
    engine: str = ""
    sort: str = "newest"

    @classmethod
    def of(cls, params: Mapping[str, str]) -> tuple[Self, list[str]]:
        """What an address asks for, and what to say of what it asks for in vain, which is left out."""
        asked: dict[str, Any] = {}
        left_out = []
        for name, read in _READERS.items():
            text = params.get(name, "").replace("\0", "").strip()
            if not text:
                continue
            try:
                asked[name] = read(text)
            except ValueError as error:
                left_out.append(f"“{isolated(text[:40])}” {error} and is left out.")
        for first, last in _PAIRS:
            if first in asked and last in asked:
                asked[first], asked[last] = sorted((asked[first], asked[last]))
        return cls(**asked), left_out

    @property
    def ordering(self) -> str:
        """The field that the tracks are ordered by, with "-" for the largest first."""
        return SORTS[self.sort][1]

    @property
    def params(self) -> dict[str, str]:
        """What stands in the address."""
        return {
            each.name: _written(value)
            for each in fields(self)
            if (value := getattr(self, each.name)) != each.default
        }

    @property
    def address(self) -> str:
        """The query of its address: "?q=rain", or "?" where nothing is asked."""
        return f"?{urlencode(self.params)}"

    @property
    def filters(self) -> list[Filter]:
        """The filters that are set, the words apart."""
        return list(self._filters())

    @property
    def is_all(self) -> bool:
        """Whether it shows all there is."""
        return not (self.q or next(self._filters(), None))

    def without_filters(self) -> "LibraryQuery":
        """The same words and order, and no filter."""
        return LibraryQuery(q=self.q, sort=self.sort)

    def without_words(self) -> "LibraryQuery":
        """The same filters, and no words."""
        return replace(self, q="")

    def tracks_of(self, user: User | AnonymousUser) -> TrackQuerySet:
        """The tracks of this user's library that it shows, in no order yet."""
        conditions = {
            "genre": self.genre,
            "key": self.key,
            "job__engine": self.engine,
            "favorite": self.favorite,
            "bpm__gte": self.tempo_from and self.tempo_from - 0.5,
            "bpm__lt": self.tempo_to and self.tempo_to + 0.5,
            "duration__gte": self.length_from and self.length_from - 0.5,
            "duration__lt": self.length_to and self.length_to + 0.5,
            "created_at__gte": self.since and _start_of(self.since),
            "created_at__lt": self.until and _start_of(self.until + timedelta(days=1)),
        }
        tracks = Track.objects.visible_to(user).matching(self.q)
        tracks = tracks.tagged(self.tag) if self.tag else tracks
        return tracks.filter(**{name: value for name, value in conditions.items() if value})

    def _filters(self) -> Iterator[Filter]:
        def named(text: str, *names: str) -> Filter:
            kept = {name: value for name, value in self.params.items() if name not in names}
            return Filter(text, f"?{urlencode(kept)}")

        if self.favorite:
            yield named("Favorites", "favorite")
        if self.genre:
            yield named(genre_title(self.genre), "genre")
        if self.key:
            yield named(self.key, "key")
        if self.tag:
            yield named(f"#{self.tag}", "tag")
        writers: tuple[Callable[[Any], str], ...] = (str, clock, _day)
        for (first, last), write, unit in zip(_PAIRS, writers, (" BPM", "", ""), strict=True):
            if span := _span(getattr(self, first), getattr(self, last), write):
                yield named(f"{span}{unit}", first, last)
        if self.engine:
            yield named(engine_title(self.engine), "engine")


def _text(text: str, longest: int) -> str:
    return text[:longest]


def _whole(text: str, most: int, kind: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 0 < int(text) <= most):
        raise ValueError(f"is no {kind}")
    return int(text)


def _seconds(text: str) -> int:
    """Seconds as "90" or "1:30"."""
    minutes, colon, seconds = text.rpartition(":")
    most = MOST_SECONDS
    try:
        parts = [int(part) for part in (minutes or "0", seconds) if part.isascii() and part.isdecimal()]
    except ValueError:
        parts = []
    if len(parts) != 2 or len(text) > 8 or not 0 < (length := 60 * parts[0] + parts[1]) <= most:
        raise ValueError("is no length such as 90 or 1:30")
    if colon and len(seconds) != 2:
        raise ValueError("is no length such as 90 or 1:30")
    return length


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year < 9999:
        raise ValueError("is no date such as 2026-01-31")
    return day


def _truth(text: str) -> bool:
    if text != "1":
        raise ValueError("says nothing about favorites")
    return True


def _sort(text: str) -> str:
    if text not in SORTS:
        raise ValueError("is no order")
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "q": partial(_text, longest=LONGEST_WORDS),
    "genre": partial(_text, longest=MAX_GENRE),
    "key": partial(_text, longest=20),
    "tag": partial(_text, longest=MAX_TAG),
    "engine": partial(_text, longest=40),
    **dict.fromkeys(("tempo_from", "tempo_to"), partial(_whole, most=MOST_BPM, kind="tempo")),
    **dict.fromkeys(("length_from", "length_to"), _seconds),
    **dict.fromkeys(("since", "until"), _date),
    "favorite": _truth,
    "sort": _sort,
}


def _written(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "1" if value is True else str(value)


def _span(first: Any, last: Any, write: Callable[[Any], str]) -> str:
    if first is None and last is None:
        return ""
    if first == last:
        return write(first)
    if last is None:
        return f"from {write(first)}"
    return f"{write(first)} to {write(last)}" if first is not None else f"to {write(last)}"


def _day(day: date) -> str:
    return date_format(day, "j F Y")


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time_of_day.min, UTC)
