"""What a request may hold at most: parameters once and with a value, headers and lines that servers take."""

from urllib.parse import urlencode

import pytest

from generation.management.commands.serve import LONGEST_REQUEST_LINE
from generation.tests.api_calls import API, client_of, stored_track, wrong_fields


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
    assert len(urlencode(query)) < LONGEST_REQUEST_LINE - 500


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
