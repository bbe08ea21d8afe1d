"""The rendition: a file that is made from a track."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from generation.models.stored_audio import StoredAudio
from generation.models.track import Track


class RenditionQuerySet(models.QuerySet["Rendition"]):
    def kept(self) -> "RenditionQuerySet":
        return self.filter(track__deleted_at=None)


class Rendition(StoredAudio):
    """A track's audio in another format, made from the master, or its stems, made from its score; then kept.

    Of the master's own format it is a copy with the tags that the track has had since it was renamed. A row exists once
    the file is stored; where its tags are made anew, the file is another one from then on.
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

    def replace_file(self, **fields: Any) -> bool:
        """Note that another file stands for this one from now on. False: it was moved or replaced meanwhile."""
        replaced = self.where_it_was().update(**fields) == 1
        if replaced:
            self.refresh_from_db()
        return replaced
