"""Messages on their way: written with what they tell of, in one transaction, and sent by a worker."""

from typing import TYPE_CHECKING

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
