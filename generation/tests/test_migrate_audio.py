"""Moving audio between local files and a real bucket, and playing it before, between and after."""

from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from django.core.management import CommandError, call_command

from generation import jobs
from generation.models import Rendition, Track
from generation.storage import LocalAudioStorage, StorageError, storage_of
from generation.tests.api_calls import client_of, finish
from generation.tests.audio_places import (
    assert_all_play,
    bucket,
    bucket_settings,
    ended_job,
    heard,
    migrate,
    named_by_rows,
    noise,
    stored_names,
    track_on,
)
from generation.tracks import kept_files, moving, renditions
from musicgen.backoff import Backoff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_is_enough]


def test_old_tracks_play_from_local_files_and_new_ones_from_the_bucket(
    scripted, order, alices, alice, settings, s3_server
):
    old = finish(order())
    renditions.make_rendition(old.pk, "mp3")
    s3 = bucket_settings(s3_server)
    settings.STORAGES = {**settings.STORAGES, "s3": s3, "audio": s3}
    new = finish(order())
    renditions.make_rendition(old.pk, "flac")
    api = client_of(alice)
    places = {
        (track, made): urlsplit(api.get(f"/api/v1/tracks/{track.pk}/audio?format={made}")["Location"])
        for track, made in ((old, "wav"), (old, "mp3"), (old, "flac"), (new, "wav"))
    }
    assert places[old, "wav"].path.startswith("/files/tracks/")
    assert places[old, "mp3"].path.startswith("/files/tracks/")
    assert places[old, "flac"].netloc == places[new, "wav"].netloc == urlsplit(s3_server.endpoint).netloc
    assert heard(alices, old)[:4] == heard(alices, new)[:4] == b"RIFF"
    assert_all_play(alices)


@pytest.mark.parametrize(("source", "target"), [("local", "s3"), ("s3", "local")])
def test_everything_moves_plays_and_is_nowhere_else(with_bucket, alice, alices, source, target):
    for n in range(6):
        track_on(storage_of(source), ended_job(alice), noise(n), noise(n + 100))
    assert "Moved 12 files (0.2 MB)" in migrate("--to", target)
    assert {file.storage_type for file in [*Track.objects.all(), *Rendition.objects.all()]} == {target}
    assert stored_names() == named_by_rows()
    assert stored_names()[source] == set()
    assert_all_play(alices)


def test_a_link_to_a_local_file_leads_to_the_bucket_after_the_move(six_tracks, alices):
    """A player seeks in the middle of a track that is moved meanwhile."""
    link, download = (
        alices.get(f"/tracks/{six_tracks[1].pk}/audio?format={made}")["Location"]
        for made in ("mp3", "wav&download=1")
    )
    migrate("--to", "s3")
    answer = alices.get(link, headers={"range": "bytes=100-199"})
    assert (answer.status_code, answer["Cache-Control"]) == (302, "no-store")
    with urlopen(Request(answer["Location"], headers={"Range": "bytes=100-199"}), timeout=10) as audio:
        assert audio.read() == noise(101)[100:200]
    with urlopen(alices.get(download)["Location"], timeout=10) as audio:
        assert "Rain.wav" in audio.headers["Content-Disposition"]
    jobs.delete_track(track=six_tracks[1])
    assert alices.get(link).status_code == 404
    assert alices.get(link[:-1]).status_code == 403


def test_a_master_that_was_moved_is_made_into_other_formats_all_the_same(
    scripted, order, with_bucket, monkeypatch
):
    """The worker has read the row, and then the master is moved."""
    track = finish(order())
    opened = LocalAudioStorage._open

    def moved_away(self, name, mode="rb"):
        monkeypatch.setattr(LocalAudioStorage, "_open", opened)
        moving.move(Track.objects.get(pk=track.pk), bucket())
        return opened(self, name, mode)

    monkeypatch.setattr(LocalAudioStorage, "_open", moved_away)
    assert renditions.make_rendition(track.pk, "mp3") is not None
    assert stored_names() == named_by_rows()


def test_there_and_back_again(six_tracks, alices):
    for target in ("s3", "local", "s3", "local"):
        migrate("--to", target)
        assert stored_names() == named_by_rows()
    assert_all_play(alices)


def test_without_a_target_it_goes_where_new_audio_goes(six_tracks, settings):
    assert "Moved 0 files" in migrate()
    settings.STORAGES = {**settings.STORAGES, "audio": settings.STORAGES["s3"]}
    assert "Moved 9 files (0.2 MB) to the bucket." in migrate()


def test_a_dry_run_says_what_would_move_and_moves_nothing(six_tracks):
    before = stored_names()
    assert migrate("--to", "s3", "--dry-run") == "9 files (0.2 MB) would move to the bucket.\n"
    assert stored_names() == before == named_by_rows()


def test_sources_may_be_kept_and_go_with_the_next_run(six_tracks, alices):
    migrate("--to", "s3", "--keep-source")
    assert len(stored_names()["local"]) == len(stored_names()["s3"]) == 9
    assert_all_play(alices)
    assert "Deleted 9 files" in migrate("--to", "s3")
    assert stored_names() == named_by_rows()
    assert_all_play(alices)


def test_what_is_missing_or_damaged_is_reported_and_left(six_tracks, alices):
    storage_of("local").delete(six_tracks[0].storage_key)
    storage_of("local").delete(six_tracks[1].renditions.get().storage_key)
    damaged = Path(storage_of("local").path(six_tracks[2].storage_key))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    out = StringIO()
    with pytest.raises(CommandError, match="Not moved: 3"):
        call_command("migrate_audio", "--to", "s3", stdout=out, stderr=out)
    assert f"Track {six_tracks[0].pk} was not moved: its file is missing." in out.getvalue()
    assert f"Track {six_tracks[1].pk} (mp3) was not moved: its file is missing." in out.getvalue()
    assert f"Track {six_tracks[2].pk} was not moved: its file is damaged" in out.getvalue()
    assert "Moved 6 files" in out.getvalue()
    assert damaged.exists()
    assert Track.objects.get(pk=six_tracks[2].pk).storage_type == "local"
    assert len(stored_names()["s3"]) == 6


def test_nothing_is_deleted_before_the_copy_is_whole(six_tracks, monkeypatch):
    """A bucket that keeps something else than it was sent costs no track."""
    monkeypatch.setattr(kept_files, "ATTEMPTS", 1)
    monkeypatch.setattr(type(bucket()), "_save", lambda self, name, content: name)
    before = stored_names()
    with pytest.raises(CommandError, match="What was not moved is where it was"):
        migrate("--to", "s3")
    assert stored_names() == before == named_by_rows()


def test_a_bucket_that_is_away_stops_the_run_with_its_sentence(six_tracks, settings, monkeypatch):
    monkeypatch.setattr(kept_files, "ATTEMPTS", 1)
    away = {**settings.STORAGES["s3"]["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = {**settings.STORAGES, "s3": {**settings.STORAGES["s3"], "OPTIONS": away}}
    with pytest.raises(CommandError, match="cannot be reached"):
        migrate("--to", "s3")
    assert {track.storage_type for track in Track.objects.all()} == {"local"}


def test_a_passing_failure_is_tried_again(six_tracks, monkeypatch, alices):
    monkeypatch.setattr(kept_files, "BACKOFF", Backoff(first=0.01, factor=1, longest=0.01))
    failures = [StorageError("busy", "Too busy.", retryable=True)] * 2
    save = type(bucket())._save

    def failing(self, name, content):
        if failures:
            raise failures.pop()
        return save(self, name, content)

    monkeypatch.setattr(type(bucket()), "_save", failing)
    assert "Moved 9 files" in migrate("--to", "s3", "--workers", "1")
    assert_all_play(alices)


def test_a_target_that_is_not_configured_is_reported(db):
    with pytest.raises(CommandError, match="Set STORAGE_BUCKET_NAME"):
        migrate("--to", "s3")


def test_tracks_in_a_bucket_that_is_configured_no_more_are_reported(six_tracks, settings):
    migrate("--to", "s3")
    settings.STORAGES = {name: value for name, value in settings.STORAGES.items() if name != "s3"}
    for arguments in (["--to", "local"], ["--to", "local", "--dry-run"]):
        with pytest.raises(CommandError, match="Set STORAGE_BUCKET_NAME"):
            migrate(*arguments)
