"""Deleting a webhook with all that was delivered to it, however much that is."""

from django.db import transaction

from generation.webhooks.delivery import WebhookAttempt, WebhookDelivery
from generation.webhooks.endpoint import WebhookEndpoint


@transaction.atomic
def remove(endpoint: WebhookEndpoint) -> bool:
    """Delete an endpoint, its deliveries and their attempts. False: it is gone already."""
    mine = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    # Whoever ends a job or notes a delivery waits for this, or this for them.
    if not mine.select_for_update().exists():
        return False
    deliveries = WebhookDelivery.objects.filter(endpoint_id=endpoint.pk)
    attempts = WebhookAttempt.objects.filter(delivery__in=deliveries)
    for rows in (attempts, deliveries, mine):
        # Not delete(), which would load each row to look for what else refers to it.
        rows._raw_delete(rows.db)
    return True
