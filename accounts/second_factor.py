"""The second factor: codes of an app beside the password, kept and asked for by django-allauth.

What codes are made from is encrypted under the site's keys, so that a copy of the database alone makes none.
"""

import logging
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts import owner_mail
from accounts.models import User
from musicgen.keys import site_keys

if TYPE_CHECKING:  # 3 MB, for those alone who have a second factor
    from cryptography.fernet import MultiFernet

logger = logging.getLogger(__name__)
_PURPOSE = "accounts.second_factor"
KEY_CHANGED = "The site’s own key has changed, and codes cannot be checked any more. Ask the site’s operator."


class SecondFactorAdapter(DefaultMFAAdapter):
    """Encrypts what django-allauth keeps."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The text. Raises ValidationError where none of the site's keys has encrypted it."""
        from cryptography.fernet import InvalidToken

        try:
            return _cipher().decrypt(encrypted_text).decode()
        except InvalidToken:
            raise ValidationError(KEY_CHANGED) from None


def is_on(user: Any) -> bool:
    """Whether this user logs in with a code, too."""
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def is_missing(user: Any) -> bool:
    """Whether the admin stays shut for this user until there is one."""
    return settings.STAFF_MFA_REQUIRED and user.is_staff and not is_on(user)


def remove(user: User, *, by: object) -> bool:
    """Have this user log in by the password alone. False: there was no second factor. `by` is for the log."""
    removed, _ = Authenticator.objects.filter(user=user).delete()
    if removed:
        logger.warning("The second factor of user %s was removed by %s", user.pk, by)
        owner_mail.tell(user, "mfa/email/totp_deactivated")
    return bool(removed)


def encrypt_anew() -> int:
    """Encrypt under `SECRET_KEY` what lies under one of the keys before it, and say of how many it was."""
    changed = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            hidden = {name: row.data[name] for name in ("secret", "seed") if name in row.data}
            if any(not _is_newest(text) for text in hidden.values()):
                anew = {name: _cipher().rotate(text.encode()).decode() for name, text in hidden.items()}
                row.data |= anew
                row.save(update_fields=["data"])
                changed += 1
    return changed


def _is_newest(text: str) -> bool:
    from cryptography.fernet import InvalidToken

    try:
        _cipher(site_keys()[:1]).decrypt(text)
    except InvalidToken:
        return False
    return True


def _cipher(keys: list[str] | None = None) -> "MultiFernet":
    """AES with an HMAC. It encrypts by the first of these keys, and decrypts by any."""
    from cryptography.fernet import Fernet, MultiFernet

    derived = [
        salted_hmac(_PURPOSE, "", secret=key, algorithm="sha256").digest() for key in keys or site_keys()
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])
