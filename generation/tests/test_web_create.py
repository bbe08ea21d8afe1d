"""The home page: ordering music, and what was ordered last."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Track, Worker
from generation.models.job_states import Status
from generation.tests.api_calls import finish, stored_track
from generation.tests.web_pages import error_at, text_of
from generation.web.views import create
from generation.web.views.create import RECENT

HTMX = {"HX-Request": "true"}
ORDER = {"prompt": "rainy night", "duration": "30", "variations": "1"}


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def test_a_visitor_becomes_a_guest_by_ordering_and_not_by_looking(client):
    client.get("/")
    assert not User.objects.exists()
    response = client.post("/", ORDER)
    job = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/?job={job.pk}#job-{job.pk}")
    assert job.owner.is_guest
    assert OrmQ.objects.count() == 1
    assert "rainy night" in text_of(client.get("/")).lower()


def test_every_field_of_the_form_reaches_the_job(client, alice):
    client.force_login(alice)
    client.post(
        "/", ORDER | {"duration": "60", "seed": "7", "title": "Night", "variations": "3", "bpm": "82.5"}
    )
    asked = Job.objects.get().request
    assert (asked.duration, asked.seed, asked.title, asked.variations, asked.bpm) == (60, 7, "Night", 3, 82.5)


def test_a_prompt_of_many_lines_is_as_long_as_the_page_counts_it(client):
    lines = "a\n" * 999 + "ab"
    assert client.post("/", ORDER | {"prompt": lines.replace("\n", "\r\n")}).status_code == 302
    assert Job.objects.get().request.prompt == lines


def test_any_length_can_be_asked_for(client):
    client.post("/", ORDER | {"duration": "custom", "seconds": "12.5"})
    assert Job.objects.get().request.duration == 12.5


@pytest.mark.parametrize(
    ("field", "given", "message"),
    [
        ("prompt", {"prompt": "  "}, "Describe the music in a few words."),
        ("prompt", {"prompt": "a" * 2001}, "at most 2,000"),
        ("genre", {"genre": "polka"}, "There is no genre “polka”"),
        ("duration", {"duration": "301"}, "between 5 and 300 seconds"),
        ("duration", {"duration": "soon"}, "between 5 and 300 seconds"),
        ("duration", {"duration": "custom"}, "between 5 and 300 seconds"),
        ("duration", {"duration": "custom", "seconds": "4"}, "between 5 and 300 seconds"),
        ("seconds", {"duration": "custom", "seconds": "nan"}, "Enter a number."),
        ("seed", {"seed": "-1"}, "a whole number from 0"),
        ("seed", {"seed": "x"}, "Enter a whole number."),
        ("variations", {"variations": "5"}, "Ask for 1 to 4 variations."),
        ("bpm", {"bpm": "900"}, "between 30 and 300"),
        ("key", {"key": "H flat"}, "is no key"),
        ("time_signature", {"time_signature": "9/8"}, "is no time signature here"),
        (
            "time_signature",
            {"time_signature": "3/4", "genre": "house"},
            "The genre “house” is played in 4/4 here, not in 3/4.",
        ),
        ("title", {"title": "t" * 121}, "at most 120"),
        ("engine", {"engine": "orchestra"}, "There is no such engine here."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(client, settings, field, given, message):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    response = client.post("/", ORDER | given)
    assert response.status_code == 422
    assert message in error_at(response, field)
    assert message in text_of(response)
    assert not Job.objects.exists()
    assert not User.objects.exists()


def test_what_was_entered_is_kept_beside_the_message(client):
    response = client.post("/", ORDER | {"duration": "custom", "seconds": "999", "title": "My <title>"})
    html = response.content.decode()
    assert 'value="999"' in html
    assert "rainy night</textarea>" in html
    assert 'value="My &lt;title&gt;"' in html
    assert '<details class="order-options" open>' in html


def test_only_what_the_engine_can_do_is_offered(client):
    html = client.get("/").content.decode()
    assert 'name="bpm"' in html
    assert 'name="lyrics"' not in html
    assert 'name="engine"' not in html


def test_a_field_that_is_not_offered_is_refused_rather_than_dropped(client):
    response = client.post("/", ORDER | {"lyrics": "la la"})
    assert response.status_code == 422
    assert "cannot honour “lyrics”" in text_of(response)
    assert not Job.objects.exists()


def test_a_choice_of_engines_shows_what_the_chosen_one_can_do(client, settings):
    settings.ENGINES = settings.ENGINES | {
        "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}
    }
    html = client.get("/?engine=composer&prompt=harp").content.decode()
    assert '<option value="composer" selected>Built-in composer</option>' in html
    assert 'name="key"' in html
    assert "harp</textarea>" in html
    client.post("/", ORDER | {"engine": "composer", "key": "A minor"})
    assert (Job.objects.get().engine, Job.objects.get().request.key) == ("composer", "A minor")


def test_an_example_fills_the_prompt_by_its_link(client):
    html = client.get("/").content.decode()
    assert 'href="/?prompt=Ambient%20drift%20over%20a%20frozen%20lake"' in html
    filled = client.get("/?prompt=Ambient%20drift%20over%20a%20frozen%20lake").content.decode()
    assert "Ambient drift over a frozen lake</textarea>" in filled


def test_where_guests_may_not_generate_one_logs_in_and_finds_all_again(client, settings, alice):
    settings.GUESTS_ALLOWED = False
    entered = ORDER | {"title": "Night", "seed": "7", "bpm": "82.5", "duration": "custom", "seconds": "12.5"}
    response = client.post("/", entered)
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2F")
    assert not Job.objects.exists()
    answer = client.post(response["Location"], {"login": alice.email, "password": "a long enough secret"})
    assert answer["Location"] == "/"
    form = client.get("/").context["form"]
    assert {name: str(form[name].value()) for name in entered} == entered
    assert form.is_filled
    assert not client.get("/").context["form"].is_filled, "from then on the page has it"


def test_a_part_of_a_page_goes_to_the_log_in_whole(client, settings):
    settings.GUESTS_ALLOWED = False
    response = client.post("/", ORDER, headers=HTMX)
    assert response.status_code == 200
    assert json.loads(response["HX-Location"])["path"] == "/accounts/login/?next=%2F"


def test_who_orders_from_the_page_is_given_the_form_alone_where_it_is_refused(client):
    response = client.post("/", ORDER | {"seed": "x"}, headers=HTMX)
    assert (response.status_code, response["HX-Retarget"], response["HX-Reselect"]) == (
        422,
        "#order",
        "#order",
    )
    assert "HX-Retarget" not in client.post("/", ORDER | {"seed": "x"})


def test_the_form_stays_as_it_was_ordered_without_javascript_too(client):
    response = client.post("/", ORDER | {"duration": "custom", "seconds": "61", "title": "Night"})
    form = client.get(response["Location"].partition("#")[0]).context["form"]
    assert [form[name].value() for name in ("prompt", "title", "seconds")] == ["rainy night", "Night", "61"]
    assert not form["seed"].value()


def test_own_jobs_are_listed_newest_first_and_no_others(client, order, bob):
    first, second = order("the first"), order("the second")
    jobs.submit(owner=bob, request=MusicRequest("the one of bob", duration=1))
    client.force_login(first.owner)
    shown = [cards.job.pk for cards in client.get("/").context["jobs"]]
    assert shown == [second.pk, first.pk]


def test_a_job_whose_tracks_are_deleted_and_one_that_was_tried_again_are_not_listed(client, order, alice):
    deleted, failed = order("deleted"), order("failed")
    jobs.delete_track(track=finish(deleted))
    failed.cancel()
    again = jobs.retry(job=failed)
    client.force_login(alice)
    assert [cards.job.pk for cards in client.get("/").context["jobs"]] == [again.pk]


def test_it_says_so_when_no_worker_is_there_to_take_what_waits(client, order, alice):
    client.force_login(alice)
    assert "No worker is running" not in text_of(client.get("/"))
    order()
    assert "No worker is running, so nothing is being made." in text_of(client.get("/"))
    worker = Worker.objects.create(host="here", pid=1, slots=2)
    assert "No worker is running" not in text_of(client.get("/"))
    Worker.objects.filter(pk=worker.pk).update(seen_at=timezone.now() - timedelta(minutes=1))
    assert "No worker is running" in text_of(client.get("/"))


def test_without_javascript_the_page_reloads_itself_only_while_something_is_being_made(client, order, alice):
    client.force_login(alice)
    assert b'http-equiv="refresh"' not in client.get("/").content
    job = order()
    assert b'<noscript><meta http-equiv="refresh" content="3;url=/"></noscript>' in client.get("/").content
    finish(job)
    assert b'http-equiv="refresh"' not in client.get("/").content


def test_any_number_of_jobs_costs_the_same_few_queries(client, order, alice, django_assert_max_num_queries):
    client.force_login(alice)
    for number in range(12):
        job = order(f"piece {number}")
        if number % 2:
            stored_track(job)
            Job.objects.filter(pk=job.pk).update(
                status=Status.COMPLETED, finished_at=timezone.now(), first_track=Track.id_for(job, 0)
            )
    with django_assert_max_num_queries(9):
        assert len(client.get("/").context["jobs"]) == 12


def test_a_visitor_without_a_session_costs_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/").status_code == 200


def test_only_the_newest_jobs_are_listed(client, order, alice):
    client.force_login(alice)
    made = [order(f"piece {number}") for number in range(RECENT + 1)]
    assert [cards.job for cards in client.get("/").context["jobs"]] == made[:0:-1]


def test_asking_after_notices_orders_nothing_and_makes_nobody(client, settings):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    said = text_of(client.post("/notices", ORDER | {"prompt": "a ballad with female vocals"}))
    assert "sing" in said
    assert client.post("/notices", {"prompt": ""}).content.strip() == b""
    assert client.get("/notices").status_code == 405
    assert not Job.objects.exists()
    assert not User.objects.exists()


def test_what_the_page_shows_already_is_not_said_again(client, settings):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    sung = ORDER | {"prompt": "a ballad with female vocals"}
    shown = client.post("/notices", sung).content.decode()
    seen = re.search(r'name="notices_seen" value="(\d+)"', shown)
    assert seen
    assert client.post("/notices", sung | {"notices_seen": seen[1]}).status_code == 204
    assert client.post("/notices", ORDER | {"notices_seen": seen[1]}).status_code == 200
    assert client.post("/notices", ORDER).status_code == 204


def test_what_stands_at_a_field_already_is_not_said_again(client):
    wrong = ORDER | {"seed": "-1", "bpm": "900"}
    assert "The seed must be" in text_of(client.post("/notices", wrong))
    said = text_of(client.post("/notices", wrong | {"refused": ["seed", "prompt"]}))
    assert "The seed must be" not in said
    assert "The tempo must be" in said
    html = client.post("/", wrong).text
    assert '<input type="hidden" name="refused" value="seed">' in html


def test_an_order_that_would_give_the_same_music_once_more_is_said_to(client):
    same = ORDER | {"seed": "7"}
    client.post("/", same)
    assert "the same music" in text_of(client.post("/notices", same))
    for other in ({"seed": ""}, {"seed": "8"}, {"prompt": "sunny day"}, {"duration": "60"}):
        assert client.post("/notices", same | other).status_code == 204
    Job.objects.get().cancel()
    assert client.post("/notices", same).status_code == 204


def test_who_asks_after_notices_too_often_is_told_none(client, monkeypatch):
    monkeypatch.setattr(create, "NOTICES_RATE", "2/min")
    asked = [client.post("/notices", {"prompt": "rain", "duration": "custom"}) for _ in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 204]


def test_another_engine_draws_the_form_anew_with_lyrics_of_any_length(client):
    lyrics = "слово " * 1500
    answer = client.post("/form", ORDER | {"lyrics": lyrics, "engine": "scripted"})
    assert answer.status_code == 200
    assert "rainy night" in answer.content.decode()
    assert not Job.objects.exists()
