"""Every route that the resolver knows, with every method, by nobody, the owner and staff.

`test_authorisation.py` asks as everybody, for things that are there. None answers 5xx. Below the API each answer is a
problem or one that the document promises.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from generation.archives import ordering
from generation.models import Playlist, WebhookEndpoint
from generation.tests.api_calls import API, PROBLEM_MEMBERS, client_of, stored_track
from generation.tests.routes import FEW_METHODS, METHODS, Route, all_routes
from generation.webhooks import outbox

ROUTES = all_routes()
PROBLEM = "application/problem+json"


@pytest.fixture
def values(alice, scripted, order) -> dict[str, Any]:
    """Values for the places of all routes: things of alice's that are there."""
    job = order()
    track = stored_track(job)
    track.edit(visibility="unlisted")
    track.refresh_from_db()
    token, _ = ApiToken.objects.issue(alice, "tests", ["read"])
    webhook, _ = WebhookEndpoint.objects.all().add(
        alice, url="https://receiver.example/", events=["job.failed"], jobs_url="https://music.example/jobs"
    )
    delivery = outbox.send_test(webhook)
    assert delivery
    playlist = Playlist.objects.all().make(alice, "Evenings")
    playlist.add([track])
    archive = ordering.order_tracks(owner=alice, track_ids=[track.pk], format_name="mp3")
    return {
        "playlist_id": playlist.pk,
        "playlist": playlist,
        "job_id": job.pk,
        "track_id": track.pk,
        "share_key": track.share_key,
        "name": track.storage_key,
        "uidb36": "1",
        "key": "abc-def",
        "app_label": "generation",
        "content_type_id": "1",
        "url": "nothing",
        "object_id": job.pk,
        "token_id": token.pk,
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
        "id": alice.pk,
        "job": job,
        "track": track,
        "webhook": webhook,
        "archive": archive,
        "archive_id": archive.pk,
    }


@pytest.fixture(
    params=["owner", *(pytest.param(name, marks=pytest.mark.thorough) for name in ("nobody", "staff"))]
)
def caller(request, alice, bob, scripted) -> Callable[[], Client]:
    """Makes a browser of somebody, in which a view that fails is answered as on the site."""
    User.objects.filter(pk=bob.pk).update(
        is_staff=request.param == "staff", is_superuser=request.param == "staff"
    )
    who = {"owner": alice, "staff": bob}.get(request.param)

    def browser() -> Client:
        client = Client(raise_request_exception=False)
        if who is not None:
            client.force_login(who)
        return client

    return browser


def addresses(route: Route, values: dict[str, Any]) -> list[str]:
    """The route's addresses: of a thing that is there, and of one that is not."""
    kind = next(
        (
            kind
            for kind in ("playlist", "track", "webhook", "archive")
            if re.search(f"/{kind}s?/", route.template)
        ),
        "job",
    )
    pk = values[kind].pk
    filled = {"pk": pk, **values, "object_id": pk}
    return list(
        dict.fromkeys(
            [
                route.address(_Filled(filled)),
                route.address(_Filled(filled | {"pk": "0" * 8 + "-0000-4000-8000-" + "0" * 12})),
            ]
        )
    )


def _in_document(template: str) -> str:
    """How the document writes an address with places for values."""
    return re.sub(r"%\((\w+)\)s", r"{\1}", template).replace("{pk}", "{id}")


class _Filled(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "1"  # positional parts of others' routes, such as numbers


def test_the_resolver_is_walked_whole():
    found = {str(route) for route in ROUTES}
    assert {
        "/",
        "/healthz",
        f"{API}/jobs/<pk>/cancel",
        f"{API}/docs",
        "/audio/<pk>",
        "/jobs/<job_id>/card",
    } <= found
    assert len(found) > 80


@pytest.mark.sqlite_is_enough
def test_no_route_fails_with_any_method(caller, values, request):
    is_short = request.config.getoption("--short")  # then `test_authorisation.py` asks by the others
    methods = [method for method in METHODS if not (is_short and method in FEW_METHODS)]
    failed = {}
    for route in ROUTES:
        client = caller()  # one of the routes logs out
        for address in addresses(route, values):
            for method in methods:
                response = client.generic(method, address)
                if response.status_code >= 500 and address != "/readyz":  # no worker runs
                    failed[method, address] = response.status_code
    assert failed == {}


def test_every_answer_of_the_api_is_a_problem_or_promised(alice, values, scripted):
    document = APIClient().get(f"{API}/openapi.json").json()
    client = client_of(alice)
    client.raise_request_exception = False
    seen = 0
    for route in (route for route in ROUTES if route.template.startswith("/api/")):
        promised = document["paths"].get(_in_document(route.template), {})
        for address in addresses(route, values):
            for method in METHODS:
                response = client.generic(method, address)
                said = f"{method} {address}: {response.status_code}"
                if response.get("Content-Type") == PROBLEM:
                    assert response.status_code >= 400, said
                    assert method == "HEAD" or set(response.json()) == PROBLEM_MEMBERS, said
                elif method == "OPTIONS" or route.template in (f"{API}/docs", f"{API}/openapi.json"):
                    allowed = set(response["Allow"].split(", ")) & {"GET", "POST", "DELETE"}
                    assert (response.status_code, bool(allowed)) == (200, True), said
                else:
                    call = promised["get" if method == "HEAD" else method.lower()]
                    assert str(response.status_code) in call["responses"], said
                seen += 1
    assert seen > 200


@pytest.mark.parametrize("path", ["docs", "openapi.json", "jobs", "engines"])
def test_options_name_the_methods(alice, scripted, path):
    response = client_of(alice).options(f"{API}/{path}")
    assert response.status_code == 200
    assert "GET" in response["Allow"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["docs", "openapi.json"])
def test_the_document_and_its_page_take_no_other_method(path):
    response = APIClient().put(f"{API}/{path}")
    assert (response.status_code, response["Content-Type"]) == (405, PROBLEM)
    assert response.json()["code"] == "method_not_allowed"
