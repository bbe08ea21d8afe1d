"""Suspending a user and lifting it again: their orders end, and until it is lifted nothing of theirs goes on.

Nothing is deleted. What is shared is hidden while its owner is suspended (`TrackQuerySet.shared`), zips and conversions
wait (`Archive`, `worker.tasks`), and none of their tracks grows too old (`TrackQuerySet.unwanted`).
"""

from django.db import transaction

from accounts.models import User
from generation import jobs
from generation.models import Job, WebhookEndpoint
from musicgen.admin_log import log_change


def suspend(*, user: User, by: User, reason: str = "") -> bool:
    """Suspend a user and cancel all that they have ordered. False: suspended before, or closed.

    Should this process die in between, the reaper cancels the rest (`cancel_orders`).
    """
    with transaction.atomic():
        if not user.suspend(reason):
            return False
        log_change(by, User, [user.pk], f"Suspended. {reason}".strip())
    jobs.cancel_many(chosen=Job.objects.filter(owner_id=user.pk))
    return True


def lift(*, user: User, by: User) -> bool:
    """Let a user in again: what they share is heard as before, and their webhooks are sent messages. False: they were
    not locked out, or closed."""
    with transaction.atomic():
        if not user.lift():
            return False
        WebhookEndpoint.objects.all().unlock(user)
        log_change(by, User, [user.pk], "Lifted the suspension.")
    return True


def cancel_orders() -> int:
    """Cancel what suspended users have in line or at work all the same, and say how many jobs that were."""
    left = Job.objects.filter(owner__in=User.objects.suspended(), cancel_requested_at=None)
    return jobs.cancel_many(chosen=left)
