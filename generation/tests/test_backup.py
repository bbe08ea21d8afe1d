"""Backups: taken while the site is in use, brought back into an empty one, whose tracks all play and are there once."""

import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from generation.backups import layout
from generation.models import Archive, Job, Rendition, Track
from generation.storage import storage_of
from generation.tests.audio_places import bucket_variables, ended_job, noise, track_on
from generation.tests.test_worker_process import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.on_both]


def backup(folder, *options: str) -> str:
    said = StringIO()
    call_command("backup", str(folder), *options, stdout=said, stderr=said)
    return said.getvalue()


@pytest.fixture
def empty_url(tmp_path) -> Iterator[str]:
    """A database in which nothing is, of the kind of this test's."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.sqlite3'}"
        return
    name = f"restored_{uuid.uuid4().hex}"
    with psycopg.connect(database_url(), autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(database_url())._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def elsewhere(url: str, tmp_path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A command on the machine to which a backup is brought back."""
    environment = os.environ | {
        "DATABASE_URL": url,
        "VAR_DIR": str(tmp_path / "other"),
        "SECRET_KEY": django_settings.SECRET_KEY,
        **variables,
    }
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_an_empty_site_gets_all_of_it_back_in_another_kind_of_storage(alice, tmp_path, empty_url, s3_server):
    tracks = [track_on(storage_of("local"), ended_job(alice), noise(n), noise(n + 50)) for n in range(3)]
    Archive.objects.create(owner=alice, kind="tracks", track_ids=[], name="archives/x.zip")
    said = backup(tmp_path / "backups")
    assert "Audio: copied 6 files" in said
    gone = tracks.pop()
    gone.discard()  # after the backup: what is brought back has it still
    variables = bucket_variables(s3_server)
    done = elsewhere(empty_url, tmp_path, "restore", str(tmp_path / "backups"), **variables)
    assert done.returncode == 0, done.stderr
    assert "Audio: stored 6 files" in done.stdout
    rows = rows_in(empty_url, "SELECT id, storage_type, audio, checksum FROM generation_track ORDER BY audio")
    assert len(rows) == 3
    assert {row[1] for row in rows} == {"s3"}
    assert {row[2:] for row in rows} == {(str(t.audio), t.checksum) for t in [*tracks, gone]}
    # Everything that rows name is there, and nothing else: no zip, nothing twice.
    pruned = elsewhere(empty_url, tmp_path, "prune_audio", **variables)
    assert (pruned.returncode, "0 missing" in pruned.stdout) == (0, True), pruned.stdout + pruned.stderr
    with pytest.raises(CommandError, match="The database is not empty"):
        call_command("restore", str(tmp_path / "backups"))


def test_a_second_backup_copies_what_is_new_and_keeps_what_was_deleted(alice, tmp_path):
    kept_in = tmp_path / "backups"
    track = track_on(storage_of("local"), ended_job(alice), noise(1))
    assert "copied 1 files" in backup(kept_in)
    track.discard()
    track_on(storage_of("local"), ended_job(alice), noise(2))
    assert "copied 1 files" in backup(kept_in, "--keep", "1")
    assert len(list(layout.audio_keys(kept_in))) == 2
    assert len(layout.databases(kept_in)) == 1
    assert "deleted 1 copies" in backup(kept_in, "--forget-deleted")
    assert len(list(layout.audio_keys(kept_in))) == 1


def test_no_backup_lies_among_the_audio_of_the_site(settings):
    for folder in (settings.AUDIO_ROOT, settings.AUDIO_ROOT.parent, settings.AUDIO_ROOT / "tracks"):
        with pytest.raises(CommandError, match="where the site itself keeps its audio"):
            backup(folder)


def test_what_cannot_be_copied_is_named_and_all_else_is(alice, tmp_path):
    damaged, whole = (track_on(storage_of("local"), ended_job(alice), noise(n)) for n in (1, 2))
    storage_of("local").delete(damaged.storage_key)
    with pytest.raises(CommandError, match="Not copied: 1 files"):
        backup(tmp_path / "backups")
    assert list(layout.audio_keys(tmp_path / "backups")) == [whole.storage_key]


def test_a_copy_that_was_never_finished_is_not_taken(alice, tmp_path):
    with pytest.raises(CommandError, match="has no finished backup"):
        call_command("restore", str(tmp_path))
    (tmp_path / "database-20260101T000000Z").mkdir()
    with pytest.raises(CommandError, match=r"has no manifest\.json"):
        call_command("restore", str(tmp_path), "--database", "database-20260101T000000Z")
    assert Job.objects.count() == Track.objects.count() == Rendition.objects.count() == 0


def rows_in(url: str, query: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///")).execute(query).fetchall()
    with psycopg.connect(url) as database:
        return database.execute(query).fetchall()
