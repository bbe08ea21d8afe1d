"""What comes of an order on the pages: what is said when it ends, and what may be done then."""

import json

import pytest
from django.test import Client

from generation import jobs
from generation.models import Job
from generation.tests.api_calls import finish, stored_track
from generation.tests.test_web_jobs import HTMX, poll, work_on
from generation.tests.web_pages import text_of


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def announced(answer) -> str:
    words: str = json.loads(answer["HX-Trigger"])["announce"]
    return words


@pytest.mark.parametrize(
    ("made", "end", "said"),
    [
        (1, None, "1 of 3 variations of Rainy night is ready."),
        (2, None, "2 of 3 variations of Rainy night are ready."),
        (3, None, "All 3 variations of Rainy night are ready."),
        (1, "fail", "1 of 3 variations of Rainy night is ready, the others could not be made."),
        (0, "fail", "Rainy night could not be made."),
        (1, "cancel", "Rainy night was canceled."),
    ],
)
def test_of_several_variations_it_is_announced_how_many_are_ready(alices, order, made, end, said):
    job = order("rainy night", variations=3)
    lease = work_on(job)
    ask = poll(alices, job)
    for _ in range(made):
        stored_track(job)
    if end == "fail":
        lease.fail(code="internal", message="It broke.", retryable=True)
    if end == "cancel":
        jobs.cancel(job=job)
        lease.end_canceled()
    answer = ask()
    assert answer["HX-Retarget"] == f"#job-{job.pk}"
    assert announced(answer) == said


def test_both_of_two_variations_are_called_so(alices, order):
    job = order("rainy night", variations=2)
    ask = poll(alices, job)
    finish(job)
    assert announced(ask()) == "Both variations of Rainy night are ready."


def test_a_change_of_state_alone_is_not_announced(alices, order):
    job = order("two", variations=2)
    ask = poll(alices, job)
    work_on(job)
    assert "HX-Trigger" not in ask()


def test_variations_are_told_apart_by_a_number_before_the_words(alices, order):
    job = order("rainy night", variations=2)
    finish(job)
    job.tracks.filter(index=1).update(title="My own (2) title")
    for address in ("/", "/library/"):
        words = text_of(alices.get(address))
        assert "1 · Rainy night" in words
        assert "My own (2) title" in words
    stored_track(order("one"), title="Take (1)")
    assert "Take (1)" in text_of(alices.get("/library/"))


def test_what_failed_or_was_canceled_can_be_taken_off_the_list(alices, order):
    failed, canceled, kept = order("sunny day"), order("rainy night"), order("night train")
    work_on(failed).fail(code="internal", message="It broke.", retryable=True)
    canceled.cancel()
    for job in (failed, canceled, kept):
        assert alices.post(f"/jobs/{job.pk}/dismiss")["Location"] == "/"
    assert [cards.job for cards in alices.get("/").context["jobs"]] == [kept]
    assert "It broke." in text_of(alices.get(f"/jobs/{failed.pk}/"))
    answer = alices.post(f"/jobs/{canceled.pk}/retry", headers=HTMX)
    assert answer.status_code == 200, "and can be tried again all the same"


def test_what_was_taken_off_the_list_can_be_put_back_by_its_owner(alices, bob, order):
    job = order("sunny day")
    job.cancel()
    shown = alices.post(f"/jobs/{job.pk}/dismiss", follow=True)
    assert "Removed from the list. Undo" in text_of(shown)
    assert f'action="/jobs/{job.pk}/restore"' in shown.text
    other = Client()
    other.force_login(bob)
    assert other.post(f"/jobs/{job.pk}/restore").status_code == 404
    assert list(alices.get("/").context["jobs"]) == []
    shown = alices.post(f"/jobs/{job.pk}/restore", follow=True)
    assert [cards.job for cards in shown.context["jobs"]] == [job]
    assert "Undo" not in text_of(shown)


def test_of_a_dismissed_job_the_music_that_was_made_stays(alices, order):
    job = order("rainy night", variations=3)
    lease = work_on(job)
    stored_track(job)
    lease.fail(code="internal", message="It broke.", retryable=True)
    assert "It broke." in text_of(alices.get("/"))
    alices.post(f"/jobs/{job.pk}/dismiss")
    [cards] = alices.get("/").context["jobs"]
    assert [card.track is not None for card in cards.cards] == [True]


def test_who_dismisses_a_job_on_its_own_page_goes_to_the_list(alices, order):
    job = order()
    job.cancel()
    seen_at = HTMX | {"HX-Current-URL": f"http://testserver/jobs/{job.pk}/"}
    assert json.loads(alices.post(f"/jobs/{job.pk}/dismiss", headers=seen_at)["HX-Location"])["path"] == "/"
    seen_at["HX-Current-URL"] = "http://testserver/#job-1"
    assert alices.post(f"/jobs/{job.pk}/dismiss", headers=seen_at).status_code == 302


def test_every_ended_card_and_the_page_of_a_job_lead_to_the_same_order(alices, order):
    finished, failed, canceled = order("one"), order("two"), order("three")
    finish(finished)
    work_on(failed).fail(code="internal", message="It broke.", retryable=True)
    canceled.cancel()
    html = alices.get("/").text
    for job in (finished, failed, canceled):
        assert f'href="/?job={job.pk}"' in html
        assert f'href="/?job={job.pk}"' in alices.get(f"/jobs/{job.pk}/").text


def test_what_the_engine_could_not_do_stands_in_full_on_the_first_card_of_its_job(alices, order):
    job = order("two", variations=2)
    Job.objects.filter(pk=job.pk).update(notices=["It cannot sing."], reasons=["two means more"])
    html = alices.get("/").text
    assert html.count('<p class="card-notice">It cannot sing.</p>') == 1
    assert "two means more" not in html
