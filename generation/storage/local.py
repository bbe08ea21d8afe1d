"""Audio in a folder of this machine, served by the site itself under signed links."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from .atomic import translated_os_error, write_atomically
from .base import AudioStorage, Stat, chunks_of
from .expiry import DEFAULT_EXPIRE, checked_expire, life_at
from .links import signed_link
from .listing import StoredObject, Unfinished, drafts_under, files_under
from .measuring import measured
from .names import checked_name
from .parameters import Parameters


class LocalAudioStorage(AudioStorage, FileSystemStorage):
    """Files under `location`, written atomically, at links that live `expire` seconds."""

    storage_type = "local"

    def __init__(self, location: str | os.PathLike[str], expire: int = DEFAULT_EXPIRE) -> None:
        super().__init__(location=location)
        self.expire = checked_expire(expire)

    def path(self, name: str) -> str:
        return super().path(checked_name(name))

    def _save(self, name: str, content: IO[Any]) -> str:
        target = Path(self.path(name))
        with measured("local", "save"):
            write_atomically(target, chunks_of(content), self.file_permissions_mode, Path(self.location))
        return name

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        if mode != "rb":
            raise ValueError(f"Stored audio opens for reading ('rb'), not {mode!r}; write it with save().")
        with measured("local", "open"):
            try:
                return File(open(self.path(name), mode), name)
            except FileNotFoundError:
                raise
            except OSError as error:
                raise translated_os_error(error, Path(self.location)) from error

    def delete(self, name: str) -> None:
        """Remove the audio, and the folders above it that are empty then."""
        path = Path(self.path(name))
        with measured("local", "delete"):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise translated_os_error(error, Path(self.location)) from error
        self._remove_empty_folders(path.parent)

    def _remove_empty_folders(self, folder: Path) -> None:
        with contextlib.suppress(OSError):  # not empty, or gone already: either way it is as it should be
            while folder != Path(self.location):
                folder.rmdir()
                folder = folder.parent

    def exists(self, name: str) -> bool:
        return os.path.isfile(self.path(name))

    def stat(self, name: str) -> Stat:
        with measured("local", "stat"):
            return Stat(size=self.size(name), md5=None)

    def url(self, name: str | None, parameters: Parameters | None = None, expire: int | None = None) -> str:
        """Return a path of this site with its signature; the caller makes it absolute where it must be."""
        return signed_link(checked_name(name or ""), self.expire if expire is None else expire, parameters)

    def expires_at(self, expire: int | None = None) -> float:
        return life_at(time.time(), self.expire if expire is None else expire).end

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        return files_under(Path(self.location), prefix)

    def unfinished(self, prefix: str = "") -> Iterator[Unfinished]:
        return drafts_under(Path(self.location), prefix)

    def warm(self) -> None:
        """Nothing to make ready here."""
