"""Guests: people who make music without an account, known by their session alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth import login
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import ManyToOneRel, Model
from django.http import HttpRequest

from accounts import rates
from accounts.models import User
from accounts.signals import guest_became_account
from accounts.suspension import refuse_suspended
from musicgen.backoff import AT_ONCE, retry
from musicgen.client_address import client_network

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
ADOPTION_ATTEMPTS = 3


class GuestsNotAllowed(Exception):
    """Nobody is logged in and no guest may be made; the person has to log in first."""


@contextmanager
def ordering_user(request: HttpRequest) -> Iterator[User]:
    """The user of this request, to order music for in the block; if there is none, a new guest.

    A guest is kept and logged in to this session only where the block ends well: then row and order are stored in one
    transaction. Raises GuestsNotAllowed if settings.GUESTS_ALLOWED is off, and for a GET: looking at a page makes
    nobody; and TooOften where more guests came from this address than settings.GUEST_RATE allows.
    """
    user = request.user
    if user.is_authenticated:
        yield user
        if user.is_guest:
            # The cookie is all that a guest has: whoever goes on making music keeps it for another year.
            request.session.modified = True
        return
    if not settings.GUESTS_ALLOWED or request.method in SAFE_METHODS:
        raise GuestsNotAllowed("Log in to make music.")
    with transaction.atomic():
        guest = User.objects.create_guest()
        yield guest
        # Last, so that only guests that are kept count; beyond the rate all is undone.
        rates.check("guest", client_network(request), settings.GUEST_RATE)
    _log_in(request, guest)


def adopt(guest: User, user: User) -> None:
    """Give everything that belongs to `guest` to `user`, then delete the guest; all of it or nothing.

    What belongs to a guest is found by the relations of User, so a new model is never forgotten. Something new
    may appear while this runs (a worker stores a track, another tab orders music): passes are repeated until
    one finds nothing, and the guest's row is deleted without a cascade, so that what appears even later makes
    the database refuse and this try again, rather than be deleted. Of two tabs that log in at once one waits.

    Raises ValueError if `guest` is not a guest, or is `user`, and Suspended if either is.
    """
    if not guest.is_guest or guest.pk == user.pk:
        raise ValueError(f"{guest} is not a guest whose things could be given to {user}.")
    # A deadlock with whoever deletes the guest, or cancels a job of theirs, ends for one of the two with the second.
    failures = (IntegrityError, OperationalError)
    retry(lambda: _adopt(guest, user), failures, AT_ONCE, tries=ADOPTION_ATTEMPTS)


def relations_to_user() -> list[tuple[type[Model], str]]:
    """Every model that refers to a user, with its field that does; not the user's own groups and permissions."""
    rights = (User.groups.through, User.user_permissions.through)
    return [
        (relation.related_model, relation.field.name)
        for relation in User._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.related_model not in rights
    ]


@transaction.atomic
def _adopt(guest: User, user: User) -> None:
    # Whoever suspends one of the two in this moment waits. What is stored for the guest meanwhile does not.
    refuse_suspended(guest)
    refuse_suspended(user)
    while _move_everything(guest, user):
        pass
    guest.groups.clear()
    guest.user_permissions.clear()
    # Not delete(), which would first collect what still refers to the guest and delete that too.
    row = User.objects.filter(pk=guest.pk)
    row._raw_delete(row.db)
    guest_became_account.send(User, user=user)


def _move_everything(guest: User, user: User) -> int:
    """One UPDATE for each relation. Returns how many rows changed hands."""
    return sum(
        model._base_manager.filter(**{field: guest}).update(**{field: user})
        for model, field in relations_to_user()
    )


def _log_in(request: HttpRequest, guest: User) -> None:
    """Log a new guest in, keeping the CSRF secret of the anonymous visitor.

    A login renews that secret, which would make the form on the page that was just used, and on every other
    open tab, fail at the next press. A guest's session guards nothing that was there before; signing up and
    logging in renew the secret as usual.
    """
    secret = request.META.get("CSRF_COOKIE")
    login(request, guest, backend=settings.AUTHENTICATION_BACKENDS[0])
    if secret:
        request.META["CSRF_COOKIE"] = secret
