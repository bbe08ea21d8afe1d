"""What `migrate_audio` refuses and how it ends; between two folders. (With a bucket: test_migrate_audio.)"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from generation.models import Track
from generation.storage import storage_of
from generation.tests.audio_places import ended_job, noise, track_on
from generation.tracks import moving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_folder(settings, tmp_path) -> None:
    """A folder in the place of the bucket."""
    backend = "generation.tests.test_moving.OtherFolder"
    other = {"BACKEND": backend, "OPTIONS": {"location": tmp_path / "other"}}
    settings.STORAGES = {**settings.STORAGES, "s3": other}


@pytest.fixture
def tracks(other_folder, alice) -> list[Track]:
    """Two tracks on local files."""
    return [track_on(storage_of("local"), ended_job(alice), noise(n)) for n in range(2)]


def migrate(*arguments: str) -> str:
    out = StringIO()
    call_command("migrate_audio", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_a_file_that_comes_to_lie_elsewhere_during_the_run_is_reported(tracks, alice, monkeypatch):
    move = moving.move_with_retries

    def beside_a_worker(file, *arguments, **options):
        if file == tracks[0]:
            track_on(storage_of("local"), ended_job(alice), noise(7))
        return move(file, *arguments, **options)

    monkeypatch.setattr(moving, "kept_files", lambda **_: iter(tracks))
    monkeypatch.setattr(moving, "move_with_retries", beside_a_worker)
    with pytest.raises(CommandError, match=r"1 file \(0.0 MB\) came to lie elsewhere meanwhile"):
        migrate("--to", "s3", "--workers", "1")


def test_a_run_that_is_stopped_says_that_it_can_go_on(other_folder, db, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, "amount_to_move", stopped)
    with pytest.raises(CommandError, match="run this again to go on"):
        migrate("--to", "s3")


@pytest.mark.parametrize("number", ["0", "33", "-1", "few"])
def test_the_number_of_workers_is_bounded(number):
    with pytest.raises(CommandError, match="is not a number from 1 to 32"):
        migrate(f"--workers={number}")


def test_one_file_is_said_as_one(other_folder, alice):
    track_on(storage_of("local"), ended_job(alice), noise(1))
    assert "Moved 1 file (0.0 MB) to the bucket." in migrate("--to", "s3", "--workers", "32")
