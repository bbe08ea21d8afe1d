"""However music is ordered: the request is checked once, the prompt is read once, and what it cannot have is said."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from generation import jobs
from generation.composer.reading.words import read_words
from generation.engines.composer import ComposerEngine
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.tests.api_calls import API, client_of
from generation.tests.counting import times_called

ORDER: dict[str, Any] = {
    "prompt": "rock with a bridge and an accordion",
    "duration": 6,
    "genre": "Rock",
    "key": "a minor",
}


@pytest.fixture(autouse=True)
def composer(settings) -> None:
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"


def by_form(alice) -> None:
    client = Client()
    client.force_login(alice)
    assert client.post("/", ORDER).status_code == 302


def by_api(alice) -> None:
    assert client_of(alice).post(f"{API}/jobs", ORDER).status_code == 202


def by_call(alice) -> None:
    jobs.submit(owner=alice, request=MusicRequest(**ORDER))


@pytest.mark.parametrize("order", [by_form, by_api, by_call])
@pytest.mark.parametrize("step", [ComposerEngine.normalize, MusicRequest.check, read_words])
def test_each_step_of_an_order_is_done_once(alice, order: Callable[..., None], step: Callable[..., object]):
    assert times_called(step, lambda: order(alice)) == 1
    job = Job.objects.get()
    assert (job.request.genre, job.request.key) == ("rock", "A minor")
    assert [notice for notice in job.notices if "no room for a bridge" in notice]
    assert [notice for notice in job.notices if "accordion" in notice]


def test_ordering_again_checks_once_and_reads_nothing(alice):
    job = jobs.submit(owner=alice, request=MusicRequest(**ORDER))
    job.cancel()
    assert times_called(MusicRequest.check, lambda: jobs.retry(job=job)) == 1
    assert times_called(read_words, lambda: jobs.retry(job=job)) == 0
    again = Job.objects.latest("created_at")
    assert (again.input, again.genre, again.notices, again.reasons) == (
        job.input,
        job.genre,
        job.notices,
        job.reasons,
    )


def test_a_genre_that_has_another_name_by_now_is_ordered_again_under_that_name(alice):
    job = jobs.submit(owner=alice, request=MusicRequest("rain", 6, genre="lofi"))
    job.cancel()
    Job.objects.update(genre="Chillhop", input=job.input | {"genre": "Chillhop"})
    again = jobs.retry(job=Job.objects.get())
    assert (again.genre, again.request.genre) == ("lofi", "lofi")
