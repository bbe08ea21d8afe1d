"""Messages on their way: written with what they tell of, in one transaction, and sent by a worker."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from generation.webhooks import rules
from generation.webhooks.delivery import WebhookDelivery
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.endpoint import WebhookEndpoint
from generation.webhooks.events import MessageType, job_message, message_for_test
from generation.webhooks.rules import NotAccepted

if TYPE_CHECKING:
    from generation.models import Job
    from generation.models.job_queries import JobQuerySet


def record_end(job: "Job", status: str) -> None:
    """Write a message to every endpoint of its owner that wants to hear that this job ended so.

    For the transaction that ends the job, after its UPDATE. Where there is no endpoint it costs one query.
    """
    record_ends(type(job).objects.filter(pk=job.pk), status)


def record_ends(jobs: "JobQuerySet", status: str) -> None:
    """The same of many jobs that ended so, in five queries however many they are."""
    event = f"job.{status}"
    # By the rows, not by objects: a guest's jobs may have gone to an account meanwhile.
    owners = jobs.order_by().values("owner_id")
    theirs = WebhookEndpoint.objects.enabled().filter(owner_id__in=owners, owner__is_active=True)
    wanting = [endpoint.pk for endpoint in theirs if event in endpoint.events]
    if not wanting:
        return
    # Locked, so that none is deleted before this commits: that would undo the ends of the jobs, too.
    kept = WebhookEndpoint.objects.enabled().select_for_update(no_key=True).filter(pk__in=wanting)
    by_owner: dict[UUID, list[WebhookEndpoint]] = {}
    for endpoint in kept.order_by("pk"):
        by_owner.setdefault(endpoint.owner_id, []).append(endpoint)
    ended = jobs.filter(owner_id__in=by_owner).order_by("created_at", "pk").with_tracks()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, type=event, body=job_message(job, endpoint.jobs_url))
        for job in ended
        for endpoint in by_owner[job.owner_id]
    )


@transaction.atomic
def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery | None:
    """Send a message by which the receiver can be tried. None: the endpoint is gone.

    Raises NotAccepted where the endpoint is disabled, or where the last one is still on its way.
    """
    # The lock has two requests count one after the other, and whoever deletes the endpoint wait.
    current = WebhookEndpoint.objects.all().locked(endpoint.pk)
    if current is None:
        return None
    if not current.is_enabled:
        raise NotAccepted("webhook_disabled", rules.IS_DISABLED)
    tests = WebhookDelivery.objects.filter(endpoint=current, type=MessageType.TEST)
    if tests.filter(status=DeliveryStatus.PENDING).exists():
        raise NotAccepted("test_pending", rules.TEST_IS_PENDING)
    return tests.create(
        endpoint=current, type=MessageType.TEST, body=message_for_test(current.pk, timezone.now())
    )
