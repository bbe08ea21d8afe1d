"""Who uses the site: users, guests among them, and the tokens by which programs act for a user."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from accounts.managers import ApiTokenManager, UserManager
from accounts.shared_counts import CachedValue, RateCount
from accounts.signals import guest_became_account
from accounts.token_rules import NAME_LENGTH, NotIssued, TokenRefused
from musicgen.text_direction import isolated

__all__ = ["ApiToken", "CachedValue", "RateCount", "SessionOwner", "Theme", "User"]
USE_NOTED_EVERY = timedelta(minutes=1)
REASON_LENGTH = 300


class Theme(models.TextChoices):
    """In which colours the pages are drawn: those that the device asks for, or always the same."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account, or a guest.

    A guest has no e-mail and no password and is known by the session alone. Signing up turns the guest's own
    row into the account; logging in to another account moves what the guest has made (`accounts.guests`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail address", unique=True, null=True, blank=True)
    is_guest = models.BooleanField("guest", default=False)
    is_staff = models.BooleanField("staff", default=False, help_text="May use the admin.")
    is_active = models.BooleanField(
        "active", default=True, help_text="Not so while suspended, and once closed."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When somebody with this session was last here or ordered, of guests alone and to the hour (`accounts.last_use`).
    last_used_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    # No mail about tracks that are to be deleted before then (`generation.retention.warnings`).
    track_mail_after = models.DateTimeField(null=True, blank=True, editable=False)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM, db_default=Theme.SYSTEM)
    suspended_at = models.DateTimeField("suspended", null=True, blank=True, editable=False)
    suspension_reason = models.CharField(
        max_length=REASON_LENGTH,
        blank=True,
        db_default="",
        editable=False,
        help_text="For the eyes of staff.",
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["-date_joined"]
        indexes = [
            models.Index(
                fields=["last_used_at", "id"],
                name="user_guests_by_use",
                condition=Q(is_guest=True, deleted_at=None),
            ),
            models.Index(fields=["deleted_at"], name="user_closed", condition=Q(deleted_at__isnull=False)),
            models.Index(
                fields=["suspended_at"], name="user_suspended", condition=Q(suspended_at__isnull=False)
            ),
            # Every column by which the list of users is filtered, so that whatever is chosen is looked for in it
            # alone.
            models.Index(
                fields=["date_joined", "id", "is_guest", "is_staff", "is_active", "deleted_at"],
                name="user_list",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_in_any_case",
                violation_error_message="A user with this e-mail address already exists.",
            ),
            models.CheckConstraint(
                condition=Q(is_guest=True, email=None)
                | (Q(is_guest=False, email__isnull=False) & ~Q(email="")),
                name="user_has_email_unless_guest",
                violation_error_message="A user has an e-mail address; only a guest has none.",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None) | Q(is_active=False),
                name="user_suspended_is_not_active",
                violation_error_message="A suspended user is not active. Lift the suspension first.",
            ),
        ]

    def __str__(self) -> str:
        return isolated(self.email or "") or f"Guest {str(self.pk)[:8]}"

    def clean(self) -> None:
        """Store e-mails in lower case, which is how they are looked up."""
        super().clean()
        self.email = self.email.lower() if self.email else None
        if self.email is None and not self.is_guest:
            raise ValidationError({"email": "A user needs an e-mail address; only a guest has none."})

    def become_account(self, email: str, password: str) -> bool:
        """Turn this guest into an account, keeping the row and all that belongs to it. False: it is no guest."""
        email, encoded = email.lower(), make_password(password)
        guest = User.objects.filter(pk=self.pk, is_guest=True)
        with transaction.atomic():
            if not guest.update(email=email, password=encoded, is_guest=False):
                return False
            guest_became_account.send(User, user=self)
        self.email, self.password, self.is_guest = email, encoded, False
        return True

    def note_use(self, now: datetime | None = None) -> bool:
        """Note that this guest was here. False: deleted meanwhile. Until the transaction ends nobody deletes it."""
        return (
            User.objects.filter(pk=self.pk, deleted_at=None).update(last_used_at=now or timezone.now()) == 1
        )

    def suspend(self, reason: str = "") -> bool:
        """Keep this user out until `lift`; the reason is for staff. False: suspended before, or closed.

        Orders that are being stored end first, and those after it see it (`suspension.refuse_suspended`).
        """
        reason = reason[:REASON_LENGTH]
        open_rows = User.objects.filter(pk=self.pk, suspended_at=None, deleted_at=None)
        now = timezone.now()
        if not open_rows.update(is_active=False, suspended_at=now, suspension_reason=reason):
            return False
        self.is_active, self.suspended_at, self.suspension_reason = False, now, reason
        return True

    def lift(self) -> bool:
        """Let this user in again, as before; a guest counts as being here now. False: not locked out, or closed."""
        now = timezone.now()
        locked = User.objects.filter(pk=self.pk, is_active=False, deleted_at=None)
        back = {"is_active": True, "suspended_at": None, "suspension_reason": "", "last_used_at": now}
        if not locked.update(**back):
            return False
        self.is_active, self.suspended_at, self.suspension_reason, self.last_used_at = True, None, "", now
        return True

    def close(self, *, unused_since: datetime | None = None) -> bool:
        """Lock this user out for good and forget who it was, freeing the e-mail. False: it was closed before.

        With `unused_since` False also for whoever is no guest or was here after that. What refers to the user goes too,
        but for what the user has made (`generation.jobs.delete_owner`).
        """
        mine = User.objects.filter(pk=self.pk, deleted_at=None)
        if unused_since is not None:
            mine = mine.filter(is_guest=True, last_used_at__lt=unused_since)
        with transaction.atomic():
            closed = mine.update(
                deleted_at=timezone.now(),
                email=None,
                password=make_password(None),
                **dict.fromkeys(("is_active", "is_staff", "is_superuser"), False),
                is_guest=True,
                theme=Theme.SYSTEM,
                last_login=None,
                track_mail_after=None,
                suspended_at=None,
                suspension_reason="",
            )
            if not closed and unused_since is not None:
                return False
            ApiToken.objects.filter(user=self).delete()
            EmailAddress.objects.filter(user=self).delete()
            Authenticator.objects.filter(user=self).delete()
            own = SessionOwner.objects.filter(user=self)
            Session.objects.filter(pk__in=list(own.values_list("pk", flat=True))).delete()
            own.delete()
        self.refresh_from_db()
        return closed == 1

    @property
    def display_name(self) -> str:
        """What the pages call this user: the e-mail, or "Guest"."""
        return self.email or "Guest"


class SessionOwner(models.Model):
    """Whose a session is, by the session's key (`accounts.sessions`)."""

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")

    def __str__(self) -> str:
        return f"session of {self.user_id}"


class ApiToken(models.Model):
    """A key to the API. The secret is shown once by `ApiToken.objects.issue`; here lies only its SHA-256.

    It opens the API until it is revoked or expires. Nothing of it is cached, so every process sees either at once.
    """

    class Scope(models.TextChoices):
        READ = "read"
        WRITE = "write"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=NAME_LENGTH)
    prefix = models.CharField(max_length=16, help_text="How the secret begins, to tell tokens apart.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret.")
    scopes = models.JSONField(default=list, help_text='What it may do: "read", "write" or both.')
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="Empty: never."
    )
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenManager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{isolated(self.name)} ({self.prefix}…)"

    @classmethod
    def parse_scopes(cls, scopes: Iterable[str]) -> list[str]:
        """The scopes once each, in the order of `Scope`. Raises ValueError for none or an unknown one."""
        wanted = set(scopes)
        unknown = sorted(wanted - set(cls.Scope.values))
        known = " and ".join(cls.Scope.values)
        if unknown:
            raise ValueError(f"There is no scope “{unknown[0]}”; the scopes are {known}.")
        if not wanted:
            raise ValueError(f"A token needs at least one scope; the scopes are {known}.")
        return [scope for scope in cls.Scope.values if scope in wanted]

    def may(self, scope: str) -> bool:
        """Whether this token carries `scope`."""
        return scope in self.scopes

    def has_expired(self, now: datetime | None = None) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= (now or timezone.now())

    def check_opens(self, now: datetime) -> None:
        """Raises TokenRefused, saying why, if this token does not open the API."""
        if self.revoked_at is not None:
            raise TokenRefused("token_revoked", "This API token was revoked. Use another, or make a new one.")
        if self.has_expired(now):
            moment = f"{self.expires_at:%Y-%m-%d at %H:%M:%S} UTC"
            raise TokenRefused(
                "token_expired", f"This API token expired on {moment}. Use another, or make a new one."
            )
        if self.user.suspended_at is not None:
            raise TokenRefused(
                "account_suspended",
                "The account of this API token is suspended. Write to the operator of this site.",
            )
        if not self.user.is_active:
            raise TokenRefused("account_inactive", "The account of this API token is locked.")

    def check_may_issue(self, scopes: Iterable[str], expires_at: datetime | None) -> None:
        """Raises NotIssued if a token with these scopes and this end could do more than this one, or longer."""
        beyond = [scope for scope in scopes if not self.may(scope)]
        if beyond:
            raise NotIssued(
                "exceeds_own_token",
                f"This API token lacks the scope “{beyond[0]}”, so it cannot make a token that has it.",
            )
        if self.expires_at is not None and (expires_at is None or expires_at > self.expires_at):
            raise NotIssued(
                "exceeds_own_token",
                f"This API token expires on {self.expires_at:%Y-%m-%d at %H:%M:%S} UTC, so it can only make tokens "
                "that expire no later.",
            )

    def rename(self, name: str) -> bool:
        """Give it another name. Returns False if it was revoked meanwhile."""
        self.name = name
        return ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(name=name) == 1

    def note_use(self, now: datetime | None = None) -> None:
        """Set `last_used_at`, at most once a minute however many requests come at once."""
        now = now or timezone.now()
        before = now - USE_NOTED_EVERY
        if self.last_used_at and self.last_used_at > before:
            return
        stale = Q(last_used_at=None) | Q(last_used_at__lte=before)
        if ApiToken.objects.filter(stale, pk=self.pk).update(last_used_at=now):
            self.last_used_at = now

    def revoke(self) -> bool:
        """Close this token for good. Returns False if it was revoked before."""
        now = timezone.now()
        changed = ApiToken.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now)
        if changed:
            self.revoked_at = now
        return bool(changed)
