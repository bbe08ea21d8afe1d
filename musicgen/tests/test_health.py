"""Health for whoever watches the site: databases that are there and that are not, workers that live and died."""

import json
import socket
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from generation.models import Worker
from generation.storage import audio_storage
from generation.tests.conftest import proxy, s3_server, through_proxy
from generation.tests.toxic_proxy import Answer
from musicgen import health
from musicgen.services import Service
from musicgen.tests.commands import python

__all__ = ["proxy", "s3_server", "through_proxy"]
ASKING = """
import django; django.setup()
from django.test import Client
for path in ("/healthz", "/readyz"):
    answer = Client(headers={"host": "localhost"}).get(path)
    print(answer.status_code, answer.text)
"""


def beat(seconds_ago: float = 0) -> None:
    Worker.objects.create(
        host="here", pid=1, slots=2, seen_at=timezone.now() - timedelta(seconds=seconds_ago)
    )


@pytest.mark.django_db
def test_the_process_and_its_database_are_well(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_database_that_takes_connections_and_answers_nothing_is_said(client):
    def fail(*_: object) -> None:
        raise OperationalError("out of memory")

    with connection.execute_wrapper(fail):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"database": "the database cannot be reached"})


@pytest.mark.django_db
def test_ready_means_that_a_worker_lives(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["worker"]) == (503, "no worker is running")
    beat(seconds_ago=60)
    assert client.get("/readyz").status_code == 503
    beat()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok", "worker": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (None, "ok"),
        (Answer(403, "AccessDenied"), "ok"),
        (Answer(403, "InvalidAccessKeyId"), "the bucket cannot be used (wrong_access_key)"),
        (Answer(503, "SlowDown"), "the bucket cannot be used (busy)"),
    ],
)
def test_ready_means_that_the_bucket_answers(client, monkeypatch, through_proxy, proxy, trouble, said):
    monkeypatch.setattr(health, "BUCKET", Service(health._bucket))
    beat()
    audio_storage().exists("probe")  # what is loaded for the first question is no matter of the service's
    proxy.trouble = trouble
    answer = client.get("/readyz")
    assert answer.json()["storage"] == said
    assert (answer.status_code, answer.json()["status"]) == (
        (200, "ready") if said == "ok" else (503, "unavailable")
    )
    assert b"127.0.0.1" not in answer.content


@pytest.mark.django_db
def test_health_is_asked_over_plain_http_too(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/admin/").status_code == 301


def test_a_database_that_is_down_is_said(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"postgresql://nobody@127.0.0.1:{closed.getsockname()[1]}/none"
        ended = python(tmp_path, "-c", ASKING, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="musicgen.settings")
    assert ended.returncode == 0, ended.stderr
    health, ready = (line.split(" ", 1) for line in ended.stdout.splitlines())
    assert (health[0], json.loads(health[1])) == ("503", {"database": "the database cannot be reached"})
    assert (ready[0], json.loads(ready[1])["worker"]) == ("503", "unknown")
