"""The mail that tells somebody of their tracks that are to be deleted: one for all of them."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from accounts import mail
from accounts.models import User
from generation.models import Track
from generation.models.track import ends_at

logger = logging.getLogger(__name__)
LISTED = 20
NOTED_AT_ONCE = 1000
# No second mail within this; so one tells of what would be due until then, too.
PAUSE = timedelta(days=7)


def send(owner_id: UUID) -> int:
    """Tell somebody of such tracks of theirs, and say of how many; none where the mail does not go out.

    Only tracks that were warned of are ever deleted, and no sooner than TRACK_WARNING_DAYS after that.
    """
    now = timezone.now()
    owner = User.objects.filter(pk=owner_id, is_active=True, is_guest=False).first()
    ageing = Track.objects.all().ageing(now + PAUSE).filter(owner_id=owner_id)
    ids = list(ageing.order_by("created_at", "pk").values_list("pk", flat=True))
    if owner is None or not owner.email or not ids or not settings.EMAIL_URL:
        return 0
    try:
        _mail(owner.email, ids, now).send()
    except OSError as error:  # SMTPException is one
        logger.warning("No mail about old tracks could be sent to user %s: %s", owner_id, error)
        return 0
    with transaction.atomic():
        for start in range(0, len(ids), NOTED_AT_ONCE):
            warned = Track.objects.kept().filter(pk__in=ids[start : start + NOTED_AT_ONCE], warned_at=None)
            warned.update(warned_at=now)
        User.objects.filter(pk=owner_id).update(track_mail_after=now + PAUSE)
    return len(ids)


def _mail(address: str, ids: Sequence[UUID], now: datetime) -> EmailMessage:
    """The mail about these tracks, the oldest first."""
    listed = Track.objects.filter(pk__in=ids[:LISTED]).order_by("created_at", "pk")
    tracks = list(listed.only("pk", "title", "created_at"))
    context = {
        "days": settings.TRACK_DAYS,
        "count": len(ids),
        "ends_at": ends_at(tracks[0].created_at, now),
        "tracks": [(" ".join(track.title.split()), mail.link("track", track.pk)) for track in tracks],
        "more": len(ids) - len(tracks),
        "library": f"{mail.link('library')}?sort=oldest",
    }
    return mail.message("account/email/old_tracks", address, context)
