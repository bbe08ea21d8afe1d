"""`/tokens`: made, listed, renamed and revoked, each within what the caller may do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.token_rules import LIVE_LIMIT
from generation.tests.api_calls import API, client_of, problem, wrong_fields

TOKENS = f"{API}/tokens"
SHOWN = {"id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"}


def client_with(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def session(alice) -> APIClient:
    """Alice's browser."""
    client = APIClient()
    client.force_login(alice)
    return client


def test_a_token_is_made_and_its_secret_told_once(session, alice):
    response = session.post(TOKENS, {"name": " Radio bot "})
    body = response.json()
    assert (response.status_code, set(body)) == (201, SHOWN | {"secret"})
    assert response["Cache-Control"] == "no-store"
    assert response["Location"] == f"http://testserver{TOKENS}/{body['id']}"
    assert (body["name"], body["scopes"], body["expires_at"]) == ("Radio bot", ["read", "write"], None)
    used = client_with(body["secret"])
    shown = used.get(response["Location"])
    assert set(shown.json()) == SHOWN
    listed = used.get(TOKENS)
    assert [token["id"] for token in listed.json()["results"]] == [body["id"]]
    assert shown.json()["last_used_at"] is not None
    assert body["secret"].startswith(body["prefix"])
    for answer in (shown, listed):
        assert body["secret"] not in answer.content.decode()


def test_a_token_may_be_made_for_a_time(session):
    body = session.post(TOKENS, {"name": "a", "scopes": ["read"], "expires_in_days": 90}).json()
    end = datetime.fromisoformat(body["expires_at"])
    assert timedelta(days=89) < end - timezone.now() <= timedelta(days=90)
    assert body["scopes"] == ["read"]
    made = session.post(TOKENS, {"name": "b", "expires_at": "2030-01-31T18:00:00+01:00"}).json()
    assert datetime.fromisoformat(made["expires_at"]) == datetime(2030, 1, 31, 17, tzinfo=UTC)
    for left_out in ({"expires_at": None}, {"expires_in_days": None}):
        assert session.post(TOKENS, {"name": "c", **left_out}).json()["expires_at"] is None


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"name": "required"}),
        ({"name": None}, {"name": "null"}),
        ({"name": "  "}, {"name": "blank"}),
        ({"name": 7}, {"name": "invalid"}),
        ({"name": "\u200b"}, {"name": "blank"}),
        ({"name": "a\nb"}, {"name": "invalid"}),
        ({"name": "n" * 101}, {"name": "invalid"}),
        ({"name": "a", "scopes": []}, {"scopes": "min_length"}),
        ({"name": "a", "scopes": "read"}, {"scopes": "not_a_list"}),
        ({"name": "a", "scopes": ["admin"]}, {"scopes": "invalid_choice"}),
        ({"name": "a", "scopes": ["read"] * 3}, {"scopes": "max_length"}),
        ({"name": "a", "expires_at": "soon"}, {"expires_at": "invalid"}),
        ({"name": "a", "expires_at": 7}, {"expires_at": "invalid"}),
        ({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, {"expires_at": "out_of_range"}),
        ({"name": "a", "expires_at": "9999-12-31T23:59:59-12:00"}, {"expires_at": "overflow"}),
        ({"name": "a", "expires_at": "9999-12-31T00:00:00Z"}, {"expires_at": "out_of_range"}),
        ({"name": "a", "expires_in_days": 0}, {"expires_in_days": "out_of_range"}),
        ({"name": "a", "expires_in_days": 10**30}, {"expires_in_days": "out_of_range"}),
        ({"name": "a", "expires_in_days": "7"}, {"expires_in_days": "invalid"}),
        (
            {"name": "a", "expires_in_days": 7, "expires_at": "2030-01-01T00:00:00Z"},
            {"expires_in_days": "conflict"},
        ),
        ({"name": "", "secret": "mg_mine"}, {"name": "blank", "secret": "unknown_field"}),
    ],
)
def test_what_is_wrong_is_named_and_makes_nothing(session, body, wrong):
    assert wrong_fields(session.post(TOKENS, body)) == wrong
    assert not ApiToken.objects.exists()


def test_tokens_are_listed_on_pages_without_the_revoked_ones(session, alice, bob):
    made = [ApiToken.objects.issue(alice, f"token {number}", ["read"])[0] for number in range(4)]
    ApiToken.objects.issue(bob, "his", ["read"])
    ApiToken.objects.filter(pk=made[0].pk).update(expires_at=timezone.now())
    made[1].revoke()
    first = session.get(TOKENS, {"page_size": 2}).json()
    second = session.get(first["next"]).json()
    assert [token["name"] for token in first["results"] + second["results"]] == [
        "token 3",
        "token 2",
        "token 0",
    ]
    assert second["next"] is None
    assert wrong_fields(session.get(TOKENS, {"name": "x"})) == {"name": "unknown_filter"}


def test_a_token_is_renamed_and_nothing_else_of_it_changes(session, alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    address = f"{TOKENS}/{token.pk}"
    before = session.get(address).json()
    assert session.patch(address, {"name": "phone"}).json() == {**before, "name": "phone"}
    assert session.patch(address, {}).json()["name"] == "phone"
    for field, value in (("scopes", ["write"]), ("expires_at", None), ("last_used_at", None)):
        assert wrong_fields(session.patch(address, {field: value})) == {field: "read_only"}
    assert wrong_fields(session.patch(address, {"name": "\u200b"})) == {"name": "blank"}
    assert session.get(address).json() == {**before, "name": "phone"}


def test_a_revoked_token_is_refused_from_then_on_and_is_gone(session, alice):
    made = session.post(TOKENS, {"name": "laptop"}).json()
    used = client_with(made["secret"])
    assert used.get(TOKENS).status_code == 200
    response = session.delete(f"{TOKENS}/{made['id']}")
    assert (response.status_code, response.content) == (204, b"")
    refused = used.get(TOKENS)
    assert "revoked" in problem(refused, 401, "token_revoked")["detail"]
    assert refused["WWW-Authenticate"] == "Bearer"
    for call in (session.get, session.delete, session.patch):
        problem(call(f"{TOKENS}/{made['id']}"), 404, "not_found")


def test_an_expired_token_is_refused_in_other_words(session, alice):
    made = session.post(TOKENS, {"name": "laptop", "expires_in_days": 1}).json()
    ApiToken.objects.update(expires_at=datetime(2026, 1, 31, 18, tzinfo=UTC))
    refused = client_with(made["secret"]).get(TOKENS)
    assert "2026-01-31 at 18:00:00 UTC" in problem(refused, 401, "token_expired")["detail"]
    assert session.get(f"{TOKENS}/{made['id']}").status_code == 200
    assert session.delete(f"{TOKENS}/{made['id']}").status_code == 204


def test_an_unknown_token_and_that_of_a_locked_account_are_told_apart(alice):
    problem(client_with("mg_unknown").get(TOKENS), 401, "authentication_failed")
    client = client_of(alice)
    User.objects.update(is_active=False)
    problem(client.get(TOKENS), 401, "account_inactive")


def test_a_token_may_revoke_itself(alice):
    client = client_of(alice)
    [own] = client.get(TOKENS).json()["results"]
    assert client.delete(f"{TOKENS}/{own['id']}").status_code == 204
    problem(client.get(TOKENS), 401, "token_revoked")


def test_a_read_token_changes_nothing(alice):
    client = client_of(alice, "read")
    [own] = client.get(TOKENS).json()["results"]
    address = f"{TOKENS}/{own['id']}"
    for response in (
        client.post(TOKENS, {"name": "a"}),
        client.post(TOKENS, {"name": "a", "scopes": ["read"]}),
        client.patch(address, {"name": "a"}),
        client.delete(address),
    ):
        assert "“write”" in problem(response, 403, "permission_denied")["detail"]
    assert ApiToken.objects.active().count() == 1


def test_a_token_makes_none_that_may_do_more(alice):
    client = client_of(alice, "write")
    for asked in ({}, {"scopes": ["read"]}, {"scopes": ["read", "write"]}):
        refused = client.post(TOKENS, {"name": "more", **asked})
        assert "“read”" in problem(refused, 403, "exceeds_own_token")["detail"]
    assert client.post(TOKENS, {"name": "as much", "scopes": ["write"]}).status_code == 201


def test_a_token_makes_none_that_lasts_longer(alice):
    end = timezone.now() + timedelta(days=10)
    _, secret = ApiToken.objects.issue(alice, "for ten days", ["write"], expires_at=end)
    client = client_with(secret)
    for asked in ({}, {"expires_at": None}, {"expires_in_days": 11}):
        refused = client.post(TOKENS, {"name": "longer", "scopes": ["write"], **asked})
        assert "expire no later" in problem(refused, 403, "exceeds_own_token")["detail"]
    shorter = {"name": "shorter", "scopes": ["write"], "expires_in_days": 9}
    assert client.post(TOKENS, shorter).status_code == 201


def test_another_users_token_is_not_there(alice, bob):
    his, secret = ApiToken.objects.issue(bob, "his", ["read"])
    client = client_of(alice)
    address = f"{TOKENS}/{his.pk}"
    for response in (client.get(address), client.patch(address, {"name": "mine"}), client.delete(address)):
        problem(response, 404, "not_found")
    assert ApiToken.objects.authenticate(secret).name == "his"


def test_guests_have_none(db):
    client = APIClient()
    client.force_login(User.objects.create_guest())
    assert client.get(TOKENS).json()["results"] == []
    assert "Sign up" in problem(client.post(TOKENS, {"name": "a"}), 403, "account_required")["detail"]
    problem(APIClient().get(TOKENS), 401, "not_authenticated")


def test_there_are_only_so_many(session, alice):
    for _ in range(LIVE_LIMIT):
        ApiToken.objects.issue(alice, "laptop", ["read"])
    assert "Revoke one" in problem(session.post(TOKENS, {"name": "a"}), 409, "too_many_tokens")["detail"]


def test_a_session_needs_its_csrf_token(alice):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    problem(client.post(TOKENS, {"name": "a"}), 403, "permission_denied")
    assert not ApiToken.objects.exists()


def test_a_list_costs_the_same_for_many(session, alice, django_assert_num_queries):
    for _ in range(20):
        ApiToken.objects.issue(alice, "laptop", ["read"])
    with django_assert_num_queries(3):  # session, user, tokens
        assert len(session.get(TOKENS).json()["results"]) == 20
