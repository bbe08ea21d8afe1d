"""What a request may hold at most: parameters once and with a value, headers and lines that servers take."""

from urllib.parse import urlencode

import pytest
from drf_spectacular.generators import SchemaGenerator

from generation.api import waiting
from generation.models import Job, Track
from generation.tests.api_calls import API, client_of, stored_track, wrong_fields
from musicgen import gunicorn_settings

CHANGING = ("post", "put", "patch", "delete")


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("jobs", "retry_of=", {"retry_of": "empty"}),
        ("jobs", "created_after=", {"created_after": "empty"}),
        ("jobs", "status=", {"status": "empty"}),
        ("jobs", "genre=a&genre=b", {"genre": "repeated"}),
        ("jobs", f"status={','.join(['queued'] * 6)}", {"status": "repeated"}),
        ("jobs", "page_size=1&page_size=2", {"page_size": "repeated"}),
        ("tracks", "favorite=&job=", {"favorite": "empty", "job": "empty"}),
        ("tracks", "include=audio_url,audio_url", {"include": "unknown"}),
        ("tokens", "cursor=a&cursor=b", {"cursor": "repeated"}),
    ],
)
def test_what_would_be_passed_over_is_refused(alice, scripted, path, query, named):
    assert wrong_fields(client_of(alice).get(f"{API}/{path}?{query}")) == named


def test_an_empty_text_filters_nothing(alice, scripted, order):
    order()
    assert len(client_of(alice).get(f"{API}/jobs?genre=&engine=").json()["results"]) == 1


def test_all_that_a_list_can_be_asked_at_once_fits_a_request_line(alice, scripted):
    longest = {"q": 200, "genre": 40, "tag": 40}
    query = {name: "\N{MUSICAL SYMBOL G CLEF}" * length for name, length in longest.items()}
    query |= {"cursor": "x" * 2000, "job": "0" * 36, "created_after": "x" * 40, "created_before": "x" * 40}
    assert len(urlencode(query)) < gunicorn_settings.limit_request_line - 500


@pytest.mark.parametrize(
    ("method", "name"), [("get", "If-None-Match"), ("patch", "If-Match"), ("delete", "If-Match")]
)
def test_a_header_has_an_end(alice, scripted, order, method, name):
    track = stored_track(order())
    call = getattr(client_of(alice), method)
    refused = call(f"{API}/tracks/{track.pk}", headers={name: "x" * 1001})
    assert wrong_fields(refused) == {name: "too_long"}
    if method == "get":
        included = call(f"{API}/tracks/{track.pk}?include=audio_url", headers={name: "x" * 1001})
        assert wrong_fields(included) == {name: "too_long"}
    assert call(f"{API}/tracks/{track.pk}", headers={name: "x" * 1000}).status_code in (200, 412)


def test_every_header_is_read_before_anything_is_changed(alice, scripted, order):
    """Of all calls that change something, by the headers that the document says they read."""
    track = stored_track(order())
    Job.objects.filter(pk=track.job_id).update(
        status="completed", finished_at=track.job.created_at, first_track=track.pk
    )
    client, refused = client_of(alice), []
    before = [*Job.objects.order_by("pk").values()], [*Track.objects.values()]
    for path, calls in SchemaGenerator().get_schema(request=None, public=True)["paths"].items():
        for method in set(calls) & set(CHANGING):
            for header in calls[method].get("parameters", []):
                if header["in"] == "header":
                    url = path.format(id=track.job_id if "/jobs" in path else track.pk)
                    body = {"prompt": "rain"} if path.endswith("/jobs") else {}
                    too_long = {header["name"]: "x" * 8000}
                    assert header["name"] in wrong_fields(
                        getattr(client, method)(url, body, headers=too_long)
                    )
                    refused.append((method, header["name"]))
    assert {("post", "Prefer"), ("post", "Idempotency-Key"), ("delete", "If-Match")} <= set(refused)
    assert before == ([*Job.objects.order_by("pk").values()], [*Track.objects.values()])


def test_who_sends_a_header_that_is_too_long_is_not_waited_for(alice, scripted, order, monkeypatch):
    monkeypatch.setattr(waiting, "wait_until_ended", lambda *args: pytest.fail("it waited"))
    headers = {"Prefer": "wait=20", "If-None-Match": "x" * 1001}
    refused = client_of(alice).get(f"{API}/jobs/{order().pk}", headers=headers)
    assert wrong_fields(refused) == {"If-None-Match": "too_long"}
