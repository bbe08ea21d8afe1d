"""A message to an endpoint, and how every attempt to deliver it went."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

from generation.webhooks import rules
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.endpoint import FAILING, GONE, WebhookEndpoint
from generation.webhooks.events import MessageType
from generation.webhooks.rules import NotAccepted
from generation.webhooks.schedule import GIVEN_UP_AFTER, next_delay
from musicgen.metrics.names import WEBHOOK_DELIVERIES

MAX_ANSWER = 1024
MAX_ERROR = 300
KEPT_ATTEMPTS = 20
PRUNED_AT_ONCE = 1000
LEASE = timedelta(seconds=60)
GONE_STATUS = 410
_ANYTHING_DUE = """
    SELECT 1 FROM generation_webhookdelivery WHERE status = 'pending' AND next_attempt_at <= %s LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went. `status_code` is None where there was no answer; then `error` says why.

    `duration` and `retry_after` are in seconds, `answer` is the first kilobyte of the answer's body.
    """

    at: datetime
    duration: float
    status_code: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: float | None = None

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def word(self) -> str:
        """Delivered, refused, or unreachable: there was no answer."""
        if self.is_success:
            return "delivered"
        return "unreachable" if self.status_code is None else "refused"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Deliveries, in the words of the domain."""

    def anything_due(self, now: datetime) -> bool:
        """Whether there is one to be sent: what a sender asks all the time, in a statement that it need not build."""
        with connection.cursor() as cursor:
            cursor.execute(_ANYTHING_DUE, [connection.ops.adapt_datetimefield_value(now)])
            return cursor.fetchone() is not None

    def due(
        self,
        now: datetime,
        *,
        without_owners: Collection[UUID] = (),
        without_endpoints: Collection[UUID] = (),
    ) -> "WebhookDeliveryQuerySet":
        """Those that are to be sent now, the longest due first, with their endpoints and owners."""
        due = self.filter(status=DeliveryStatus.PENDING, next_attempt_at__lte=now)
        if without_owners:
            due = due.exclude(endpoint__owner_id__in=without_owners)
        if without_endpoints:
            due = due.exclude(endpoint_id__in=without_endpoints)
        return due.select_related("endpoint__owner").order_by("next_attempt_at")

    def release(self, owner_prefix: str) -> int:
        """Have what a dead sender had in hand sent anew at once, and say how many those are."""
        held = self.filter(status=DeliveryStatus.PENDING, lease_owner__startswith=owner_prefix)
        return held.update(lease_owner="", next_attempt_at=timezone.now())

    def outlived(self, now: datetime) -> "WebhookDeliveryQuerySet":
        """Those that have ended and are older than WEBHOOK_DELIVERY_DAYS."""
        days = settings.WEBHOOK_DELIVERY_DAYS
        if days is None:
            return self.none()
        return self.filter(created_at__lte=now - timedelta(days=days)).exclude(status=DeliveryStatus.PENDING)

    def prune(self, now: datetime) -> int:
        """Delete old ones, so many that it takes no time, and say how many."""
        found = list(self.outlived(now).order_by("created_at").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
        return self.filter(pk__in=found).delete()[0] if found else 0


class WebhookDelivery(models.Model):
    """A message to an endpoint. Its id is the `webhook-id`, the same however often it is sent.

        pending ──note──▶ delivered | failed
           ▲  │ └──note──▶ pending, later          (disabling its endpoint: pending ──▶ failed)
           │  └─claim, release
           └──send_again── delivered | failed

    Who sends it holds it by `lease_owner` and has moved `next_attempt_at` to when others may take it: what is in the
    hands of a sender that dies is sent again. So a receiver may get a message twice, and never too seldom.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    type = models.CharField(max_length=20, choices=MessageType)
    body = models.TextField(help_text="As it is sent and signed, byte for byte.")
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    # Since it was last begun: by its event, or by `send_again`.
    attempts_made = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    lease_owner = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=["next_attempt_at", "endpoint"], name="delivery_due", condition=Q(status="pending")
            ),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="delivery_by_endpoint"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        )
        constraints = (
            models.CheckConstraint(
                name="delivery_pending_until_it_ends",
                condition=Q(status="pending", next_attempt_at__isnull=False, ended_at=None)
                | Q(status__in=("delivered", "failed"), next_attempt_at=None, ended_at__isnull=False),
            ),
        )
        verbose_name_plural = "webhook deliveries"

    def __str__(self) -> str:
        return f"{self.type} ({self.status})"

    @property
    def last_attempt(self) -> "WebhookAttempt | None":
        """The latest of its attempts. Load `attempts` beside the deliveries of a list."""
        return next(reversed(list(self.attempts.all())), None)

    def claim(self, owner: str, now: datetime) -> bool:
        """Take it to send it. False: another sender was faster, or it is no longer to be sent."""
        due = WebhookDelivery.objects.filter(
            pk=self.pk, status=DeliveryStatus.PENDING, next_attempt_at__lte=now
        )
        return due.update(lease_owner=owner, next_attempt_at=now + LEASE) == 1

    def hand_back(self, owner: str) -> bool:
        """Leave it to another sender, as if it had not been taken."""
        held = WebhookDelivery.objects.filter(pk=self.pk, lease_owner=owner, status=DeliveryStatus.PENDING)
        return held.update(lease_owner="", next_attempt_at=timezone.now()) == 1

    def abandon(self) -> bool:
        """Give it up, because its endpoint was disabled just when it was written. False: it has ended already."""
        pending = WebhookDelivery.objects.filter(pk=self.pk, status=DeliveryStatus.PENDING)
        ended = {"status": DeliveryStatus.FAILED, "next_attempt_at": None, "ended_at": timezone.now()}
        return pending.update(lease_owner="", **ended) == 1

    def note(self, owner: str, outcome: Outcome) -> bool:
        """Log an attempt, and say with it whether the delivery has ended and what that means for the endpoint.

        False: this sender holds it no longer, so that another one will say.
        """
        with transaction.atomic():
            # First the endpoint, as whoever disables it does: else two could wait for each other.
            endpoint = WebhookEndpoint.objects.all().locked(self.endpoint_id)
            if endpoint is None or not self._apply(owner, outcome):
                return False
            self._log(outcome)
            if outcome.is_success:
                endpoint.note_success()
            else:
                endpoint.note_failure(outcome.at)
                self._judge(endpoint, outcome)
        return True

    @transaction.atomic
    def send_again(self) -> bool:
        """Send it anew, from now on, as often as a new one. False: it or its endpoint is gone. Raises NotAccepted."""
        endpoint, mine = WebhookEndpoint.objects.all().locked(self.endpoint_id), self._mine()
        if endpoint is None:
            return False
        if not endpoint.is_enabled:
            raise NotAccepted("webhook_disabled", rules.IS_DISABLED)
        begun = {
            "status": DeliveryStatus.PENDING,
            "attempts_made": 0,
            "next_attempt_at": timezone.now(),
            "ended_at": None,
        }
        if not mine.exclude(status=DeliveryStatus.PENDING).update(lease_owner="", **begun):
            if not mine.exists():
                return False
            raise NotAccepted("delivery_pending", rules.IS_PENDING)
        self.refresh_from_db()
        return True

    def _mine(self) -> WebhookDeliveryQuerySet:
        return WebhookDelivery.objects.filter(pk=self.pk)

    def _apply(self, owner: str, outcome: Outcome) -> bool:
        """The conditional UPDATE of `note`. What was ended meanwhile stays so, unless it has arrived after all."""
        held = WebhookDelivery.objects.filter(pk=self.pk, lease_owner=owner)
        now, made = timezone.now(), self.attempts_made + 1
        changes: dict[str, Any] = {"attempts_made": made, "lease_owner": ""}
        delay = self._delay_after(made, outcome.retry_after)
        if outcome.is_success or delay is None:
            status = DeliveryStatus.DELIVERED if outcome.is_success else DeliveryStatus.FAILED
            applied = held.update(**changes, status=status, next_attempt_at=None, ended_at=now)
            if applied:
                transaction.on_commit(lambda: WEBHOOK_DELIVERIES.add(status.value))
        else:
            pending = held.filter(status=DeliveryStatus.PENDING)
            applied = pending.update(**changes, next_attempt_at=now + timedelta(seconds=delay))
            applied = applied or held.update(**changes)
        return applied == 1

    def _delay_after(self, made: int, retry_after: float | None = None) -> float | None:
        """Seconds until it is tried again, None for never: a test is looked at by somebody who can press again."""
        return None if self.type == MessageType.TEST else next_delay(made, retry_after)

    def _log(self, outcome: Outcome) -> None:
        self.attempts.create(
            at=outcome.at,
            duration=outcome.duration,
            status_code=outcome.status_code,
            error=outcome.error[:MAX_ERROR],
            answer=outcome.answer[:MAX_ANSWER],
        )
        forgotten = self.attempts.order_by("-pk").values_list("pk", flat=True)[KEPT_ATTEMPTS:]
        if stale := list(forgotten):
            self.attempts.filter(pk__in=stale).delete()

    def _judge(self, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
        """Disable the endpoint where the receiver wants no more, or where nothing has arrived for days."""
        if outcome.status_code == GONE_STATUS:
            endpoint.disable(GONE)
            return
        since, is_last = endpoint.failing_since, self._delay_after(self.attempts_made + 1) is None
        if is_last and since is not None and since <= outcome.at - GIVEN_UP_AFTER:
            endpoint.disable(FAILING.format(since=since))


class WebhookAttempt(models.Model):
    """One request to a receiver, and what came of it."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    duration = models.FloatField(help_text="Seconds.")
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=MAX_ERROR, blank=True)
    answer = models.TextField(blank=True, help_text="The first kilobyte of what was answered.")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return str(self.status_code or self.error)
