"""Guests: when one is made, how long one lasts, and how what a guest has made finds its way to an account."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection
from django.db.models import UniqueConstraint
from django.test import Client

from accounts.guests import adopt, relations_to_user
from accounts.models import ApiToken, User
from accounts.tests.conftest import token_row
from generation.models import Job, Track

pytestmark = pytest.mark.on_both

YEAR = 365 * 24 * 3600


def order(owner: User) -> Job:
    return Job.objects.create(owner=owner, engine="composer", input={})


def test_making_music_makes_a_guest_who_is_known_again(client, guest):
    assert guest.is_guest
    assert client.post("/make-music").json() == {"id": str(guest.pk), "guest": True}
    assert client.get("/make-music").json()["id"] == str(guest.pk)
    assert User.objects.count() == 1


def test_two_browsers_are_two_guests(guest):
    assert Client().post("/make-music").json()["id"] != str(guest.pk)


def test_where_the_order_is_refused_nobody_is_made(client, db):
    response = client.post("/make-music", {"break": "it"})
    assert (response.status_code, response.json()) == (429, {"refused": "OrderRefused"})
    assert not User.objects.exists()
    assert "sessionid" not in client.cookies


def test_so_many_guests_of_an_address_are_made_and_no_more(db, settings):
    settings.GUEST_RATE = ["2/hour", "10/day"]
    for _ in range(5):
        Client().post("/make-music", {"break": "it"})
    answers = [Client().post("/make-music").status_code for _ in range(4)]
    assert answers == [200, 200, 429, 429]
    assert Client(REMOTE_ADDR="2001:db8::1").post("/make-music").status_code == 200
    assert User.objects.count() == 3


def test_looking_makes_nobody(client, db):
    assert client.get("/make-music").url == "/accounts/login/"
    assert not User.objects.exists()


def test_without_guests_one_has_to_log_in(client, db, settings):
    settings.GUESTS_ALLOWED = False
    assert client.post("/make-music").url == "/accounts/login/"
    assert not User.objects.exists()


def test_who_is_logged_in_stays_who_they_are(client, alice):
    client.force_login(alice)
    assert client.post("/make-music").json() == {"id": str(alice.pk), "guest": False}
    assert User.objects.count() == 1


def test_the_cookie_lasts_a_year_from_the_last_music(client, guest):
    first = client.cookies["sessionid"]
    assert first["max-age"] == YEAR
    response = client.post("/make-music")
    assert response.cookies["sessionid"]["max-age"] == YEAR
    assert response.cookies["sessionid"].value == first.value


def test_an_open_page_goes_on_working_once_its_visitor_is_a_guest(db):
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/accounts/login/")
    headers = {"X-CSRFToken": str(page.context["csrf_token"])}
    assert browser.post("/make-music", headers=headers).status_code == 200
    assert browser.post("/make-music", headers=headers).status_code == 200
    assert User.objects.count() == 1


def test_adoption_moves_everything_and_removes_the_guest(guest, alice, bob):
    token = token_row(guest)
    kept, _ = ApiToken.objects.issue(bob, "laptop", ["read"])
    job = order(guest)
    adopt(guest, alice)
    assert ApiToken.objects.get(pk=token.pk).user == alice
    assert ApiToken.objects.get(pk=kept.pk).user == bob
    assert Job.objects.get(pk=job.pk).owner == alice
    assert not User.objects.filter(pk=guest.pk).exists()


def test_adoption_knows_the_tables_that_refer_to_a_user():
    relations = relations_to_user()
    assert (ApiToken, "user") in relations
    assert (Job, "owner") in relations
    assert (Track, "owner") in relations


def test_nothing_may_be_once_per_user_unless_adoption_learns_to_merge_it():
    """A guest and the account may each have one, and the UPDATE that moves the guest's would fail."""
    for model, field in relations_to_user():
        unique = [[column.name] for column in model._meta.fields if column.unique]
        unique += [list(c.fields) for c in model._meta.constraints if isinstance(c, UniqueConstraint)]
        unique += [list(fields) for fields in model._meta.unique_together]
        # A guest has no e-mail and no second factor, so there is none of these to move.
        assert model in (EmailAddress, Authenticator) or not [
            fields for fields in unique if field in fields
        ], model


def test_rights_are_not_adopted(guest, alice):
    guest.groups.add(Group.objects.create(name="editors"))
    guest.user_permissions.add(Permission.objects.all()[0])
    adopt(guest, alice)
    for rights in (User.groups.through, User.user_permissions.through):
        assert not rights.objects.exists()


@contextmanager
def once_before(statement: str, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` just before the first SQL statement that begins with `statement`; there must be one."""
    done: list[str] = []

    def wrapper(execute, sql, params, many, context):
        if sql.startswith(statement) and not done:
            done.append(sql)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield
    assert done


def test_what_arrives_after_its_table_was_moved_is_adopted_too(guest, alice):
    """A job is ordered in another tab while the tracks, whose turn comes after the jobs', are moved."""
    order(guest)
    with once_before('UPDATE "generation_track"', lambda: order(guest)):
        adopt(guest, alice)
    assert [job.owner for job in Job.objects.all()] == [alice, alice]


@pytest.mark.django_db(transaction=True)
def test_what_arrives_last_of_all_is_refused_and_adoption_done_again(guest, alice):
    """The database refuses to delete a guest who owns something again, and nothing is lost or left over."""
    order(guest)
    with once_before('DELETE FROM "accounts_user" ', lambda: order(guest)):
        adopt(guest, alice)
    assert {job.owner for job in Job.objects.all()} == {alice}
    assert not User.objects.filter(pk=guest.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_an_adoption_that_cannot_be_done_changes_nothing(guest, alice):
    order(guest)

    def refuse(execute, sql, params, many, context):
        if sql.startswith('DELETE FROM "accounts_user" '):
            raise IntegrityError("refused")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse), pytest.raises(IntegrityError):
        adopt(guest, alice)
    assert Job.objects.get().owner == guest


def test_adopting_twice_at_once_does_no_harm(guest, alice):
    again = User.objects.get(pk=guest.pk)
    job = order(guest)
    adopt(guest, alice)
    adopt(again, alice)
    assert Job.objects.get(pk=job.pk).owner == alice


@pytest.mark.only_on("postgresql")  # SQLite lets one write at a time.
@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_log_in_in_the_same_moment_both_do(alice):
    """The second has just moved a token that the first meets in its next pass, and waits for jobs of the first."""
    # Without a session, whose row the second would wait for before all others.
    guest = User.objects.create_guest()
    order(guest)
    passes: list[str] = []
    failed: list[Exception] = []
    second = threading.Thread(target=lambda: _adopt_elsewhere(guest, alice, failed))

    def wrapper(execute, sql, params, many, context):
        if sql.startswith('UPDATE "accounts_apitoken"'):
            passes.append(sql)
            if len(passes) == 2:
                elsewhere(lambda: token_row(guest))
                second.start()
                elsewhere(_wait_for_a_lock)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        adopt(User.objects.get(pk=guest.pk), alice)
    second.join()
    assert failed == []
    assert (Job.objects.get().owner, ApiToken.objects.get().user) == (alice, alice)
    assert not User.objects.filter(pk=guest.pk).exists()


def elsewhere(act: Callable[[], object]) -> None:
    """Call `act` in another thread, with a connection of its own, and wait until it is done."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def _adopt_elsewhere(guest: User, user: User, failed: list[Exception]) -> None:
    try:
        adopt(User.objects.get(pk=guest.pk), user)
    except Exception as error:
        failed.append(error)
    finally:
        connection.close()


def _wait_for_a_lock() -> None:
    """Wait until somebody waits for a lock of this database."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def test_only_guests_are_adopted(alice, bob, guest):
    with pytest.raises(ValueError, match="not a guest"):
        adopt(bob, alice)
    with pytest.raises(ValueError, match="not a guest"):
        adopt(guest, guest)
    assert User.objects.count() == 3
