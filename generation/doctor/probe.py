"""The objects that an examination leaves in the storage: under a prefix of their own, and never for long."""

import contextlib
import io
import os
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self, cast

from django.core.files.base import File

from generation.storage import AudioStorage, S3AudioStorage, StorageError

PREFIX = "probe"
PROBE_BYTES = 4096


class Probe:
    """An object with a name of its own and random content; whatever was stored is removed when the block ends."""

    def __init__(self, storage: AudioStorage) -> None:
        self.storage = storage
        self.key = f"{PREFIX}/{uuid.uuid4().hex}.wav"
        self.large_key = f"{PREFIX}/{uuid.uuid4().hex}.wav"
        self.content = os.urandom(PROBE_BYTES)
        self._left: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for key in list(self._left):
            with contextlib.suppress(StorageError):  # the step that failed before has said so
                self.remove(key)

    def write(self) -> None:
        """Store the probe. Raises StorageError."""
        self._left.append(self.key)
        self.storage.save(self.key, io.BytesIO(self.content))

    def write_large(self, file: IO[bytes]) -> None:
        """Store a large file beside the probe, as `large_key`. Raises StorageError."""
        self._left.append(self.large_key)
        self.storage.save(self.large_key, File(file, self.large_key))

    @contextlib.contextmanager
    def upload_begun(self) -> Iterator[None]:
        """An upload in parts, begun beside the probe and ended when the block ends. Raises StorageError."""
        storage = cast(S3AudioStorage, self.storage)
        upload = storage.begin_upload(self.large_key)
        try:
            yield
        finally:
            upload.discard()

    def remove(self, key: str) -> None:
        """Remove one. Raises StorageError."""
        self.storage.delete(key)
        self._left.remove(key)
