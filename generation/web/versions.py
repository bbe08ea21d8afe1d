"""The versions of a track: the other pieces of its order, and those of the same order sent again."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q

from generation.models import Track
from generation.web.words import unusual_signature


@dataclass(frozen=True, slots=True)
class Version:
    """A track of the family. `name` says which it is: "Variation 2", "Ordered again, 1"."""

    track: Track
    name: str
    is_shown: bool

    @property
    def facts(self) -> str:
        """Tempo, key and time signature, as far as they are known and worth a word."""
        tempo = f"{self.track.bpm:.0f} BPM" if self.track.bpm else ""
        return " · ".join(filter(None, (tempo, self.track.key, unusual_signature(self.track.time_signature))))


def versions_of(shown: Track) -> list[Version]:
    """The family of a track, itself among it, in the order of making; none where it is alone."""
    first = shown.job.retry_of_id or shown.job_id
    family = Q(job=first) | Q(job__retry_of=first) | Q(job=shown.job_id) | Q(job__retry_of=shown.job_id)
    tracks = (
        Track.objects.kept()
        .filter(family, owner=shown.owner_id)
        .defer("peaks", "prompt", "takes", "search_text")
    )
    found = list(tracks.order_by("job__created_at", "job_id", "index"))
    return list(_named(found, shown)) if len(found) > 1 else []


def _named(tracks: list[Track], shown: Track) -> Iterator[Version]:
    for again, (_, of_job) in enumerate(groupby(tracks, key=lambda track: track.job_id)):
        for track in of_job:
            number = track.index + 1
            name = f"Ordered again, {number}" if again else f"Variation {number}"
            yield Version(track, name, track == shown)
