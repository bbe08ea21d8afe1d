"""The score of a track by the API: sections, chords and notes in seconds."""

import gzip
import io
import json

import mido
import pytest
from rest_framework.test import APIClient

from generation.composer.writing.compose import SCORE_VERSION
from generation.models import Job, Track
from generation.tests.api_calls import API, client_of, problem, stored_track

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(settings, order) -> Track:
    """The row of a track by the built-in composer."""
    settings.ENGINES = {
        "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
        "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"},
    }
    settings.GENERATION_ENGINE = "composer"
    fixed = {"key": "A minor", "bpm": 70.0, "time_signature": "4/4"}
    job = order("quiet piano", duration=20.0, genre="ambient", **fixed)
    return stored_track(job, duration=20.0, score_version=SCORE_VERSION)


@pytest.fixture
def reader(alice) -> APIClient:
    return client_of(alice, "read")


def test_it_tells_what_is_played_when(reader, track):
    answer = reader.get(f"{API}/tracks/{track.pk}/score")
    assert answer.status_code == 200
    score = answer.json()
    assert (score["duration"], score["bpm"], score["key"]) == (20.0, 70.0, "A minor")
    assert score["time_signature"] == "4/4"
    assert score["bars"][:2] == [0.0, 3.429]
    for name in ("sections", "chords"):
        assert (score[name][0]["start"], score[name][-1]["end"]) == (0.0, 20.0)
    assert score["chords"][0]["name"].startswith("Am")
    midi = mido.MidiFile(file=io.BytesIO(reader.get(f"{API}/tracks/{track.pk}/midi").content))
    assert [len(part["notes"]["start"]) for part in score["parts"]] == [
        sum(message.type == "note_on" for message in line) for line in midi.tracks[1:]
    ]
    for part in score["parts"]:
        columns = part["notes"].values()
        assert len({len(column) for column in columns}) == 1
        assert part["notes"]["start"] == sorted(part["notes"]["start"])
    assert (
        reader.get(f"{API}/tracks/{track.pk}").json()["urls"]["score"].endswith(f"/tracks/{track.pk}/score")
    )


@pytest.mark.parametrize(("signature", "bar"), [("3/4", 2.571), ("6/8", 1.714), ("5/4", 4.286)])
def test_its_bars_are_as_long_as_its_time_signature_says(reader, track, order, signature, bar):
    job = order("quiet piano", duration=20.0, genre="ambient", bpm=70.0, time_signature=signature)
    track = stored_track(job, duration=20.0, score_version=SCORE_VERSION)
    score = reader.get(f"{API}/tracks/{track.pk}/score").json()
    assert (score["time_signature"], score["bars"][:2]) == (signature, [0.0, bar])


def test_of_a_track_it_is_in_the_metre_that_the_track_is_in(reader, track):
    drawn = track.job.input | {"time_signature": None}
    Job.objects.update(input=drawn)
    Track.objects.update(time_signature="5/4")
    assert reader.get(f"{API}/tracks/{track.pk}/score").json()["time_signature"] == "5/4"


def test_it_is_packed_and_sent_once(reader, track):
    answer = reader.get(f"{API}/tracks/{track.pk}/score", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.content))["duration"] == 20.0
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    again = reader.get(f"{API}/tracks/{track.pk}/score", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_for_anyone_else_it_is_not_there(bob, track):
    problem(client_of(bob).get(f"{API}/tracks/{track.pk}/score"), 404, "not_found")
    problem(APIClient().get(f"{API}/tracks/{track.pk}/score"), 401, "not_authenticated")


def test_a_track_without_a_score_has_none_and_says_why(reader, track, settings, order):
    Track.objects.filter(pk=track.pk).update(score_version=SCORE_VERSION + 1)
    problem(reader.get(f"{API}/tracks/{track.pk}/score"), 410, "score_outdated")
    settings.GENERATION_ENGINE = "scripted"
    played = stored_track(order())
    problem(reader.get(f"{API}/tracks/{played.pk}/score"), 409, "no_score")
    assert reader.get(f"{API}/tracks/{played.pk}").json()["urls"]["score"] is None
