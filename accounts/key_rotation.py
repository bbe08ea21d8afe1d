"""Bringing what an older key of the site has signed or encrypted under `SECRET_KEY`, so that the older one can go."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.models import User
from accounts.sessions import SessionStore

AT_ONCE = 500


def sign_sessions_anew() -> int:
    """Sign every session by `SECRET_KEY` that is signed by a key before it, and say how many those were.

    One that changes meanwhile is left alone, for whoever changes it signs it anew.
    """
    store = SessionStore()
    changed = 0
    for keys in _batches():
        for key, data in Session.objects.filter(pk__in=keys).values_list("pk", "session_data"):
            session = store.decode(data)
            has_new_hash = _hash_anew(session)
            if not session or (_is_newest(store, data) and not has_new_hash):
                continue
            changed += Session.objects.filter(pk=key, session_data=data).update(
                session_data=store.encode(session)
            )
    return changed


def _batches() -> Iterator[list[str]]:
    last = ""
    while True:
        live = Session.objects.filter(pk__gt=last, expire_date__gt=timezone.now()).order_by("pk")
        keys = list(live.values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            return
        yield keys
        last = keys[-1]


def _is_newest(store: SessionStore, data: str) -> bool:
    """Whether a session is signed by `SECRET_KEY` itself."""
    signer = signing.TimestampSigner(salt=store.key_salt, fallback_keys=[])
    try:
        signer.unsign(data)
    except signing.BadSignature:
        return False
    return True


def _hash_anew(session: dict[str, Any]) -> bool:
    """Have a session hold the hash of the password that goes with `SECRET_KEY`. False: it does, or is over."""
    owner = session.get(SESSION_KEY)
    user = User.objects.filter(pk=owner).first() if owner else None
    if user is None:
        return False
    present, known = user.get_session_auth_hash(), str(session.get(HASH_SESSION_KEY, ""))
    if constant_time_compare(known, present):
        return False
    if not any(constant_time_compare(known, each) for each in user.get_session_auth_fallback_hash()):
        return False  # its password was changed: it is over
    session[HASH_SESSION_KEY] = present
    return True
