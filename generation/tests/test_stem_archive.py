"""A track's stems and notes, made as other formats are: from an order to the bytes of the archive."""

import io
import re
import tempfile
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from generation.audio.decode import decode
from generation.audio.tagging.tags import Tags
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.stem_names import STEMS
from generation.composer.writing.compose import SCORE_VERSION, compose
from generation.engines.registry import get_engine
from generation.models import Track
from generation.storage import StorageError
from generation.tests.api_calls import finish
from generation.tracks import purging, renditions, stem_archive
from generation.tracks.scores import OutdatedScore
from generation.worker import tasks

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_is_enough]


@pytest.fixture
def track(settings, order) -> Track:
    """Five seconds of the built-in composer."""
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    return finish(order("lo-fi beat", duration=5.01, genre="lofi", bpm=84.0, key="D minor", title="Día: 1/2"))


def stored(file):
    with file.storage.open(file.storage_key) as content:
        return io.BytesIO(content.read())


def archive_of(track):
    return zipfile.ZipFile(stored(renditions.make_rendition(track.pk, "stems")))


def residual_db(found, wanted):
    return 10 * np.log10(np.mean(np.square(found - wanted)) / np.mean(np.square(wanted)))


def test_the_archive_has_five_stems_that_add_up_to_the_track_and_its_notes(track):
    assert track.score_version == SCORE_VERSION
    archive = archive_of(track)
    assert archive.testzip() is None
    assert archive.namelist() == [*(f"{stem}.flac" for stem in STEMS), "notes.mid"]
    stems = {}
    for stem in STEMS:
        with soundfile.SoundFile(archive.open(f"{stem}.flac")) as sound:
            assert (sound.subtype, sound.samplerate, sound.channels) == ("PCM_24", 48_000, 2)
            assert sound.title == f"Día: 1/2: {stem}"
            stems[stem] = sound.read(dtype="float32").T
    assert {samples.shape for samples in stems.values()} == {(2, round(5.01 * 48_000))}
    master = decode(stored(track)).samples
    # What is left is the rounding of the master to 16 bits.
    assert residual_db(sum(stems.values()), master) < -70
    silent = {stem for stem, samples in stems.items() if not samples.any()}
    assert len(silent) < 3
    assert all(
        residual_db(sum(stems.values()) - samples, master) > -60
        for stem, samples in stems.items()
        if stem not in silent
    )
    notes = mido.MidiFile(file=io.BytesIO(archive.read("notes.mid")))
    score = compose(read_prompt("lo-fi beat", duration=5.01, seed=7, genre="lofi", bpm=84.0, key="D minor"))
    assert abs(notes.length - 5.01) < 0.002
    struck = [message for line in notes.tracks for message in line if message.type == "note_on"]
    assert len(struck) == sum(len(part.notes) for part in score.parts)


def test_it_is_kept_as_a_rendition_and_goes_with_its_track(track):
    rendition = renditions.make_rendition(track.pk, "stems")
    assert rendition.format == "stems"
    assert re.fullmatch(rf"{track.key_prefix}/stems-[0-9a-f]{{12}}\.zip", rendition.storage_key)
    assert rendition.size == len(stored(rendition).getvalue())
    assert renditions.make_rendition(track.pk, "stems") == rendition
    track.discard()
    purging.purge(track.pk)
    assert not rendition.storage.exists(rendition.storage_key)


def test_equal_tracks_give_equal_archives(track):
    first, again = io.BytesIO(), io.BytesIO()
    for file in (first, again):
        stem_archive.write_stems(track, file, Tags(title="Rain"))
    assert first.getvalue() == again.getvalue()


def test_each_variation_has_its_own_stems(settings, order):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    job = order("ambient", duration=5.0, variations=2)
    finish(job)
    second = job.tracks.get(index=1)
    archive = archive_of(second)
    whole = sum(soundfile.read(archive.open(f"{stem}.flac"), dtype="float32")[0].T for stem in STEMS)
    assert residual_db(whole, decode(stored(second)).samples) < -70


def test_a_worker_of_another_version_makes_none_and_says_so(track, monkeypatch, caplog):
    monkeypatch.setattr(type(get_engine("composer")), "score_version", SCORE_VERSION + 1)
    with pytest.raises(OutdatedScore, match="has changed since"):
        renditions.make_rendition(track.pk, "stems")
    tasks.make_rendition(str(track.pk), "stems")
    assert "is not made into stems" in caplog.text
    assert not track.renditions.exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_full_disk_is_a_storage_error_and_nothing_is_stored(track, monkeypatch):
    real = tempfile.TemporaryFile
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    files = iter([real, lambda: full.open("r+b", buffering=0)])
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: next(files, real)())
    with pytest.raises(StorageError):
        renditions.make_rendition(track.pk, "stems")
    assert not track.renditions.exists()
