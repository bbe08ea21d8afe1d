"""Keys: the names that this site gives its audio, `tracks/<job>/<track>/master.wav`, and how a move changes them.

Audio that is moved gets a key of its own: `master.wav` becomes `master.1.wav`, then `master.2.wav`. So a place that
was left is never lived in again, and whoever deletes what was left behind, however late, deletes nothing else.
"""

import re
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

PREFIX = "tracks/"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(rf"{PREFIX}(?P<job>{_UUID})/(?P<track>{_UUID})/[A-Za-z0-9_-][A-Za-z0-9._-]*")
_NAME = re.compile(r"(?P<stem>.+?)(?:\.(?P<moves>[1-9]\d{0,8}))?(?P<suffix>\.[A-Za-z0-9]+)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Moves:
    """A name as what it was at first, and how often its audio has moved since."""

    stem: str
    suffix: str
    count: int

    @classmethod
    def of(cls, name: str) -> Self:
        """Take a name apart. Raises ValueError for an empty one."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError("Audio without a name lies nowhere.")
        return cls(match["stem"], match["suffix"] or "", int(match["moves"] or 0))

    @property
    def name(self) -> str:
        return f"{self.stem}.{self.count}{self.suffix}" if self.count else self.original

    @property
    def original(self) -> str:
        """The name before the first move."""
        return f"{self.stem}{self.suffix}"

    def after(self) -> Self:
        """The name after one more move."""
        return replace(self, count=self.count + 1)

    def before(self) -> Self | None:
        """The name before the latest move; None where there was none."""
        return replace(self, count=self.count - 1) if self.count else None


def job_in(name: str) -> UUID | None:
    """The job in a key of this site's making; None for any other name, whoever put it there."""
    match = _KEY.fullmatch(name)
    return UUID(match["job"]) if match else None


def track_in(name: str) -> UUID | None:
    """The track in a key of this site's making; None for any other name."""
    match = _KEY.fullmatch(name)
    return UUID(match["track"]) if match else None
