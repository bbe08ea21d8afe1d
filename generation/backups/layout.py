"""What a folder of backups holds.

`audio/` has each stored file once, under its key, for all backups together: a key never becomes other audio. Each
`database-TIME/` is the database at that moment: a file of SQLite, or a file for each table of PostgreSQL.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from django.conf import settings

FORMAT = 1
NAME = "database-{:%Y%m%dT%H%M%S.%fZ}"
MANIFEST = "manifest.json"
AUDIO = "audio"


class BackupError(Exception):
    """A backup cannot be made or read; nothing was changed by it. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy of the database is: when it was made (UTC, ISO 8601), of which kind, and of which code.

    `migrations` are the pairs of app and name that had been applied; `tables` has for each table of PostgreSQL its
    columns and the number of its rows.
    """

    made_at: str
    vendor: str
    migrations: list[list[str]]
    tables: dict[str, dict[str, Any]]
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Written last, so that a copy without it is one that was never finished."""
        draft = folder / f"{MANIFEST}.new"
        draft.write_text(json.dumps(asdict(self), indent=1))
        draft.rename(folder / MANIFEST)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Raises BackupError."""
        try:
            manifest = cls(**json.loads((folder / MANIFEST).read_text()))
        except FileNotFoundError:
            raise BackupError(
                f"{folder} is no finished backup of a database: it has no {MANIFEST}."
            ) from None
        except (OSError, ValueError, TypeError) as error:
            raise BackupError(f"{folder / MANIFEST} cannot be read: {error}.") from error
        if manifest.format != FORMAT:
            raise BackupError(
                f"{folder} was made by another version of this command (format {manifest.format})."
            )
        return manifest


def new_database(folder: Path, now: datetime) -> Path:
    """Make the folder of a new copy of the database. Raises BackupError."""
    if _holds(folder, Path(settings.AUDIO_ROOT)):
        raise BackupError(f"{folder} is where the site itself keeps its audio. Choose another folder.")
    path = folder / NAME.format(now)
    try:
        path.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise BackupError(f"{path} is there already.") from None
    except OSError as error:
        raise BackupError(f"{path} cannot be made: {error.strerror}.") from error
    return path


def databases(folder: Path) -> list[Path]:
    """The finished copies of the database, the oldest first."""
    return sorted(path.parent for path in folder.glob(f"database-*/{MANIFEST}"))


def audio_file(folder: Path, key: str) -> Path:
    """Where a stored file lies. Its key is one of this site's making, so it leads to nowhere else."""
    return folder / AUDIO / key


def audio_keys(folder: Path) -> Iterator[str]:
    """The keys of all stored files."""
    root = folder / AUDIO
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix()


def _holds(folder: Path, audio: Path) -> bool:
    """Whether copies in this folder would lie among the site's own audio."""
    copies, own = (folder / AUDIO).resolve(), audio.resolve()
    return copies == own or own in copies.parents or copies in own.parents
