"""The admin's pages of users and tokens, as the operator opens them."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken, User
from accounts.tests.conftest import PASSWORD
from generation.models import Job
from generation.tests.api_calls import stored_track

USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/apitoken/"


@pytest.fixture
def operator(client, charlie):
    client.force_login(charlie)
    return client


def queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_users_are_found_by_email_and_kind(operator, alice):
    guest = User.objects.create_guest()
    assert list(operator.get(USERS, {"q": "ALICE"}).context["cl"].result_list) == [alice]
    assert list(operator.get(USERS, {"is_guest__exact": "1"}).context["cl"].result_list) == [guest]
    assert operator.get(USERS, {"date_joined__year": alice.date_joined.year}).context["cl"].result_count == 3


def test_the_list_of_users_costs_the_same_for_many(operator, alice):
    few = queries_of(operator, USERS)
    for _ in range(20):
        User.objects.create_guest()
    assert queries_of(operator, USERS) == few <= 8


def test_the_list_of_tokens_costs_the_same_for_many(operator, alice, bob):
    ApiToken.objects.issue(alice, "laptop", ["read"])
    few = queries_of(operator, TOKENS)
    for user in (alice, bob) * 10:
        ApiToken.objects.issue(user, "laptop", ["read"])
    assert queries_of(operator, TOKENS) == few <= 8


def test_a_user_is_made_with_an_email(operator):
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert operator.post(f"{USERS}add/", {**form, "email": "Dora@Example.org"}).status_code == 302
    dora = User.objects.get(email="dora@example.org")
    assert dora.check_password(PASSWORD)
    assert not dora.is_guest
    refused = operator.post(f"{USERS}add/", {**form, "email": ""})
    assert "only a guest has none" in refused.content.decode()
    taken = operator.post(f"{USERS}add/", {**form, "email": "DORA@example.org"})
    assert "already exists" in taken.content.decode()


def test_the_password_is_shown_as_a_hash_with_a_link_that_sets_another(operator, alice):
    page = operator.get(f"{USERS}{alice.pk}/change/").content.decode()
    assert alice.password not in page
    assert "../password/" in page
    new = {
        "usable_password": "true",
        "password1": "quite another secret",
        "password2": "quite another secret",
    }
    assert operator.post(f"{USERS}{alice.pk}/password/", new).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password("quite another secret")


def test_a_guest_cannot_be_given_an_email(operator, db):
    guest = User.objects.create_guest()
    page = operator.get(f"{USERS}{guest.pk}/change/")
    assert "email" not in page.context["adminform"].form.fields
    operator.post(f"{USERS}{guest.pk}/change/", {"email": "x@example.org"})
    guest.refresh_from_db()
    assert guest.email is None


def test_an_account_cannot_lose_its_email(operator, alice):
    page = operator.post(f"{USERS}{alice.pk}/change/", {"email": ""})
    assert "only a guest has none" in page.content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_tokens_are_revoked_by_an_action(operator, alice):
    first, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    second, _ = ApiToken.objects.issue(alice, "phone", ["read"])
    second.revoke()
    chosen = {"action": "revoke", "_selected_action": [first.pk, second.pk]}
    page = operator.post(TOKENS, chosen, follow=True)
    assert "Revoked 1 of 2" in page.content.decode()
    assert not ApiToken.objects.active().exists()


def test_a_token_shows_neither_secret_nor_digest_and_is_not_made_here(operator, alice):
    token, secret = ApiToken.objects.issue(alice, "laptop", ["read"])
    for page in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        text = operator.get(page).content.decode()
        assert "laptop" in text
        assert token.digest not in text
        assert secret not in text
    assert operator.get(f"{TOKENS}add/").status_code == 403


def test_it_is_seen_when_a_token_expires(operator, alice):
    end = datetime(2030, 1, 31, 23, 59, 59, tzinfo=UTC)
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"], expires_at=end)
    for page in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        assert "Jan. 31, 2030" in operator.get(page).content.decode()


def test_the_admin_uses_the_sites_own_log_in_page(client, charlie, log_in):
    to_login = client.get(USERS, follow=True)
    assert to_login.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Faccounts%2Fuser%2F"
    form = {"login": "charlie@example.org", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/accounts/login/", form, follow=True).status_code == 200
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/login/", follow=True).redirect_chain[-1][0] == "/admin/"


def test_a_guest_may_log_in_to_the_admin_and_another_account_may_not(client, guest, alice):
    assert client.get("/admin/login/").status_code == 302
    client.force_login(alice)
    assert client.get("/admin/", follow=True).status_code == 403


def test_deleting_a_user_shows_what_goes_and_deletes_it_for_good(operator, alice, bob):
    order = Job.objects.create(owner=alice, engine="composer", input={"prompt": "rain"})
    track = stored_track(order)
    stored_track(order).discard()
    stored_track(Job.objects.create(owner=bob, engine="composer", input={"prompt": "snow"}))
    asked = operator.post(USERS, {"action": "delete_selected", "_selected_action": [alice.pk]})
    assert asked.status_code == 200
    assert "Tracks: 1" in asked.content.decode()
    chosen = {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"}
    assert operator.post(USERS, chosen).status_code == 302
    assert operator.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"}).status_code == 302
    track.refresh_from_db()
    assert track.deleted_at is not None
    shown = {str(user) for user in operator.get(USERS).context["cl"].result_list}
    assert shown == {"charlie@example.org"}
    assert not User.objects.filter(email__in=["alice@example.org", "bob@example.org"]).exists()


def test_staff_with_few_rights_get_no_more_by_users(client, alice, bob, charlie):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    rights = ("view_user", "change_user", "delete_user")
    alice.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(alice)
    more = {"is_staff": "on", "is_superuser": "on"}
    assert client.post(f"{USERS}{alice.pk}/change/", {"email": alice.email, **more}).status_code == 302
    assert client.post(f"{USERS}{bob.pk}/change/", {"email": "b@example.org", **more}).status_code == 302
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.is_superuser, bob.is_staff, bob.email) == (False, False, "b@example.org")
    for page in ("change", "password", "delete"):
        new = {
            "email": "x@example.org",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        assert client.post(f"{USERS}{charlie.pk}/{page}/", {**new, "post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [charlie.pk, bob.pk], "post": "yes"}
    client.post(USERS, chosen)
    assert User.objects.filter(deleted_at=None).count() == 3
    client.post(USERS, chosen | {"_selected_action": [bob.pk]})
    assert User.objects.filter(deleted_at=None).count() == 2
