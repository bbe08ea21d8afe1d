"""The place where a user wants to hear of ended jobs."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from generation.webhooks import rules, signing
from generation.webhooks.delivery_states import DeliveryStatus
from generation.webhooks.rules import NotAccepted
from musicgen.text_direction import isolated

OVERLAP = timedelta(hours=24)
MAX_REASON = 500
BY_OWNER = "It was switched off by its owner."
GONE = "The receiver answered 410 Gone, which says that it wants no more messages."
FAILING = "No message has arrived since {since:%Y-%m-%d %H:%M} UTC, however often it was tried."
LOCKED = "The account was locked."
KEY_CHANGED = (
    "The site's own key has changed, and with it this webhook's secret. Rotate the secret, then enable it."
)


class SecretLost(Exception):
    """The secret that was shown cannot be had any more, because the site has another SECRET_KEY."""


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Endpoints, in the words of the domain."""

    def visible_to(self, user: Any) -> "WebhookEndpointQuerySet":
        """Those that this user may see and change: their own."""
        return self.filter(owner_id=user.pk) if user.pk else self.none()

    def enabled(self) -> "WebhookEndpointQuerySet":
        return self.filter(disabled_at=None)

    def locked(self, pk: UUID) -> "WebhookEndpoint | None":
        """The endpoint as it is now, which stays so until the transaction ends. None: it is gone."""
        return self.select_for_update(no_key=True).filter(pk=pk).first()

    def unlock(self, owner: User) -> int:
        """Send messages again to the endpoints that were disabled because their owner was locked out; say how many."""
        locked = self.filter(owner_id=owner.pk, disabled_reason=LOCKED)
        return locked.update(disabled_at=None, disabled_reason="", failing_since=None)

    def add(
        self, owner: User, *, url: str, events: Iterable[str], jobs_url: str, description: str = ""
    ) -> tuple["WebhookEndpoint", str]:
        """Store a new endpoint and return it with its secret, which cannot be shown again.

        `jobs_url` is the absolute address of the API's jobs, as its owner knows it. Raises ValueError for a URL or
        events that cannot be, and NotAccepted.
        """
        wanted = {"url": rules.clean_url(url), "events": rules.clean_events(events)}
        salt = signing.new_salt()
        secret = signing.secret_of(salt)
        with transaction.atomic():
            # The lock has two requests count one after the other. Orders of the same user are not held up by it.
            users = User.objects.select_for_update(no_key=True)
            if not users.filter(pk=owner.pk, is_guest=False).exists():
                raise NotAccepted("account_required", rules.ACCOUNT_REQUIRED)
            if self.filter(owner_id=owner.pk).count() >= rules.MAX_ENDPOINTS:
                raise NotAccepted("too_many_webhooks", rules.TOO_MANY)
            endpoint = self.create(
                owner_id=owner.pk,
                description=description,
                jobs_url=jobs_url,
                secret_salt=salt,
                secret_digest=signing.digest_of(secret),
                **wanted,
            )
        return endpoint, secret


class WebhookEndpoint(models.Model):
    """A URL to which messages about ended jobs are sent, signed by a secret that its owner was shown once.

        enabled ──disable──▶ disabled ──enable──▶ enabled

    Disabled, it is sent nothing and nothing is kept for it; what was still to be delivered has failed, and can be
    delivered again once it is enabled. It is disabled by its owner, by a receiver that answers 410, where nothing has
    arrived for days, where its owner's account is locked, and where its secret was lost.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="webhook_endpoints", db_index=False
    )
    url = models.CharField(max_length=rules.MAX_URL)
    description = models.CharField(max_length=rules.MAX_DESCRIPTION, blank=True)
    events = models.JSONField(default=list)
    # The absolute address of the API's jobs, as the owner knows this site: workers know no address of it.
    jobs_url = models.CharField(max_length=rules.MAX_URL)
    secret_salt = models.CharField(max_length=64)
    secret_digest = models.CharField(max_length=64)
    old_secret_salt = models.CharField(max_length=64, blank=True)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    # Since when no message has arrived. Null: the last one has, or none was sent.
    failing_since = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=MAX_REASON, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="webhook_by_owner"),)
        constraints = (
            models.CheckConstraint(
                name="webhook_disabled_for_a_reason",
                condition=Q(disabled_at=None, disabled_reason="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_reason="")),
            ),
        )
        verbose_name = "webhook"

    def __str__(self) -> str:
        return f"{isolated(self.origin)} ({str(self.pk)[:8]})"

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    @property
    def origin(self) -> str:
        """Scheme and host of its URL: all that others than its owner may see, because the rest may hold a key."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def signing_secrets(self, now: datetime) -> list[str]:
        """The secrets that sign at this moment, the newest first. Raises SecretLost.

        By which of the site's keys the one before was drawn is not known, so it signs as each would have drawn it.
        """
        secret = self._found_secret()
        if secret is None:
            raise SecretLost
        overlaps = self.old_secret_until is not None and now < self.old_secret_until
        return [secret, *signing.secrets_of(self.old_secret_salt)] if overlaps else [secret]

    @property
    def secret_is_lost(self) -> bool:
        """Whether no message can be signed until the secret is rotated."""
        return self._found_secret() is None

    @property
    def hangs_on_old_key(self) -> bool:
        """Whether its secret goes with one of `SECRET_KEY_FALLBACKS`, so that it is lost without it."""
        return self._found_secret() not in (None, signing.secret_of(self.secret_salt))

    def rotate_secret(self) -> str | None:
        """Give it a new secret and return it. The one before signs too for another day. None: it is gone."""
        salt = signing.new_salt()
        secret = signing.secret_of(salt)
        with transaction.atomic():  # so that it is not deleted between the UPDATE and the look at it
            rotated = self._mine().update(
                old_secret_salt=F("secret_salt"),
                old_secret_until=timezone.now() + OVERLAP,
                secret_salt=salt,
                secret_digest=signing.digest_of(secret),
            )
            if not rotated:
                return None
            self.refresh_from_db()
        return secret

    def change(self, *, jobs_url: str, **changes: Any) -> bool:
        """Change `url`, `events`, `description`. False: it is gone. Raises ValueError for what cannot be."""
        if "url" in changes:
            changes["url"] = rules.clean_url(changes["url"])
        if "events" in changes:
            changes["events"] = rules.clean_events(changes["events"])
        return self._changed(self._mine(), jobs_url=jobs_url, **changes)

    def enable(self) -> bool:
        """Send messages from now on. False: it is enabled already. Raises NotAccepted where its secret is lost."""
        if self.secret_is_lost:
            raise NotAccepted("secret_lost", KEY_CHANGED)
        disabled = self._mine().filter(disabled_at__isnull=False)
        return self._changed(disabled, disabled_at=None, disabled_reason="", failing_since=None)

    def disable(self, reason: str) -> bool:
        """Send no more messages; what was to be delivered has failed. False: it is disabled already."""
        now = timezone.now()
        with transaction.atomic():
            disabled = self._changed(
                self._mine().enabled(), disabled_at=now, disabled_reason=reason[:MAX_REASON]
            )
            if disabled:
                pending = self.deliveries.filter(status=DeliveryStatus.PENDING)
                pending.update(status=DeliveryStatus.FAILED, next_attempt_at=None, ended_at=now)
        return disabled

    def note_success(self) -> None:
        """Note that a message has arrived."""
        self._mine().filter(failing_since__isnull=False).update(failing_since=None)

    def note_failure(self, now: datetime) -> None:
        """Note that a message has not arrived."""
        self._mine().filter(failing_since=None).update(failing_since=now)

    def _found_secret(self) -> str | None:
        return signing.found_secret(self.secret_salt, self.secret_digest)

    def _mine(self) -> WebhookEndpointQuerySet:
        return WebhookEndpoint.objects.filter(pk=self.pk)

    def _changed(self, endpoints: WebhookEndpointQuerySet, **changes: Any) -> bool:
        """One UPDATE; if it changed the row, this object is as the row is."""
        if not endpoints.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True
