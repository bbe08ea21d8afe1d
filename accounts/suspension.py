"""Suspended users: whom the operator keeps out, though nothing of theirs is deleted (`generation.suspensions`)."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.managers import DEMONSTRATIONS_ID
from accounts.models import User

SENTENCE = (
    "This account is suspended. Write to the operator of this site if you think that this is a mistake."
)


class Suspended(PermissionDenied):
    """Somebody who is suspended asked for something that needs to know who they are. Nothing was changed.

    `may_log_out`: not a guest, to whom the session is all that they have when it is lifted.
    """

    code = "account_suspended"

    def __init__(self, *, may_log_out: bool = False) -> None:
        super().__init__(SENTENCE)
        self.may_log_out = may_log_out


def suspended_session(request: HttpRequest) -> Suspended | None:
    """What to answer where this session's user is suspended. A query for a session of somebody who is locked out or
    deleted; for one of nobody none."""
    owner = request.session.get(SESSION_KEY)
    if owner is None:
        return None
    found = User.objects.suspended().filter(pk=owner).values_list("is_guest", flat=True).first()
    return None if found is None else Suspended(may_log_out=not found)


def refuse_suspended(owner: User) -> None:
    """Raises Suspended. Whoever suspends this user waits until the transaction ends, and sees what it has stored."""
    rows = User.objects.select_for_update(no_key=True).filter(pk=owner.pk)
    if rows.values_list("suspended_at", flat=True).first() is not None:
        raise Suspended


def may_suspend(staff: Any, user: User) -> bool:
    """Whether this member of staff may suspend that user and lift it again: whom they may change, but themselves."""
    return user.pk not in (staff.pk, DEMONSTRATIONS_ID) and may_change(staff, user)


def may_change(staff: Any, user: User) -> bool:
    """Whether this member of staff may change that user, whose rights would be theirs by a new password: superusers
    anybody, others themselves and whoever is not staff."""
    return staff.is_superuser or user.pk == staff.pk or not (user.is_staff or user.is_superuser)
