"""Local storage that has the system say that the device is full, where a test cannot have a full device."""

import os
from pathlib import Path
from typing import IO, Any

from generation.storage import LocalAudioStorage
from generation.storage.atomic import translated_os_error
from generation.tests.torture.small_disk import FULL_VARIABLE


class RefusingAudioStorage(LocalAudioStorage):
    """Writes to /dev/full first while the marker lies there."""

    def _save(self, name: str, content: IO[Any]) -> str:
        if os.path.exists(os.environ[FULL_VARIABLE]):
            try:
                Path("/dev/full").write_bytes(b"\0")
            except OSError as error:
                raise translated_os_error(error, Path(self.location)) from error
        return super()._save(name, content)
