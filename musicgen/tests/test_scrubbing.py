"""Secrets are taken out of text, and nothing else is."""

import pytest

from musicgen import scrubbing
from musicgen.scrubbing import scrubbed, scrubbed_value, secrets_in

TOKEN = "mg_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(scrubbing, "_values", None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"GET /jobs?token={TOKEN}&page=2", "GET /jobs?token=***&page=2"),
        (f"the token {TOKEN}.", "the token mg_***."),
        (f"Authorization: Bearer {TOKEN}", "Authorization: Bearer ***"),
        (f"GET /JOBS?TOKEN={TOKEN.upper()}", "GET /JOBS?TOKEN=***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("{'HTTP_AUTHORIZATION': 'Bearer abcdef'}", "{'HTTP_AUTHORIZATION': 'Bearer ***'}"),
        ('"authorization":"abcdef"', '"authorization":"***"'),
        ("sent bearer abcdefgh-ijkl", "sent bearer ***"),
        ("password=hunter2&email=a@b.c", "password=***&email=a@b.c"),
        ("{'password': 'hunter2', 'n': 1}", "{'password': '***', 'n': 1}"),
        ("password: hunter2", "password: ***"),
        ("DETAIL: secret_key = 'abc'", "DETAIL: secret_key = '***'"),
        ("AWS_SECRET_ACCESS_KEY=abc", "AWS_SECRET_ACCESS_KEY=***"),
        ("postgresql://music:s3cret@db/music", "postgresql://music:***@db/music"),
        ("redis://:s3cret@cache:6379/0", "redis://:***@cache:6379/0"),
        (
            "https://b.example/t.wav?X-Amz-Credential=AK%2Fus&X-Amz-Expires=60&X-Amz-Signature=ab12",
            "https://b.example/t.wav?X-Amz-Credential=***&X-Amz-Expires=60&X-Amz-Signature=***",
        ),
        ("/files/t.wav?expires=9&signature=x_Y-z", "/files/t.wav?expires=9&signature=***"),
        ("next=%2Ffiles%2Ft.wav%3Fsignature%3Dx_Y-z", "next=%2Ffiles%2Ft.wav%3Fsignature%3D***"),
        ("/accounts/password/reset/key/3-c2h0-ab12/", "/accounts/password/reset/key/***/"),
        ("Cookie: sessionid=abc; csrftoken=def", "Cookie: sessionid=***; csrftoken=***"),
        ("signed with whsec_C2FVsBQIhrscChlQIMV", "signed with whsec_***"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, shown):
    assert scrubbed(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/jobs 200 3.2 ms 1200 bytes user=8d3f",
        "This API token is unknown or revoked. Use another, or make a new one.",
        "The Authorization header is malformed: it must hold “Bearer”, a space and one API token.",
        "time_signature=3/4 key=A minor storage_key=tracks/1/master.wav",
        "https://example.org:8000/tracks?page=2",
        "The password was changed",
    ],
)
def test_what_is_none_stays(text):
    assert scrubbed(text) == text


def test_known_values_are_hidden_however_they_are_written():
    scrubbing.remember(["pa/ss wörd&1", "short", "pa/ss wörd&1 and more"])
    for written in ("pa/ss wörd&1", "pa%2Fss%20w%C3%B6rd%261", "pa/ss wörd&1 and more"):
        assert scrubbed(f"<{written}>") == "<***>"
    assert scrubbed("short") == "short"


def test_what_is_remembered_anew_takes_the_place_of_what_was():
    scrubbing.remember(["the-first-secret"])
    scrubbing.remember([])
    assert scrubbed("the-first-secret") == "the-first-secret"


def test_values_of_json_are_hidden_by_their_names_too():
    value = {
        "token": "x",
        "nested": [{"password": "hunter2", "n": 1}, None, True],
        "error": ValueError(TOKEN),
    }
    assert scrubbed_value(value) == {
        "token": "***",
        "nested": [{"password": "***", "n": 1}, None, True],
        "error": "mg_***",
    }


def test_secrets_are_found_among_variables():
    variables = {
        "SECRET_KEY": "key",
        "MODAL_TOKEN_ID": "id",
        "DATABASE_URL": "postgresql://u:p%40ss@db/m",
        "SENTRY_DSN": "https://public@sentry.example/1",
        "STORAGE_ENDPOINT_URL": "https://s3.example.org",
        "PORT": "8000",
        "BROKEN_URL": "http://[::1",
    }
    assert secrets_in(variables) == ["key", "id", "p%40ss", "p@ss", "public", "public"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("begin", "again"),
    [
        ("/a://", "a+"),
        ("key=", "a+"),
        ("token ", "%aa"),
        ("basic", " "),
        ("authorization", " "),
        ("authorization:", "a-"),
        ("password", " "),
        ("password", "a"),
        ("token", "a"),
        ("key", "_"),
        ("", "a://b:"),
        ("a://", ":"),
        ("", "token='"),
        ("", "%3dtoken"),
    ],
)
def test_a_long_text_takes_its_length_and_not_its_square(begin, again):
    text = begin + again * 100_000  # which would take minutes
    assert scrubbed(text)
