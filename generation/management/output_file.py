"""Where a command writes a track: a file that is written atomically."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.utils.text import slugify

from generation.audio.formats import FORMATS, AudioFormat
from generation.storage.atomic import write_atomically

UNTITLED = "music"


class OutputError(ValueError):
    """Nothing can be written there. The message is a sentence for the person who asked."""


class OutputFile:
    """A file to be written, in the format that its name ends with.

    Without a name it becomes a WAV in the current folder, named after the track, beside what is there already.
    Made before the work begins: raises OutputError where the file could not be written in the end.
    """

    def __init__(self, name: str | None) -> None:
        if name and Path(name).is_dir():
            raise OutputError(f"{name} is a folder. Name a file in it.")
        self._path = Path(name).absolute() if name else None
        self.format = _format_of(self._path) if self._path else FORMATS["wav"]
        self._folder = self._path.parent if self._path else Path.cwd()
        _check_writable(self._folder)

    def write(self, chunks: Iterable[bytes], title: str) -> Path:
        """Write the file and return where it is. Raises StorageError where the folder does not take it."""
        path = self._path or _reserved(self._folder, slugify(title) or UNTITLED, self.format.extension)
        try:
            write_atomically(path, chunks, _usual_mode(), self._folder)
        except BaseException:
            if self._path is None:
                path.unlink(missing_ok=True)
            raise
        return path


def _format_of(path: Path) -> AudioFormat:
    extension = path.suffix.lower().lstrip(".")
    found = next((known for known in FORMATS.values() if known.extension == extension), None)
    if found is None:
        endings = ", ".join(f".{known.extension}" for known in FORMATS.values())
        raise OutputError(
            f"The name of the file tells its format, so {path.name} must end with one of {endings}."
        )
    return found


def _check_writable(folder: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be written ({error.strerror}).") from error


def _reserved(folder: Path, stem: str, extension: str) -> Path:
    """Make an empty file under the first name that is free."""
    number = 1
    while True:
        path = folder / (f"{stem}.{extension}" if number == 1 else f"{stem}-{number}.{extension}")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path


def _usual_mode() -> int:
    """The permissions that a new file has under this user's umask."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
