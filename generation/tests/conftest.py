"""What the tests of this room share: people, a scripted engine, and a folder of their own for audio."""

import copy
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import Client

from accounts.models import User
from accounts.rates import HELD
from generation import jobs
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.engines.scripted import ScriptedEngine, ScriptedRemoteEngine
from generation.models import Job
from generation.scheduling.turns import queue_look
from generation.tests.audio_places import six_tracks, with_bucket
from generation.tests.doctor_calls import report_through, rewriter
from generation.tests.measures.seeds import clock_seed
from generation.tests.modal_places import modal_at, modal_engine
from generation.tests.running_site import Site, running_site
from generation.tests.s3_server import S3Server, s3_server
from generation.tests.shared_sites import SITES, shared
from generation.tests.tiny_runners import reach, tiny_cache, tiny_runner
from generation.tests.toxic_proxy import ToxicProxy, toxic_proxy
from generation.worker import side_work
from generation.worker.heartbeat import Heartbeat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = [
    "modal_at",
    "modal_engine",
    "reach",
    "report_through",
    "rewriter",
    "s3_server",
    "six_tracks",
    "tiny_cache",
    "tiny_runner",
    "with_bucket",
]


def pytest_configure() -> None:
    """The number that seeds are drawn with is drawn before the run is parted among processes."""
    clock_seed()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured of the music is printed, whether its tests passed or not."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    figures = [text for report in reports for name, text in report.user_properties if name == "music"]
    if figures:
        terminalreporter.section(f"music, MUSIC_SEED={clock_seed()} repeats it")
        terminalreporter.write_line("\n".join(str(text) for text in figures))


@pytest.fixture(scope="module")
def browser() -> "Browser":
    """A browser for modules in a row. One for all would leave Playwright's event loop to tests of the database."""
    from generation.tests.browser import chromium

    browser: Browser = shared("browser", chromium)
    return browser


def _site(name: str, folders: pytest.TempPathFactory) -> Site:
    site: Site = shared(name, lambda: running_site(folders.mktemp("site"), **SITES[name]))
    return site


@pytest.fixture(scope="module")
def composer_site(tmp_path_factory) -> Site:
    """A running site as it is by itself, which modules share."""
    return _site("composer_site", tmp_path_factory)


@pytest.fixture(scope="module")
def scripted_site(tmp_path_factory) -> Site:
    """A running site with the scripted engine, which modules share."""
    return _site("scripted_site", tmp_path_factory)


@pytest.fixture
def figure(record_property) -> Callable[[str], None]:
    """Keep a line about what was measured, for the end of the run."""
    return lambda text: record_property("music", text)


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[ToxicProxy]:
    """Something between the site and its bucket that makes trouble when asked."""
    with toxic_proxy(s3_server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def through_proxy(settings, proxy: ToxicProxy, s3_server: S3Server) -> None:
    """New audio goes to the bucket, by way of the proxy; beside it there are local files."""
    places = copy.deepcopy(settings.STORAGES)
    places["s3"] = places["audio"] = {
        "BACKEND": "generation.storage.S3AudioStorage",
        "OPTIONS": {
            "bucket_name": s3_server.bucket,
            "endpoint_url": proxy.endpoint,
            "access_key": s3_server.access_key,
            "secret_key": s3_server.secret_key,
        },
    }
    settings.STORAGES = places


@pytest.fixture
def alice(db) -> User:
    return User.objects.create_user(email="alice@example.org", password="a long enough secret")


@pytest.fixture
def bob(db) -> User:
    return User.objects.create_user(email="bob@example.org", password="a long enough secret")


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """The client of a browser in which alice is logged in."""
    client.force_login(alice)
    return client


@pytest.fixture(autouse=True)
def site(settings, tmp_path) -> None:
    """Nothing counted or measured by another test, no static files to collect first, and hashing that takes no time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATIC_ROOT = tmp_path
    settings.QUEUE_LOOK_SECONDS = 0.0
    queue_look.forget()
    HELD.clear()
    caches["process"].clear()
    side_work.note_success()


@pytest.fixture(autouse=True)
def audio_root(settings, tmp_path):
    """Local audio goes into a folder of this test's own; static files need no manifest."""
    storages = copy.deepcopy(django_settings.STORAGES)
    storages["local"]["OPTIONS"]["location"] = tmp_path / "audio"
    storages["audio"] = storages["local"]
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages
    return tmp_path / "audio"


@pytest.fixture(autouse=True)
def heartbeat(request, monkeypatch) -> None:
    """The heart is still in a test that is one transaction: its connection could not see what the test does."""
    marker = request.node.get_closest_marker("django_db")
    seen_by_all = marker is not None and marker.kwargs.get("transaction", False)
    if not seen_by_all and "transactional_db" not in request.fixturenames:
        monkeypatch.setattr(Heartbeat, "_run", lambda self: None)


@pytest.fixture
def scripted(settings) -> ScriptedEngine:
    """The site's engine is the scripted one, and here it is."""
    settings.ENGINES = {"scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"}}
    settings.GENERATION_ENGINE = "scripted"
    engine = get_engine("scripted")
    assert isinstance(engine, ScriptedEngine)
    return engine


@pytest.fixture
def scripted_remote(settings) -> ScriptedRemoteEngine:
    """The site's engine is the scripted one that keeps its calls elsewhere, and here it is."""
    settings.ENGINES = {"remote": {"BACKEND": "generation.engines.scripted.ScriptedRemoteEngine"}}
    settings.GENERATION_ENGINE = "remote"
    engine = get_engine("remote")
    assert isinstance(engine, ScriptedRemoteEngine)
    return engine


@pytest.fixture
def order(alice) -> Callable[..., Job]:
    """Order a second of music for alice: `order(prompt, variations=2, …)`."""

    def order(prompt: str = "rainy night", **fields) -> Job:
        return jobs.submit(
            owner=alice, request=MusicRequest(prompt=prompt, **{"duration": 1.0, "seed": 7} | fields)
        )

    return order
