"""Messages on their way: written with what they tell of, in one transaction, and sent by a worker."""

from typing import TYPE_CHECKING

from django.utils import timezone

from generation.webhooks import rules
from generation.webhooks.delivery import WebhookDelivery
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.endpoint import WebhookEndpoint
from generation.webhooks.events import MessageType, job_message, test_message
from generation.webhooks.rules import NotAccepted

if TYPE_CHECKING:
    from generation.models import Job


def record_end(job: "Job", status: str) -> None:
    """Write a message to every endpoint of its owner that wants to hear that this job ended so.

    For the transaction that ends the job, after its UPDATE. Where there is no endpoint it costs one query.
    """
    event = f"job.{status}"
    # By the row, not by this object: a guest's jobs may have gone to an account meanwhile.
    theirs = WebhookEndpoint.objects.enabled().filter(owner__jobs=job.pk, owner__is_active=True)
    wanting = [endpoint.pk for endpoint in theirs if event in endpoint.events]
    if not wanting:
        return
    job.refresh_from_db()
    # Locked, so that none is deleted before this commits: that would undo the end of the job, too.
    kept = WebhookEndpoint.objects.enabled().select_for_update(no_key=True).filter(pk__in=wanting)
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, type=event, body=job_message(job, endpoint.jobs_url))
        for endpoint in kept.order_by("pk")
    )


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a message by which the receiver can be tried. Raises NotAccepted where the endpoint is disabled, or where
    the last one is still on its way."""
    if not endpoint.is_enabled:
        raise NotAccepted("webhook_disabled", rules.IS_DISABLED)
    tests = WebhookDelivery.objects.filter(endpoint=endpoint, type=MessageType.TEST)
    if tests.filter(status=DeliveryStatus.PENDING).exists():
        raise NotAccepted("test_pending", rules.TEST_IS_PENDING)
    return tests.create(
        endpoint=endpoint, type=MessageType.TEST, body=test_message(endpoint.pk, timezone.now())
    )
