"""A disk that is really full: a small file system of its own, which only the processes started on it see."""

import errno
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings

MEBIBYTES = 512
PIECE = bytes(1 << 20)
FULL_VARIABLE = "DISK_FULL_WHILE"
LOOK_SECONDS = 0.02
FILL_SECONDS = 60
HOLD = f'mount -t tmpfs -o size={MEBIBYTES}m none "$0" && echo held && exec cat'


class SmallDisk(Protocol):
    """A disk that is the folder `seen` for this process, for what is started with `command` and `variables`."""

    kind: str

    @property
    def seen(self) -> Path: ...

    @property
    def command(self) -> Sequence[str]: ...

    @property
    def variables(self) -> Mapping[str, str]: ...

    def fill(self) -> None:
        """Leave no byte free, until there is to be room again."""

    def free(self) -> None:
        """Make room again."""


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A file system of its own where the system lets this user make one, else a folder that refuses as one does."""
    folder.mkdir(parents=True)
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    with subprocess.Popen(
        ["unshare", "--mount", *rights, "sh", "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout
        held = holder.stdout.readline() == b"held\n"
        try:
            yield OwnFileSystem(folder, holder.pid, bool(rights)) if held else RefusingFolder(folder)
        finally:
            holder.kill()


@dataclass
class OwnFileSystem:
    """A tmpfs in the mount namespace of a process that does nothing else."""

    folder: Path
    holder: int
    mapped: bool
    kind: str = "a disk full"

    def __post_init__(self) -> None:
        self._room = threading.Event()
        self._full = threading.Event()
        self._filling: threading.Thread | None = None

    @property
    def seen(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.folder}")

    @property
    def command(self) -> Sequence[str]:
        rights = ["--user", "--preserve-credentials"] if self.mapped else []
        enter = ["nsenter", f"--target={self.holder}", "--mount", *rights]
        return [*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(settings.BASE_DIR)]

    @property
    def variables(self) -> dict[str, str]:
        return {}

    def fill(self) -> None:
        self._room.clear()
        self._full.clear()
        self._filling = threading.Thread(target=self._fill, name="balloon", daemon=True)
        self._filling.start()
        assert self._full.wait(FILL_SECONDS), "the disk is not full yet"

    def free(self) -> None:
        assert self._filling
        self._room.set()
        self._filling.join()

    def _fill(self) -> None:
        balloon = self.seen / ".balloon"
        with balloon.open("wb", buffering=0) as file:
            _write_until_full(file)
            self._full.set()
            while not self._room.wait(LOOK_SECONDS):  # writes that fail give back what they had taken
                _write_until_full(file)
        balloon.unlink()


def _write_until_full(file: IO[bytes]) -> None:
    for piece in (PIECE, b"\0"):
        try:
            while file.write(piece):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@dataclass
class RefusingFolder:
    """A folder whose storage gets the answer of a full device for every write while a marker lies there."""

    seen: Path
    kind: str = "a folder that answers as a full device does"
    command: Sequence[str] = ()

    @property
    def variables(self) -> dict[str, str]:
        return {FULL_VARIABLE: str(self._marker())}

    def fill(self) -> None:
        self._marker().touch()

    def free(self) -> None:
        self._marker().unlink()

    def _marker(self) -> Path:
        return self.seen / ".full"
