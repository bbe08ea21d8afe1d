"""What is left of an account that was deleted: nothing, in database, storage and logs."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django_q.models import OrmQ, Task

from accounts.models import CachedValue, User
from generation.archives import making
from generation.models import Archive, Playlist, Track, TrackReport, WebhookEndpoint
from generation.tests.api_calls import API, client_of, finish
from generation.tests.test_delete_owner import reap_until_nothing_is_done
from generation.tracks import rendition_requests, renditions
from generation.webhooks import outbox

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "zebulon@hush.example"
PASSWORD = "a long enough secret"
WORDS: tuple[str, ...] = (
    "zanzibarlullaby",
    "quietharpsichord",
    "mothballtag",
    "secretbotname",
    "receiverpath",
)
WORDS += ("velvetplaylist", "tooloudreport", EMAIL)


@pytest.fixture
def zebulon(scripted, settings) -> Client:
    """A browser in which somebody has done all there is to do here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    client = Client()
    client.post("/", {"prompt": "quietharpsichord by night", "duration": "30"})
    client.post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD})
    Client().post("/accounts/login/", {"login": EMAIL, "password": "wrong"})
    Client().post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    return client


def everything_made(client: Client, owner: User) -> None:
    api = client_of(owner)
    job = owner.jobs.get()
    track = finish(job)
    api.patch(
        f"{API}/tracks/{track.pk}", {"title": "zanzibarlullaby", "tags": ["mothballtag"], "favorite": True}
    )
    renditions.make_rendition(track.pk, "mp3")
    Playlist.objects.all().make(owner, "velvetplaylist").add([track])
    api.patch(f"{API}/tracks/{track.pk}", {"visibility": "public"})
    TrackReport.objects.create(track=track, reason="other", words="tooloudreport")
    api.post(f"{API}/tokens", {"name": "secretbotname", "scopes": ["read"]})
    made = api.post(f"{API}/webhooks", {"url": "https://hush.example/receiverpath"}).json()
    outbox.send_test(WebhookEndpoint.objects.get(pk=made["id"]))
    order = {"prompt": "quietharpsichord again", "duration": 30}
    api.post(f"{API}/jobs", order, HTTP_IDEMPOTENCY_KEY="zebulon")
    TOTP.activate(owner, "ZANZIBARSECRETOFCODE")
    RecoveryCodes.activate(owner)
    client.get("/library/?q=zanzibarlullaby")
    client.post("/archives/", {"track": [str(track.pk)], "format": "wav"})
    client.post("/accounts/export")
    for archive in Archive.objects.all():
        making.make(archive.pk)
    rendition_requests.note_failure(track.pk, "opus", "It could not be made.")
    _operator_looks_at(owner, track)
    Task.objects.create(
        id="1" * 32,
        name=f"make_rendition {track.pk}",
        func="f",
        success=False,
        started=track.created_at,
        stopped=track.created_at,
        result="zanzibarlullaby failed",
    )


def _operator_looks_at(owner: User, track: Track) -> None:
    staff = User.objects.create_superuser("staff@example.org", PASSWORD)
    for thing in (owner, track):
        LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=str(thing),
            action_flag=CHANGE,
        )


def traces(words: tuple[str, ...]) -> Iterator[str]:
    """Where any of these stands in any column of any table, by all that a column may hold."""
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.all():
            for field in model._meta.concrete_fields:
                text = _as_text(row, field)
                yield from (f"{model._meta.label}.{field.name}: {word}" for word in words if word in text)


def _as_text(row: models.Model, field: Any) -> str:
    value = getattr(row, field.attname)
    if isinstance(row, OrmQ) and field.name == "payload":
        return str(row.task)
    if model_is_session(row) and field.name == "session_data":
        return str(row.get_decoded())  # type: ignore[attr-defined]
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return str(value)


def model_is_session(row: models.Model) -> bool:
    return row._meta.label == "sessions.Session"


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_nothing_is_left_in_database_storage_and_logs(zebulon, audio_root, caplog):
    caplog.set_level(logging.DEBUG)
    owner = User.objects.get(email=EMAIL)
    everything_made(zebulon, owner)
    ids = tuple(str(pk) for pk in (owner.pk, *owner.jobs.values_list("pk", flat=True)))
    ids += tuple(
        str(pk) for rows in (owner.tracks, owner.archives) for pk in rows.values_list("pk", flat=True)
    )
    looked_for = (*WORDS, *ids, *(each.replace("-", "") for each in ids))
    before = set(traces(looked_for))
    assert {trace.partition(": ")[2] for trace in before} >= {*WORDS}, "the search finds all that is there"
    assert len(files_under(audio_root)) == 5
    assert Authenticator.objects.count() == 2

    assert "zebulon" in zebulon.get("/accounts/delete").content.decode()
    assert zebulon.post("/accounts/delete", {"password": "guess"}).status_code == 422
    page = zebulon.post("/accounts/delete", {"password": PASSWORD})
    assert "Your account is deleted" in page.content.decode()
    assert zebulon.get("/accounts/").url.startswith("/accounts/login/")
    reap_until_nothing_is_done()

    cached = CachedValue.objects.all()
    assert not [trace for trace in traces(looked_for) if not trace.startswith("accounts.CachedValue")]
    cached.update(expires="2000-01-01T00:00:00Z")
    reap_until_nothing_is_done()
    assert list(traces(looked_for)) == [], "what was cached is gone once it has expired"
    assert files_under(audio_root) == []
    assert not Authenticator.objects.exists()
    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name != "django.db.backends"
    )
    assert "POST /accounts/delete" in logged
    assert [word for word in WORDS if word in logged] == []


def test_a_guest_confirms_without_a_password(scripted):
    client = Client()
    client.post("/", {"prompt": "quietharpsichord by night", "duration": "30"})
    assert "Delete all you have made?" in client.get("/accounts/delete").content.decode()
    assert "Everything is deleted" in client.post("/accounts/delete").content.decode()
    reap_until_nothing_is_done()
    assert not User.objects.exists()
    assert list(traces(("quietharpsichord",))) == []


def test_the_page_says_what_goes(scripted, alices, order):
    finish(order(variations=2))
    alices.post("/playlists/", {"title": "Evenings"})
    page = alices.get("/accounts/delete").content.decode()
    assert "2 tracks" in page
    assert "1 playlist" in page
    assert "1 order" in page
    assert alices.post("/accounts/delete", {}).status_code == 422
    assert not User.objects.closed().exists()
