"""The OpenAPI document: whole, valid, and true of what is answered."""

import json
import re

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from generation.models import Lease
from generation.tests.api_calls import API, client_of, finish
from generation.webhooks.events import JobEvent, job_message


@pytest.fixture
def document(db):
    response = APIClient().get(f"{API}/openapi.json")
    assert response["Content-Type"] == "application/json"
    return response.json()


def conforms(document, name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
    assert errors == []


def test_the_document_is_valid_and_nothing_in_it_was_guessed(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))


def test_every_call_of_the_contract_is_there(document):
    assert document["openapi"].startswith("3.1")
    assert {path: sorted(calls) for path, calls in document["paths"].items()} == {
        f"{API}/jobs": ["get", "post"],
        f"{API}/jobs/{{id}}": ["get"],
        f"{API}/jobs/{{id}}/cancel": ["post"],
        f"{API}/jobs/{{id}}/retry": ["post"],
        f"{API}/jobs/{{id}}/audio": ["get"],
        f"{API}/jobs/{{id}}/events": ["get"],
        f"{API}/events": ["get"],
        f"{API}/tracks": ["get"],
        f"{API}/tracks/{{id}}": ["delete", "get", "patch"],
        f"{API}/tracks/{{id}}/audio": ["get"],
        f"{API}/tracks/{{id}}/audio-url": ["get"],
        f"{API}/tracks/{{id}}/score": ["get"],
        f"{API}/tracks/{{id}}/midi": ["get"],
        f"{API}/tracks/{{id}}/peaks": ["get"],
        f"{API}/archives": ["post"],
        f"{API}/archives/{{id}}": ["get"],
        f"{API}/archives/{{id}}/file": ["get"],
        f"{API}/engines": ["get"],
        f"{API}/genres": ["get"],
        f"{API}/tokens": ["get", "post"],
        f"{API}/tokens/{{id}}": ["delete", "get", "patch"],
        f"{API}/playlists": ["get", "post"],
        f"{API}/playlists/{{id}}": ["delete", "get", "patch"],
        f"{API}/playlists/{{id}}/tracks": ["get", "post"],
        f"{API}/playlists/{{id}}/tracks/{{track_id}}": ["delete"],
        f"{API}/playlists/{{id}}/tracks/{{track_id}}/move": ["post"],
        f"{API}/webhooks": ["get", "post"],
        f"{API}/webhooks/{{id}}": ["delete", "get", "patch"],
        f"{API}/webhooks/{{id}}/rotate-secret": ["post"],
        f"{API}/webhooks/{{id}}/test": ["post"],
        f"{API}/webhooks/{{id}}/deliveries": ["get"],
        f"{API}/webhooks/{{id}}/deliveries/{{delivery_id}}/redeliver": ["post"],
        f"{API}/usage": ["get"],
    }


def test_every_call_shows_its_errors_and_how_to_log_in(document):
    schemes = document["components"]["securitySchemes"]
    assert {scheme["type"] for scheme in schemes.values()} == {"http"}
    for calls in document["paths"].values():
        for call in calls.values():
            assert {"400", "401", "403", "429", "500", "503"} <= set(call["responses"])
            assert [list(way) for way in call["security"]] == [["token"]]


def test_every_answer_that_is_elsewhere_names_its_location(document):
    redirects = [
        call["responses"]["302"]
        for calls in document["paths"].values()
        for call in calls.values()
        if "302" in call["responses"]
    ]
    assert len(redirects) == 3
    assert all("Location" in redirect["headers"] for redirect in redirects)


@pytest.mark.parametrize("call", ["jobs", "jobs/{id}/retry"])
def test_it_tells_how_an_order_is_sent_again(document, call):
    post = document["paths"][f"{API}/{call}"]["post"]
    [key] = [each for each in post["parameters"] if each["name"] == "Idempotency-Key"]
    assert (key["in"], key["schema"]["minLength"], key["schema"]["maxLength"]) == ("header", 1, 255)
    assert key["examples"]
    assert "Idempotent-Replayed" in post["responses"]["202"]["headers"]
    assert "Retry-After" in post["responses"]["409"]["headers"]
    for status in ("409", "422"):
        assert post["responses"][status]["content"]["application/problem+json"]["examples"]


def test_it_tells_under_which_conditions_a_track_is_changed(document):
    calls = document["paths"][f"{API}/tracks/{{id}}"]
    for method, header in (("get", "If-None-Match"), ("patch", "If-Match"), ("delete", "If-Match")):
        assert header in [each["name"] for each in calls[method]["parameters"]]
        assert "412" in calls[method]["responses"]
    assert "ETag" in calls["get"]["responses"]["200"]["headers"]


def contents_of(document):
    """What is sent and answered, as `where, content`."""
    for where, calls in (*document["paths"].items(), *document["webhooks"].items()):
        for call in calls.values():
            bodies = [call["requestBody"]] if "requestBody" in call else []
            for body in (*bodies, *call["responses"].values()):
                for content in body.get("content", {}).values():
                    yield call.get("operationId", where), content
    for name, response in document["components"]["responses"].items():
        for content in response["content"].values():
            yield name, content


def test_its_examples_are_true_of_its_schemas(document):
    shown = 0
    for _, content in contents_of(document):
        for example in content.get("examples", {}).values():
            schema = {**content["schema"], "components": document["components"]}
            Draft202012Validator(schema).validate(example["value"])
            shown += 1
    assert shown > 50


def test_a_problem_is_shown_where_it_can_be_met(document):
    shown = {
        (where, example["value"]["errors"][0]["field"])
        for where, content in contents_of(document)
        for example in content.get("examples", {}).values()
        if example["value"].get("errors")
    }
    assert {where for where, field in shown if field == "duration"} == {"create_job"}
    assert ("list_webhooks", "page_sise") in shown
    codes = {
        (where, example["value"].get("code"))
        for where, content in contents_of(document)
        for example in content.get("examples", {}).values()
    }
    assert {
        ("Problem429", "rate_limited"),
        ("read_events", "concurrency_limited"),
        ("read_job_events", "no_stream_free"),
    } <= codes


def test_what_a_test_message_is_answered_is_one_that_was_not_sent_yet(document):
    call = document["paths"][f"{API}/webhooks/{{id}}/test"]["post"]
    [example] = call["responses"]["202"]["content"]["application/json"]["examples"].values()
    assert (example["value"]["type"], example["value"]["attempts"]) == ("webhook.test", [])
    assert not call["operationId"].startswith(
        "test"
    )  # pytest takes a generated file of that name for one of its own


def test_what_webhooks_are_sent_is_described(document):
    assert set(document["webhooks"]) == set(JobEvent.values)
    for message in document["webhooks"].values():
        assert message["post"]["summary"]
        names = [parameter["name"] for parameter in message["post"]["parameters"]]
        assert names == ["webhook-id", "webhook-timestamp", "webhook-signature"]


@pytest.mark.django_db(transaction=True)
def test_what_webhooks_are_sent_is_what_was_promised(document, alice, scripted, order):
    completed, failed = order(), order()
    finish(completed)
    failed.claim("worker")
    Lease(failed, "worker").fail(code="internal", message="No.", retryable=False)
    for job in (completed, failed):
        job.refresh_from_db()
        conforms(
            document, "WebhookMessage", json.loads(job_message(job, "https://music.example/api/v1/jobs"))
        )


def test_seconds_to_wait_are_numbers_and_all_is_described(document):
    responses = [
        (f"{call['operationId']} {status}", response)
        for calls in document["paths"].values()
        for call in calls.values()
        for status, response in call["responses"].items()
        if "$ref" not in response
    ]
    responses += document["components"]["responses"].items()
    kinds = {
        where: response["headers"]["Retry-After"]["schema"]["type"]
        for where, response in responses
        if "Retry-After" in response.get("headers", {})
    }
    assert set(kinds.values()) == {"integer"}
    assert len(kinds) > 5
    assert [where for where, response in responses if not response["description"]] == []
    assert [
        (call["operationId"], parameter["name"])
        for calls in document["paths"].values()
        for call in calls.values()
        for parameter in call.get("parameters", ())
        if not parameter["description"]
    ] == []


def test_what_is_counted_is_whole(document):
    schemas = document["components"]["schemas"]
    for name, kind in (("Quota", "integer"), ("SecondsQuota", "number")):
        assert schemas[name]["properties"]["used"]["type"] == kind


@pytest.mark.django_db(transaction=True)
def test_what_is_answered_is_what_was_promised(document, alice, scripted, order):
    client = client_of(alice)
    queued, job = order(), order(variations=2)
    track = finish(job)
    queued.claim("worker")
    Lease(queued, "worker").fail(code="internal", message="No.", retryable=False)
    for path, name in (
        ("jobs", "PaginatedJobList"),
        (f"jobs/{job.pk}", "Job"),
        (f"jobs/{queued.pk}", "Job"),
        ("tracks", "PaginatedTrackList"),
        (f"tracks/{track.pk}", "Track"),
        (f"tracks/{track.pk}?include=audio_url", "Track"),
        (f"jobs/{job.pk}?include=audio_url", "Job"),
        (f"tracks/{track.pk}/peaks", "Peaks"),
        ("engines", "Engines"),
        ("genres", "Genres"),
        ("tokens", "PaginatedTokenList"),
        ("webhooks", "PaginatedWebhookList"),
        ("usage", "Usage"),
        ("jobs?status=x", "Problem"),
        ("jobs/x", "Problem"),
    ):
        conforms(document, name, client.get(f"{API}/{path}").json())
    signed = client.get(f"{API}/tracks/{track.pk}/audio", headers={"Accept": "application/json"})
    conforms(document, "SignedAudio", signed.json())
    for given in ("wav", "flac"):
        answer = client.get(f"{API}/tracks/{track.pk}/audio-url", {"format": given})
        conforms(document, "SignedAudio" if answer.status_code == 200 else "PendingAudio", answer.json())
    made = client.post(f"{API}/tokens", {"name": "laptop", "expires_in_days": 7}).json()
    conforms(document, "NewToken", made)
    conforms(document, "Token", client.get(f"{API}/tokens/{made['id']}").json())
    webhooks = f"{API}/webhooks"
    made = client.post(webhooks, {"url": "https://receiver.example/"}).json()
    conforms(document, "NewWebhook", made)
    conforms(document, "Webhook", client.get(f"{webhooks}/{made['id']}").json())
    conforms(document, "WebhookDelivery", client.post(f"{webhooks}/{made['id']}/test").json())
    deliveries = client.get(f"{webhooks}/{made['id']}/deliveries").json()
    conforms(document, "PaginatedWebhookDeliveryList", deliveries)


def test_the_page_to_try_it_needs_nothing_from_elsewhere(db):
    page = APIClient().get(f"{API}/docs")
    text = page.content.decode()
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert f"{API}/openapi.json" in text


def test_the_page_has_every_call_with_all_that_can_be_filled_in_and_every_schema(document):
    text = APIClient().get(f"{API}/docs").content.decode()
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            assert f'data-method="{method.upper()}" data-path="{path}"' in text
            for parameter in call.get("parameters", ()):
                assert f'id="{call["operationId"]}-{parameter["name"]}"' in text
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in text
    assert set(re.findall(r'href="#([^"]+)"', text)) - {"main"} <= set(re.findall(r' id="([^"]+)"', text))
