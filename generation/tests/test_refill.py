"""What the form is filled with: an earlier order asked for again, in full and by its owner alone."""

from typing import Any

import pytest

from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.tests.test_order_form import engines
from generation.tests.web_pages import text_of
from generation.web.refill import NO_SUCH_ORDER

__all__ = ["engines"]
pytestmark = pytest.mark.django_db


def form_for(client, job: Job, query: str = ""):
    return client.get(f"/?job={job.pk}{query}").context["form"]


def ordered(owner, engine: str = "composer", **fields) -> Job:
    asked: dict[str, Any] = {"prompt": "rain", "duration": 30} | fields
    return jobs.submit(owner=owner, engine=engine, request=MusicRequest(**asked))


def test_all_that_was_asked_for_is_asked_for_again(alices, alice):
    asked = {
        "prompt": "slow rain",
        "genre": "jazz",
        "bpm": 71.5,
        "key": "Eb minor",
        "time_signature": "5/4",
        "title": "Night",
        "variations": 3,
    }
    form = form_for(alices, ordered(alice, duration=61, **asked))
    assert {name: form[name].value() for name in asked} == asked
    assert (form.chosen_duration, form["seconds"].value(), form.alias) == ("custom", "61", "composer")
    assert form.is_filled


def test_what_only_some_engines_take_comes_back_with_its_engine(alices, alice):
    sung = ordered(alice, "song", lyrics="la la", instrumental=False, takes=4)
    form = form_for(alices, sung)
    assert (form.alias, form["lyrics"].value(), form["instrumental"].value()) == ("song", "la la", "no")
    assert form["takes"].value() == 4
    assert form_for(alices, ordered(alice, "song", instrumental=True))["instrumental"].value() == "yes"


def test_what_was_left_open_stays_open_and_a_seed_that_was_typed_stays(alices, alice):
    form = form_for(alices, ordered(alice, prompt="techno at midnight"))
    assert not any(form[name].value() for name in ("genre", "bpm", "key", "time_signature", "title", "seed"))
    assert form_for(alices, ordered(alice, seed=7))["seed"].value() == 7


def test_a_tempo_is_asked_for_again_as_it_was_typed(alices, alice):
    job = ordered(alice, bpm=88.0)
    assert 'value="88"' in str(form_for(alices, job)["bpm"])


def test_what_else_the_address_asks_for_stands_above_the_order(alices, alice):
    form = form_for(alices, ordered(alice, genre="jazz"), "&genre=lofi")
    assert (form["prompt"].value(), form["genre"].value()) == ("rain", "lofi")


def test_words_that_were_not_meant_are_taken_back_and_can_be_read_again(alices, alice):
    job = ordered(alice, prompt="techno at midnight, rainy", ignored_words=("rainy",))
    page = alices.get(f"/?job={job.pk}&ignore=techno&ignore=rainy")
    assert page.context["form"].taken_back == ["rainy", "techno"]
    assert '<input type="checkbox" name="ignored_words" value="techno" checked>' in page.text
    order = {"prompt": "techno at midnight, rainy", "duration": "30"}
    alices.post("/", order | {"ignored_words": ["techno", "rainy"]})
    assert Job.objects.first().request.ignored_words == ("techno", "rainy")
    assert form_for(alices, Job.objects.first()).taken_back == ["techno", "rainy"]
    alices.post("/", order)
    assert Job.objects.first().request.ignored_words == ()


def test_words_taken_back_wait_while_an_engine_is_chosen_that_reads_none(alices):
    asked = {"prompt": "techno", "engine": "song", "ignored_words": ["techno", "at night"]}
    form = alices.post("/form", asked).context["form"]
    assert (form.taken_back, form.kept) == (
        [],
        [("kept_ignored_words", "techno"), ("kept_ignored_words", "at night")],
    )
    back = {"prompt": "techno", "engine": "composer", "kept_ignored_words": ["techno", "at night"]}
    assert alices.post("/form", back).context["form"].taken_back == ["techno", "at night"]


def test_an_engine_that_is_gone_leaves_the_choice_to_the_site(alices, alice):
    job = ordered(alice)
    Job.objects.filter(pk=job.pk).update(engine="orchestra")
    form = form_for(alices, job)
    assert (form["prompt"].value(), form.alias) == ("rain", "composer")


@pytest.mark.parametrize("wanted", ["nonsense", "00000000-0000-4000-8000-000000000000", "bobs"])
def test_an_order_that_is_not_there_or_another_users_leaves_the_form_empty_and_says_so(alices, bob, wanted):
    theirs = ordered(bob, prompt="a secret of bob")
    page = alices.get(f"/?job={theirs.pk if wanted == 'bobs' else wanted}")
    assert page.status_code == 200
    assert NO_SUCH_ORDER in text_of(page)
    assert not page.context["form"]["prompt"].value()
    assert "secret" not in page.text
