"""The expiring file: a stored file that no row names, and when it is to be deleted."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

CLAIM_GRACE = timedelta(hours=1)


class ExpiringFileQuerySet(models.QuerySet["ExpiringFile"]):
    def due(self, now: datetime) -> "ExpiringFileQuerySet":
        """Those to be deleted by now for which no message was sent, or whose message has brought about nothing."""
        unclaimed = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_GRACE)
        return self.filter(unclaimed, delete_after__lte=now)


class ExpiringFile(models.Model):
    """A file of a track that is about to be written, or that another has replaced while signed URLs lead to it.

    Noted before the file is there, so that whatever becomes of the process that writes it, the file is deleted in the
    end; kept when the track is gone, for the same reason. Whoever deletes the file claims it first: from then on no row
    may come to name it (`keep`).
    """

    track_id = models.UUIDField(db_index=True)
    storage_type = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    delete_after = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = ExpiringFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def claim(self, now: datetime) -> bool:
        """Note that a message to delete the file is being sent. False: somebody else just sent one, or it is kept."""
        mine = ExpiringFile.objects.due(now).filter(pk=self.pk, claimed_at=self.claimed_at)
        return mine.update(claimed_at=now) == 1

    def keep(self) -> bool:
        """Let the file be, because a row names it now. False: somebody is deleting it."""
        return ExpiringFile.objects.filter(pk=self.pk, claimed_at=None).delete()[0] == 1
