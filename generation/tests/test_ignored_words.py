"""“Not what I meant”: an order may name words of its prompt that are not to be read as what they say."""

import pytest

from generation import jobs
from generation.models import Job
from generation.tests.api_calls import API, client_of, problem, wrong_fields
from generation.tests.web_pages import text_of
from generation.tests.working import run

JOBS = f"{API}/jobs"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def composer(settings) -> None:
    settings.ENGINES = {
        "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
        "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"},
    }
    settings.GENERATION_ENGINE = "composer"


@pytest.fixture
def client(alice):
    return client_of(alice)


def test_what_was_read_is_told_as_data(client):
    shown = client.post(JOBS, {"prompt": "Rainy house", "duration": 5}).json()
    assert shown["input"]["genre"] == "house"
    assert shown["readings"] == [
        {"words": "house", "meaning": "House"},
        {"words": "Rainy", "meaning": "calmer, darker"},
    ]
    assert shown["reasons"] == ["'house' → House", "'rainy' → calmer, darker"]
    assert client.get(f"{JOBS}/{shown['id']}").json()["readings"] == shown["readings"]
    assert client.get(JOBS).json()["results"][0]["readings"] == shown["readings"]


def test_what_was_not_meant_so_is_taken_back_and_the_prompt_stays(client):
    order = {"prompt": "Rainy house", "duration": 5, "seed": 1, "ignored_words": ["house"]}
    shown = client.post(JOBS, order).json()
    assert shown["input"]["ignored_words"] == ["house"]
    assert [reading["words"] for reading in shown["readings"]] == ["Rainy"]
    job = run(Job.objects.get())
    track = job.tracks.get()
    assert (track.title, track.prompt) == ("Rainy house", "Rainy house")
    plain = Job.objects.get(
        pk=client.post(JOBS, order | {"prompt": "Rainy", "ignored_words": []}).json()["id"]
    )
    assert (track.genre, track.bpm, track.key) == (plain.genre, plain.request.bpm, plain.request.key)
    assert job.asked["ignored_words"] == ["house"]


def test_ordering_the_same_again_takes_them_back_again(client, order):
    job = order("rainy house", duration=5.0, ignored_words=("rainy",))
    job.cancel()
    again = jobs.retry(job=job)
    assert (again.input, again.readings, again.asked) == (job.input, job.readings, job.asked)
    assert again.request.ignored_words == ("rainy",)


def test_an_engine_that_takes_the_prompt_as_it_stands_says_so(client):
    order = {"prompt": "rainy house", "engine": "scripted", "ignored_words": ["house"]}
    refused = problem(client.post(JOBS, order), 400, "invalid_request")
    assert refused["errors"] == [
        {
            "field": "ignored_words",
            "code": "unsupported",
            "message": "Scripted engine takes the prompt as it stands: change the words that are to be ignored.",
        }
    ]
    engines = client.get(f"{API}/engines").json()["results"]
    assert {each["name"]: "ignored_words" in each["fields"] for each in engines} == {
        "composer": True,
        "scripted": False,
    }


@pytest.mark.parametrize("words", ["house", [7], [None], [["house"]], {"house": 1}, [" "], ["a\0b"]])
def test_what_is_no_list_of_words_is_refused(client, words):
    assert "ignored_words" in wrong_fields(client.post(JOBS, {"prompt": "rain", "ignored_words": words}))
    assert not Job.objects.exists()


def test_a_job_from_before_readings_were_kept_has_none(client, order):
    job = order("rainy house", duration=5.0)
    Job.objects.update(readings=[], resolved_fields=None, input={"prompt": "rainy house", "duration": 5.0})
    shown = client.get(f"{JOBS}/{job.pk}").json()
    assert (shown["readings"], shown["input"]["ignored_words"]) == ([], [])
    assert shown["reasons"]


def test_a_page_shows_what_was_read_as_chips_that_lead_to_an_order_without_it(alices, order):
    job = order("Rainy house, no drums & bass", duration=5.0, seed=None, ignored_words=("rainy",))
    page = alices.get(f"/jobs/{job.pk}/").content.decode()
    assert "<q>house</q>" in page
    assert f'href="/?job={job.pk}&amp;ignore=no%20drums%20%26%20bass"' in page
    assert page.count("Not what I meant by") == 2
    details = page[page.index("How the prompt was read") :].split("</details>")[0]
    assert "→" not in details
    assert "Taken back:\n        <q>rainy</q>" in details
    track = run(job).tracks.get()
    assert f'href="/?job={job.pk}&amp;ignore=house"' in alices.get(f"/tracks/{track.pk}/").content.decode()


def test_words_too_long_to_be_ignored_have_no_such_link(alices, order):
    words = "no piano, guitar, strings, violin, cello, flute, oboe, clarinet, trumpet, horns or choir"
    page = alices.get(f"/jobs/{order(f'house, {words}', duration=5.0).pk}/").content.decode()
    assert f"<q>{words}</q>" in page
    assert page.count("Not what I meant by") == 1


def test_a_page_tells_what_was_asked_from_what_was_read(alices, order):
    job = order("sad house", duration=5.0, seed=None, key="A minor")
    page = text_of(alices.get(f"/jobs/{job.pk}/"))
    asked = page[page.index("What was asked for") : page.index("How the prompt was read")]
    assert "Key A minor" in asked
    assert not any(name in asked for name in ("Genre", "Tempo", "Seed"))
    track = run(job).tracks.get()
    page = text_of(alices.get(f"/tracks/{track.pk}/"))
    made = page[page.index("How it was made") : page.index("How the prompt was read")]
    assert "asked for" not in made, "what was asked for came out so, and is said once"


def test_the_page_of_an_old_job_has_its_reasons_as_sentences(alices, order):
    job = order("sad house", duration=5.0)
    Job.objects.update(readings=[])
    page = alices.get(f"/jobs/{job.pk}/").content.decode()
    assert "<li>&#x27;house&#x27; → House</li>" in page
    assert "Not what I meant" not in page
