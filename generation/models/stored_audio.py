"""What tracks and renditions share: a stored audio file and the storage it lies on."""

from typing import Any, Self, cast

from django.db import models

from generation.models.quick_rows import QuickRows
from generation.storage import AudioStorage, audio_storage, storage_of


class StoredAudio(QuickRows):
    """A file on one of the audio storages.

    `storage_type` is the alias in `settings.STORAGES` of the storage it lies on ("local" or "s3"), which need not be
    the one that new audio goes to. `size` in bytes; `checksum` is the SHA-256 of the file. `tags_digest` is that of
    the tags in the file (`tracks.tags`); empty where they are not known, or where the file has none.
    """

    audio = models.FileField(storage=audio_storage, max_length=200)
    storage_type = models.CharField(max_length=10)
    size = models.PositiveBigIntegerField()
    checksum = models.CharField(max_length=64)
    tags_digest = models.CharField(max_length=16, default="", db_default="", blank=True, editable=False)

    objects: Any  # a manager with `kept()`: the files that nobody has deleted

    class Meta:
        abstract = True

    @property
    def storage_key(self) -> str:
        """The name under which the file lies on its storage."""
        return self.audio.name or ""

    @property
    def storage(self) -> AudioStorage:
        """The storage that this file lies on. Raises StorageError where it is configured no more."""
        return storage_of(self.storage_type)

    def relocate(self, storage_type: str, name: str) -> bool:
        """Note that the file lies elsewhere now. False: meanwhile it was moved by another or deleted."""
        here = {"storage_type": self.storage_type, "audio": self.storage_key}
        there = {"storage_type": storage_type, "audio": name}
        moved: int = type(self).objects.kept().filter(pk=self.pk, **here).update(**there)
        return moved == 1

    def refetched(self) -> Self | None:
        """This file as its row says it is now; None if it was deleted."""
        found: Self | None = type(self).objects.kept().filter(pk=self.pk).first()
        return found

    def where_it_was(self) -> "models.QuerySet[Any]":
        """This file's row, unless the file was moved since it was read."""
        here = {"storage_type": self.storage_type, "audio": self.storage_key}
        return cast("models.QuerySet[Any]", type(self).objects.filter(pk=self.pk, **here))
