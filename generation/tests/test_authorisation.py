"""Every route with every method, from the resolver, by everybody who may ask: what they get, and what they never see.

Each cell is asked in a transaction that is taken back, so that none knows of another. The rules stand in
`authorisation.py`; a new route is held to them without a word here, unless it leads to a new kind of thing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.rates import HELD
from accounts.sessions import SessionStore
from generation.api.views import jobs, tracks
from generation.archives import ordering
from generation.models import Job, Playlist, Track, WebhookEndpoint
from generation.models.job_queries import JobQuerySet
from generation.models.track_queries import TrackQuerySet
from generation.tests.api_calls import stored_track
from generation.tests.authorisation import Caller, is_admins, is_of_alice, verdict
from generation.tests.routes import FEW_METHODS, METHODS, Route, all_routes
from generation.webhooks import outbox
from generation.webhooks.events import JobEvent

pytestmark = [pytest.mark.long, pytest.mark.sqlite_is_enough]
ROUTES = all_routes()
CALLERS = (
    *("anonymous", "guest", "other", "other's token", "read token", "write token", "expired token"),
    *("revoked token", "token of a locked account", "token of a closed account", "owner", "staff"),
)
# Pages and the admin ask for no token: there whoever comes with one is anonymous.
WITH_TOKEN = tuple(name for name in CALLERS if "token" in name)
OF_API = [route for route in ROUTES if route.template.startswith(("/api/", "/audio/"))]
OF_PAGES = [route for route in ROUTES if route not in OF_API]
# Tokens that open nothing, as a revoked one.
LIKE_ANOTHER = ("expired token", "token of a locked account", "token of a closed account")
WORDS = {
    "title": "zanzibarlullaby",
    "prompt": "quietharpsichordprompt",
    "token": "secrettokenname",
    "playlist": "hiddenmixtape",
    "webhook": "https://hush.example/receiver",
}
# What is sent where something can be: enough to change what may be changed.
JSON = '{"title": "Stolen", "prompt": "Stolen", "name": "Stolen"}'
CHANGING = ("POST", "PUT", "PATCH", "DELETE", "BREW")
NOTHING = "00000000-0000-4000-8000-000000000000"
FORM = "title=Stolen&prompt=Stolen&name=Stolen"


@pytest.fixture
def things(alice, scripted, order) -> dict[str, Any]:
    """Things of alice's, by the part of the address that they stand below."""
    job = order(WORDS["prompt"])
    track = stored_track(job, title=WORDS["title"], prompt=WORDS["prompt"])
    token, _ = ApiToken.objects.issue(alice, WORDS["token"], ["read"])
    webhook, _ = WebhookEndpoint.objects.all().add(
        alice,
        url=WORDS["webhook"],
        description="",
        events=list(JobEvent),
        jobs_url="https://site.test/api/v1/jobs",
    )
    delivery = outbox.send_test(webhook)
    shared = stored_track(order("An open song"), title="An open song", prompt="An open song")
    shared.edit(visibility="unlisted")
    playlist = Playlist.objects.all().make(alice, WORDS["playlist"])
    playlist.add([track])
    archive = ordering.order_tracks(owner=alice, track_ids=[track.pk], format_name="mp3")
    things = {"jobs": job, "playlists": playlist, "tracks": track, "tokens": token, "audio": track}
    things["archives"] = archive
    return things | {"s": shared, "webhooks": webhook, "deliveries": delivery}


@pytest.fixture
def callers(alice, bob, things) -> dict[str, Caller]:
    """Everybody, by name."""

    def in_session(name: str, user: User) -> Caller:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        return Caller(name, user, session=session.session_key or "")

    def by_token(name: str, user: User, *scopes: str, is_good: bool = True) -> Caller:
        token, secret = ApiToken.objects.issue(user, "tests", scopes or ("read", "write"))
        if "expired" in name:
            ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        if "revoked" in name:
            token.revoke()
        return Caller(name, user, secret=secret, scopes=scopes or ("read", "write"), is_good=is_good)

    people = {
        name: User.objects.create_user(email=f"{name}@example.org") for name in ("locked", "closed", "staff")
    }
    User.objects.filter(pk=people["staff"].pk).update(is_staff=True, is_superuser=True)
    people["staff"].refresh_from_db()
    everybody = [
        Caller("anonymous"),
        in_session("guest", User.objects.create_guest()),
        in_session("other", bob),
        by_token("other's token", bob),
        by_token("read token", alice, "read"),
        by_token("write token", alice, "write"),
        by_token("expired token", alice, is_good=False),
        by_token("revoked token", alice, is_good=False),
        by_token("token of a locked account", people["locked"], is_good=False),
        by_token("token of a closed account", people["closed"], is_good=False),
        in_session("owner", alice),
        in_session("staff", people["staff"]),
    ]
    User.objects.filter(pk=people["locked"].pk).update(is_active=False)
    people["closed"].close()
    assert tuple(caller.name for caller in everybody) == CALLERS
    return {caller.name: caller for caller in everybody}


@pytest.fixture
def secrets(alice, things) -> list[str]:
    """What of alice's nobody else may read; one of her tracks is shared."""
    ids = [str(thing.pk) for name, thing in things.items() if name != "s"]
    keys = [things["tracks"].storage_key, things["tokens"].prefix, things["tokens"].digest]
    return list(dict.fromkeys([alice.email, str(alice.pk), *WORDS.values(), *ids, *keys]))


def address_of(route: Route, things: dict[str, Any]) -> str:
    """The route's address of a thing of alice's, or of anything of its kind in the admin."""
    parts = [part for part in route.template.split("/") if part not in ("", "api", "v1")]
    values: dict[str, Any] = dict.fromkeys(route.names, "1")
    values["object_id"] = NOTHING
    named = {"playlist_id": "playlists", "job_id": "jobs", "track_id": "tracks", "token_id": "tokens"}
    named |= {"archive_id": "archives"}
    named |= {"webhook_id": "webhooks", "delivery_id": "deliveries"}
    if "object_id" in route.names and parts[1] in apps.app_configs:
        shown = apps.get_model(parts[1], parts[2])._default_manager.first()
        values["object_id"] = shown.pk if shown else NOTHING
    for name in route.names:
        if name in named:
            values[name] = things[named[name]].pk
        if name == "pk":
            assert parts[0] in things, f"{route}: give `things` one of alice's."
            values[name] = things[parts[0]].pk
        if name == "name":
            values[name] = things["tracks"].storage_key
        if name == "share_key":
            values[name] = Track.objects.get(pk=things["s"].pk).share_key
        if name == "key":
            values[name] = "abc-def"
    return route.address(values)


def answers_to(
    caller: Caller, things: dict[str, Any], routes: Iterable[Route], methods: Iterable[str]
) -> Iterator[tuple[Route, str, str, Any]]:
    """Every route, method, address and answer, each as if it were the first."""
    for route in routes:
        address = address_of(route, things)
        for method in methods:
            HELD.clear()
            is_api = address.startswith("/api/")
            content_type = "application/json" if is_api else "application/x-www-form-urlencoded"
            with transaction.atomic():
                data = (JSON if is_api else FORM) if method in CHANGING else ""
                answer = caller.client().generic(method, address, data, content_type)
                yield route, method, address, answer
                transaction.set_rollback(True)


def read(answer: Any) -> str:
    """All that an answer tells. A stream is not read: whoever gets one has been let in."""
    body = "" if answer.streaming else answer.content.decode(errors="replace")
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    return f"{headers}\n{body}"


def looks_at(things: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Statements that read what alice has. They run after every request, so they are written once."""
    mine = {"owner": things["jobs"].owner}
    rows = [type(thing).objects.filter(pk=thing.pk) for thing in things.values()]
    rows += [Job.objects.filter(**mine), Track.objects.filter(**mine)]
    return [each.values().query.sql_with_params() for each in rows]


def state(looks: list[tuple[str, tuple[Any, ...]]]) -> list[Any]:
    """What alice has, as it is stored."""
    found = []
    with connection.cursor() as cursor:
        for statement, parameters in looks:
            cursor.execute(statement, parameters)
            found.append(cursor.fetchall())
    return found


@dataclass
class Findings:
    """What asking found: answers that break a rule, secrets of alice's that were shown, and how many answers."""

    wrong: list[str]
    seen: set[str]
    asked: int


def findings(
    caller: Caller,
    things: dict[str, Any],
    secrets: list[str],
    routes: Iterable[Route],
    methods: Iterable[str] = METHODS,
) -> Findings:
    """Ask by every route and method, and hold each answer to the rules."""
    looks = looks_at(things)
    found, before = Findings([], set(), 0), state(looks)
    for route, method, address, answer in answers_to(caller, things, routes, methods):
        found.asked += 1
        may_see = (caller.is_alice and caller.is_good) or (caller.is_staff and is_admins(route))
        if not verdict(route, method, caller)(answer):
            found.wrong.append(f"{method} {address} answers {answer.status_code}")
        text = read(answer).replace(address, "")
        seen = {secret for secret in secrets if secret in text and secret not in address}
        found.seen |= seen
        if seen and not may_see:
            found.wrong.append(f"{method} {address} tells {sorted(seen)}")
        if method in CHANGING and not may_see and state(looks) != before:
            found.wrong.append(f"{method} {address} has changed something")
    return found


def _walks() -> Iterator[Any]:
    """Who walks which routes."""
    for name in CALLERS:
        if name not in WITH_TOKEN:
            yield pytest.param(name, ROUTES, id=name)
            continue
        like_another = [pytest.mark.thorough] * (name in LIKE_ANOTHER)
        yield pytest.param(name, OF_API, id=f"{name}, API", marks=like_another)
        yield pytest.param(name, OF_PAGES, id=f"{name}, pages", marks=pytest.mark.thorough)


@pytest.mark.parametrize(("name", "routes"), list(_walks()))
def test_everybody_gets_what_is_theirs_alone(name, routes, callers, things, secrets, request):
    methods = FEW_METHODS if request.config.getoption("--short") else METHODS
    found = findings(callers[name], things, secrets, routes, methods)
    assert not found.wrong, "\n".join(found.wrong)
    assert found.asked == len(routes) * len(methods) > 100
    if name == "owner":
        # The search can find: its owner sees all of it but what nobody is shown.
        assert set(secrets) - found.seen == {things["tokens"].digest, str(callers[name].user.pk)}


@pytest.mark.parametrize(
    ("view", "method", "found"),
    [
        (tracks.TrackDetail, "DELETE", "changed something"),
        (jobs.JobDetail, "GET", "tells"),
        (jobs.JobCancel, "POST", "answers 200"),
    ],
)
def test_a_view_that_forgets_whose_it_is_is_found(callers, things, secrets, monkeypatch, view, method, found):
    for rows in (JobQuerySet, TrackQuerySet):
        monkeypatch.setattr(rows, "visible_to", lambda rows, user: rows.all())
    routes = [route for route in ROUTES if getattr(route.view, "cls", None) is view]
    wrong = findings(callers["other"], things, secrets, routes).wrong
    assert [line for line in wrong if line.startswith(method) and found in line]


def test_the_routes_hold_things_of_every_kind(things):
    below = [route for route in ROUTES if route.template.startswith("/api/v1/") and is_of_alice(route)]
    assert {"jobs", "tracks", "tokens", "webhooks", "archives"} <= {
        route.template.split("/")[3] for route in below
    }
