"""The stems for the mixer: pieces that join without a seam and add up to the track, and who hears where they are."""

import io
import json

import numpy as np
import pytest
import soundfile
from django_q.models import OrmQ

from generation.audio.decode import decode
from generation.composer.sound.stem_names import STEMS
from generation.composer.writing.compose import SCORE_VERSION
from generation.models import Track
from generation.tests.api_calls import API, client_of, finish, stored_track, wrong_fields
from generation.tracks import mixer_file, purging, renditions

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_is_enough]


@pytest.fixture
def composer(settings) -> None:
    settings.ENGINES = {
        "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
        "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"},
    }
    settings.GENERATION_ENGINE = "composer"


@pytest.fixture
def track(composer, order) -> Track:
    """Five seconds of the built-in composer, which are two whole pieces and a part of one."""
    return finish(order("lo-fi beat without bass", duration=5.01, genre="lofi"))


@pytest.fixture
def row(composer, order) -> Track:
    """The row of a track that nobody has to make."""
    return stored_track(order("lo-fi beat", duration=5.0), duration=5.0, score_version=SCORE_VERSION)


def stored(file) -> bytes:
    with file.storage.open(file.storage_key) as content:
        data: bytes = content.read()
    return data


def opened(data: bytes):
    """The index of a mixer's file, and what each stem plays, its pieces one after the other."""
    end = 4 + int.from_bytes(data[:4], "little")
    index, at = json.loads(data[4:end]), end
    pieces: dict[str, list[np.ndarray]] = {stem: [] for stem in index["stems"]}
    left = index["frames"]
    for sizes in index["sizes"]:
        frames = min(left, index["piece_frames"])
        left -= frames
        for stem, size in zip(index["stems"], sizes, strict=True):
            part = io.BytesIO(data[at : at + size])
            at += size
            samples = soundfile.read(part, dtype="float32")[0] if size else np.zeros((frames, 2), np.float32)
            assert len(samples) == frames
            pieces[stem].append(samples.T)
    assert (left, at) == (0, len(data))
    return index, {stem: np.concatenate(parts, axis=1) for stem, parts in pieces.items()}


def residual_db(found, wanted) -> float:
    return float(10 * np.log10(np.mean(np.square(found - wanted)) / np.mean(np.square(wanted))))


def test_its_pieces_add_up_to_the_track(track):
    index, stems = opened(stored(renditions.make_rendition(track.pk, "mixer")))
    assert tuple(index["stems"]) == STEMS
    assert (index["sample_rate"], index["channels"], len(index["sizes"])) == (48_000, 2, 3)
    master = decode(io.BytesIO(stored(track))).samples
    # What is left is rounding to 16 bits, five times and once.
    assert residual_db(sum(stems.values()), master) < -65
    assert not stems["bass"].any()
    assert all(sizes[STEMS.index("bass")] == 0 for sizes in index["sizes"])
    assert residual_db(sum(stems.values()) - stems["drums"], master) > -40


def test_it_is_made_from_the_archive_of_the_stems_where_there_is_one(track, monkeypatch):
    played = stored(renditions.make_rendition(track.pk, "mixer"))
    track.renditions.all().delete()
    renditions.make_rendition(track.pk, "stems")
    monkeypatch.setattr(mixer_file, "mastered_stems", lambda track: pytest.fail("it is played anew"))
    Track.objects.filter(pk=track.pk).update(score_version=SCORE_VERSION + 1)
    _, kept = opened(stored(renditions.make_rendition(track.pk, "mixer")))
    _, anew = opened(played)
    assert all(np.abs(kept[stem] - anew[stem]).max() < 2 / 32768 for stem in STEMS)


def test_it_is_kept_beside_the_track_and_goes_with_it(track):
    rendition = renditions.make_rendition(track.pk, "mixer")
    assert rendition.storage_key.endswith(".mixer")
    assert renditions.make_rendition(track.pk, "mixer") == rendition
    track.discard()
    purging.purge(track.pk)
    assert not rendition.storage.exists(rendition.storage_key)


def test_the_page_is_told_where_it_is_and_asks_for_it_once(alices, row):
    OrmQ.objects.all().delete()
    row.job.generate_seconds = 4.0
    row.job.save(update_fields=["generate_seconds"])
    for _ in range(2):
        answer = alices.get(f"/tracks/{row.pk}/mixer")
        assert (answer.status_code, answer.json(), answer["Retry-After"]) == (202, {"seconds": 10}, "2")
    assert [message.task["args"] for message in OrmQ.objects.all()] == [(str(row.pk), "mixer")]
    row.renditions.create(
        format="mixer", audio=f"{row.key_prefix}/stems.mixer", storage_type="local", size=7, checksum="c" * 64
    )
    answer = alices.get(f"/tracks/{row.pk}/mixer")
    assert (answer.status_code, answer.json()["size"]) == (200, 7)
    assert answer.json()["url"].startswith(f"/files/{row.key_prefix}/stems.mixer?")
    assert "no-store" in answer["Cache-Control"]


def test_where_there_are_no_stems_it_says_why(alices, row, settings, order):
    Track.objects.filter(pk=row.pk).update(score_version=SCORE_VERSION + 1)
    answer = alices.get(f"/tracks/{row.pk}/mixer")
    assert answer.status_code == 410
    assert "has changed since it made this track" in answer.json()["detail"]
    settings.GENERATION_ENGINE = "scripted"
    answer = alices.get(f"/tracks/{stored_track(order()).pk}/mixer")
    assert answer.status_code == 409
    assert "writes no score" in answer.json()["detail"]


def test_it_is_nobody_elses_and_no_download(client, alice, bob, row):
    client.force_login(bob)
    assert client.get(f"/tracks/{row.pk}/mixer").status_code == 404
    client.force_login(alice)
    assert client.get(f"/tracks/{row.pk}/audio?format=mixer").status_code == 404
    refused = client_of(alice).get(f"{API}/tracks/{row.pk}/audio?format=mixer")
    assert wrong_fields(refused) == {"format": "unknown"}
