"""Tracks deleted while the bucket is away: a real worker, and a real server that is stopped and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django_q.models import Failure

from generation import jobs
from generation.models import Track, Worker
from generation.tests.audio_places import (
    bucket,
    bucket_settings,
    bucket_variables,
    ended_job,
    noise,
    track_on,
)
from generation.tests.s3_server import S3Process
from generation.tests.test_worker_process import database_url
from generation.tests.working import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]
Logged = Callable[[], str]


@pytest.fixture
def s3(settings, tmp_path) -> Iterator[S3Process]:
    """A bucket, which is where all audio goes."""
    folder = tmp_path / "s3"
    folder.mkdir()
    with S3Process(folder) as process:
        entry = bucket_settings(process.server)
        settings.STORAGES = {**settings.STORAGES, "s3": entry, "audio": entry}
        yield process


@pytest.fixture
def worker(s3: S3Process, tmp_path: Path) -> Iterator[Logged]:
    """A worker that uses the bucket; what it has logged so far."""
    log = tmp_path / "worker.log"
    environment = os.environ | bucket_variables(s3.server)
    environment |= {
        "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=django_settings.BASE_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: Worker.objects.filter(pid=process.pid).exists(), 60)
        yield log.read_text
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def test_an_outage_of_the_bucket_only_postpones_the_deletion(s3, worker, alice):
    tracks = [track_on(bucket(), ended_job(alice), noise(n), noise(n + 100)) for n in range(4)]
    kept = track_on(bucket(), ended_job(alice), noise(9))
    s3.stop()
    for track in tracks[:2]:
        jobs.delete_track(track=track)
    wait_until(lambda: "is still stored" in worker(), 60)
    time.sleep(6)  # long enough for a loop to show itself
    assert Track.objects.unpurged().count() == 2
    s3.start()
    for track in tracks[2:]:
        jobs.delete_track(track=track)
    wait_until(lambda: not Track.objects.unpurged().exists(), 90)
    assert {found.name for found in bucket().objects()} == {kept.storage_key}
    assert not Failure.objects.exists()
    lines = [line for line in worker().splitlines() if "tracks" in line or "track " in line]
    assert 1 <= len(lines) <= 6, lines
    assert all(
        re.search(r"WARNING .* is still stored, next try in \d+ s: .* cannot be reached", line)
        for line in lines
    )
    assert "Traceback" not in worker()
