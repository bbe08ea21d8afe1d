"""Who gets into the API, shown by the status of the answer."""

import pytest
from django.test import Client
from django.urls import path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import ApiToken, User
from accounts.tests.urls import Echo


def bearer(user: User, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiToken.objects.issue(user, 'laptop', scopes)[1]}"}


def test_a_token_speaks_for_its_user(client, alice):
    response = client.get("/echo", headers=bearer(alice, "read"))
    assert (response.status_code, response.json()) == (200, "alice@example.org")


def test_the_scheme_is_known_in_any_case(client, alice):
    header = bearer(alice, "read")["Authorization"].replace("Bearer", "bearer")
    assert client.get("/echo", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer two words", "Bearer mg_unknown", "Basic eDp5"]
)
def test_without_a_good_token_the_answer_is_401_and_how_to_log_in(client, db, header):
    response = client.get("/echo", headers={"Authorization": header})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "sentence"), [("Bearer two words", "malformed"), ("Bearer mg_unknown", "unknown")]
)
def test_the_answer_says_what_is_wrong_with_the_token(client, db, header, sentence):
    assert sentence in client.get("/echo", headers={"Authorization": header}).json()["detail"]


def test_a_bad_token_is_not_saved_by_a_session(client, alice):
    client.force_login(alice)
    assert client.get("/echo", headers={"Authorization": "Bearer mg_unknown"}).status_code == 401


@pytest.mark.parametrize(
    ("what_happens", "code"),
    [("revoked_at", "token_revoked"), ("expires_at", "token_expired")],
)
def test_a_revoked_or_expired_token_gets_401_and_reads_which(client, alice, what_happens, code):
    headers = bearer(alice, "read")
    assert client.get("/echo", headers=headers).status_code == 200
    ApiToken.objects.update(**{what_happens: timezone.now()})
    refused = client.get("/echo", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, code)
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("scopes", "get", "post"), [(["read"], 200, 403), (["write"], 403, 200), (["read", "write"], 200, 200)]
)
def test_scopes_bound_what_a_token_may_do(client, alice, scopes, get, post):
    headers = bearer(alice, *scopes)
    assert client.get("/echo", headers=headers).status_code == get
    assert client.post("/echo", headers=headers).status_code == post


def test_a_missing_scope_is_named(client, alice):
    assert "“write”" in client.post("/echo", headers=bearer(alice, "read")).json()["detail"]


def test_a_session_may_do_both_with_its_csrf_token(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.get("/echo").status_code == 200
    assert browser.post("/echo", content_type="application/json").status_code == 403
    browser.get("/accounts/password/change/")
    headers = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert browser.post("/echo", content_type="application/json", headers=headers).status_code == 200


def test_a_token_needs_no_csrf_token(alice):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/echo", headers=bearer(alice, "write")).status_code == 200


def test_a_guest_uses_the_api_by_the_session(client, guest):
    assert client.get("/echo").json() == str(guest)


def test_the_api_description_shows_tokens():
    schema = SchemaGenerator(patterns=[path("echo", Echo.as_view())]).get_schema(public=True)
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert {"token": []} in schema["paths"]["/echo"]["get"]["security"]
