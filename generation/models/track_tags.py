"""Putting tags on several tracks at once, and taking them off."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from generation.engines.request import MAX_TAGS
from generation.models.track import Track
from generation.models.track_queries import TrackQuerySet
from generation.models.track_search import SOURCES, search_text_of

WRITTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Tagged:
    """Which tracks have another set of tags now, and how many have as many as there may be and got no more."""

    changed: list[UUID]
    full: int = 0


def add_tag(tracks: TrackQuerySet, tag: str) -> Tagged:
    """Put a tag on those tracks that have not got it, as their last."""
    full = 0

    def added(tags: list[str]) -> list[str]:
        nonlocal full
        if tag in tags:
            return tags
        if len(tags) >= MAX_TAGS:
            full += 1
            return tags
        return [*tags, tag]

    changed = _change(tracks, added)
    return Tagged(changed, full)


def remove_tag(tracks: TrackQuerySet, tag: str) -> Tagged:
    """Take a tag off those tracks that have it."""
    return Tagged(_change(tracks, lambda tags: [each for each in tags if each != tag]))


def _change(tracks: TrackQuerySet, change: Callable[[list[str]], list[str]]) -> list[UUID]:
    with transaction.atomic():
        # In one order, so that no two wait for each other.
        locked = tracks.order_by("pk").select_for_update(no_key=True).only(*SOURCES)
        changed = []
        for track in locked:
            tags = change(track.tags)
            if tags != track.tags:
                track.tags = tags
                track.search_text = search_text_of(track)
                changed.append(track)
        Track.objects.bulk_update(changed, ["tags", "search_text"], batch_size=WRITTEN_AT_ONCE)
    return [track.pk for track in changed]
