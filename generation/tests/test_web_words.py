"""How times, genres and engines are written."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from generation.composer.genre.titles import genre_title
from generation.models import Job
from generation.models.job_states import Stage, Status
from generation.templatetags.music import minus, spoken
from generation.web.words import engine_words, licence_note, waiting_words, working_words
from musicgen.durations import clock


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0:00"), (9.4, "0:09"), (59.6, "1:00"), ("30", "0:30"), (3725, "1:02:05")]
)
def test_a_time_is_written_like_a_clocks(seconds, written):
    assert clock(seconds) == written


def test_a_number_has_a_real_minus_sign():
    assert minus("-14.0") == "−14.0"
    assert minus("3") == "3"


def test_a_genre_is_written_as_people_do():
    assert genre_title("lofi") == "Lo-fi"
    assert genre_title("drum_and-bass") == "Drum and bass"


def test_an_engine_is_described_in_a_sentence_and_one_that_is_gone_by_its_name():
    assert engine_words("composer") == "Built-in composer: rule-based, no AI model"
    assert engine_words("gone") == "gone"


def test_a_model_is_described_with_its_licence(settings):
    settings.ENGINES = {
        "modal": {
            "BACKEND": "generation.engines.modal.ModalEngine",
            "OPTIONS": {"model": "musicgen-medium"},
        }
    }
    assert engine_words("modal") == (
        "MusicGen medium: an open AI model on a GPU, no longer recommended, licence CC BY-NC 4.0, "
        "not for commercial use"
    )
    assert licence_note("modal") == ""


def test_what_a_licence_asks_is_said_beside_it_and_the_name_that_it_wants_shown_is_the_models(settings):
    settings.ENGINES = {
        "modal": {
            "BACKEND": "generation.engines.modal.ModalEngine",
            "OPTIONS": {"model": "minimax-music-3"},
        }
    }
    assert engine_words("modal").startswith("MiniMax-Music3: ")
    assert "20 million US dollars" in licence_note("modal")
    job = Job(engine="modal", input={"prompt": "rain", "duration": 30})
    page = render_to_string("components/job_details.html", {"job": job})
    assert "MiniMax-Music3: an open AI model" in page
    assert licence_note("modal") in page


def test_no_licence_is_told_of_an_engine_that_is_gone():
    assert licence_note("gone") == licence_note("composer") == ""


@pytest.mark.parametrize(
    ("attempt", "position", "expected"),
    [(0, 1, "Next in line"), (0, 12, "Number 12 in line"), (1, 1, "Waiting to try again")],
)
def test_a_job_that_waits_shows_where_it_stands(attempt, position, expected):
    assert waiting_words(Job(attempt=attempt), position) == expected


@pytest.mark.parametrize(
    ("stage", "expected"),
    [("", "Starting"), *zip(Stage, ("Starting", "Generating", "Mastering", "Saving"), strict=True)],
)
def test_a_job_in_work_shows_what_is_being_done(stage, expected):
    assert working_words(Job(status=Status.PROCESSING, stage=stage)) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (30.2, "30 seconds"),
        (60, "1 minute"),
        (61, "1 minute 1 second"),
        (150, "2 minutes 30 seconds"),
    ],
)
def test_a_time_is_spoken_in_words(seconds, expected):
    assert spoken(seconds) == expected


def test_a_job_that_was_asked_to_end_says_that_it_stops():
    job = Job(status=Status.PROCESSING, stage=Stage.GENERATING, cancel_requested_at=timezone.now())
    assert working_words(job) == "Stopping"
