"""`manage.py serve`, which `make run` calls: it starts, says what is wrong, and leaves nothing running."""

import signal
import socket
import urllib.request

import pytest
from django.conf import settings

from generation.audio.formats import MASTER_FORMATS
from generation.management.commands.serve import OVERTIME_SECONDS, Command
from generation.tests.running_site import free_port, running_site
from musicgen import gunicorn_settings
from musicgen.tests.commands import manage
from musicgen.tests.listed_processes import descendants, running


def test_a_port_in_use_is_reported_in_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = manage(tmp_path, "serve", PORT=str(port))
    assert (ended.returncode, ended.stderr.splitlines()) == (
        1,
        [
            f"CommandError: Port {port} cannot be used (Address already in use). Choose another: PORT=8001 make run"
        ],
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL cannot be read."),
        ({"GENERATION_WORKERS": "many"}, "GENERATION_WORKERS must be a whole number, not 'many'."),
        ({"ALLOWED_HOSTS": "music.example.org"}, "so SECRET_KEY must be set"),
        ({"PORT": "0"}, "PORT must be from 1 to 65535, not 0."),
        ({"PORT": "65536"}, "PORT must be from 1 to 65535, not 65536."),
        ({"STORAGE_URL_EXPIRE_SECONDS": "0"}, "STORAGE_URL_EXPIRE_SECONDS must be from 1 to 604800, not 0."),
        (
            {"STORAGE_URL_EXPIRE_SECONDS": "604801"},
            "STORAGE_URL_EXPIRE_SECONDS must be from 1 to 604800, not 604801.",
        ),
        ({"WORKER_GRACE_SECONDS": "-1"}, "WORKER_GRACE_SECONDS must be at least 0, not -1."),
        ({"MASTER_FORMAT": "mp3"}, f"MASTER_FORMAT must be one of {', '.join(MASTER_FORMATS)}, not 'mp3'."),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT must be one of text, json, not 'xml'."),
    ],
)
def test_a_broken_setting_ends_it_in_one_sentence(tmp_path, variables, sentence):
    ended = manage(tmp_path, "serve", **{"PORT": str(free_port())} | variables)
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (1, "", 1)
    assert sentence in ended.stderr


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").touch()
    ended = manage(tmp_path / "file" / "var", "serve", PORT=str(free_port()))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert "Let this user write there" in ended.stderr


def test_a_database_that_is_down_is_reported(tmp_path):
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    ended = manage(tmp_path, "serve", PORT=str(free_port()), DATABASE_URL=url)
    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: The database cannot be used: connection failed")
    assert len(ended.stderr.splitlines()) == 1


def test_a_database_that_does_not_answer_is_reported(tmp_path):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        ended = manage(tmp_path, "serve", PORT=str(free_port()), DATABASE_URL=url)
    assert ended.stderr.startswith("CommandError: The database cannot be used: connection timeout expired")
    assert len(ended.stderr.splitlines()) == 1


def test_a_setting_that_cannot_work_is_reported_in_a_sentence_of_its_own(tmp_path):
    ended = manage(tmp_path, "serve", PORT=str(free_port()), GENERATION_ENGINE="nope")
    assert ended.returncode == 1
    assert ended.stderr == (
        "CommandError: GENERATION_ENGINE names 'nope', which is no configured engine. "
        "Use one of: composer. (generation.E005)\n"
    )


def test_a_bucket_without_keys_is_reported(tmp_path):
    nowhere = str(tmp_path / "none")
    ended = manage(
        tmp_path,
        "serve",
        PORT=str(free_port()),
        STORAGE_BUCKET_NAME="music",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_SHARED_CREDENTIALS_FILE=nowhere,
        AWS_CONFIG_FILE=nowhere,
    )
    assert ended.stderr.splitlines() == [
        "CommandError: There are no keys for Amazon S3. "
        "Set STORAGE_ACCESS_KEY_ID and STORAGE_SECRET_ACCESS_KEY, or give this machine a role.",
        "CommandError: The worker cannot start: it ended with status 1, and what it said is above.",
    ]


def test_web_runs_with_the_worker_that_holds_event_streams_here_and_on_hosts():
    assert gunicorn_settings.worker_class == "musicgen.web_worker.WebWorker"
    assert gunicorn_settings.logger_class == "musicgen.gunicorn_log.SiteLogger"
    option = "--config python:musicgen.gunicorn_settings"
    assert option in " ".join(Command()._web())
    assert option in (settings.BASE_DIR / "Procfile").read_text()


def test_the_worker_may_take_longer_than_the_grace_that_it_gives_its_jobs(settings):
    settings.WORKER_GRACE_SECONDS = 55
    assert Command()._supervisor().drain_seconds == 55 + OVERTIME_SECONDS


def test_it_serves_and_ends_with_all_it_started(tmp_path):
    (tmp_path / "site" / "static").mkdir(parents=True)  # into which it collects
    with running_site(tmp_path / "site", SITE_NAME="Night Radio") as site:
        for path in ("/healthz", "/readyz", "/"):
            with urllib.request.urlopen(f"{site.url}{path}") as answer:
                assert answer.status == 200
        started = descendants(site.process.pid)
        # Web and its worker; the worker, its sentinel, two hands, pusher and monitor.
        assert len(started) >= 7
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(60) == 0
        assert running(started) == set()
    assert f"Night Radio is starting at {site.url}/" in site.log.read_text()
    assert "Traceback" not in site.log.read_text()
