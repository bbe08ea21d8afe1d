"""The rendition: a track's audio in another format, or its stems."""

import uuid

from django.db import models
from django.utils import timezone

from generation.models.stored_audio import StoredAudio
from generation.models.track import Track


class RenditionQuerySet(models.QuerySet["Rendition"]):
    def kept(self) -> "RenditionQuerySet":
        return self.filter(track__deleted_at=None)


class Rendition(StoredAudio):
    """A track's audio in another format, made from the master, or its stems, made from its score; then kept.

    A row exists once the file is stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="renditions")
    format = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        ordering = ("format",)
        constraints = (models.UniqueConstraint(fields=["track", "format"], name="rendition_one_per_format"),)

    def __str__(self) -> str:
        return f"{self.track_id}.{self.format}"
