"""A job's page and card, and what may be done to it there."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from generation.models import Job, Lease
from generation.models.job_states import Stage, Status
from generation.tests.api_calls import finish, stored_track
from generation.tests.histories import at_work, completed, ordered, worker
from generation.tests.web_pages import text_of

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def poll(client, job: Job):
    """Ask for the card as its page does, with the token that the page has."""
    html = client.get(f"/jobs/{job.pk}/").content.decode()
    address = re.search(rf'hx-get="(/jobs/{job.pk}/card\?seen=[^"]+)"', html)
    assert address, "a living job is asked after"
    return lambda: client.get(address[1], headers=HTMX)


def work_on(job: Job, progress: float | None = None, stage: str = Stage.GENERATING) -> Lease:
    lease = job.claim("worker")
    assert lease
    assert lease.beat(stage=stage, progress=progress)
    return lease


def test_the_page_of_a_job_shows_what_was_asked_for(alices, order):
    words = text_of(alices.get(f"/jobs/{order('rainy night', bpm=82).pk}/"))
    for expected in ("rainy night", "Next in line", "82 BPM", "Seed 7", "Scripted engine: plays a tone"):
        assert expected in words


def test_the_page_shows_how_the_prompt_was_read_and_what_cannot_be_done(alices, order):
    job = order()
    Job.objects.filter(pk=job.pk).update(reasons=["rainy means calmer"], notices=["It cannot sing."])
    words = text_of(alices.get(f"/jobs/{job.pk}/"))
    assert "It cannot sing." in words
    assert "rainy means calmer" in words


def test_a_job_that_waits_shows_its_place_in_line(alices, order, bob):
    order("before it")
    assert "Number 2 in line" in text_of(alices.get(f"/jobs/{order('behind').pk}/"))


def test_a_page_asks_often_after_the_next_two_jobs_and_seldom_after_those_behind(alices, order):
    for every in ("700ms", "700ms", "2500ms"):
        assert f'hx-trigger="every {every}, job-changed"' in alices.get(f"/jobs/{order().pk}/").text


def test_a_job_in_work_shows_its_stage_and_what_was_measured(alices, order):
    job = order()
    work_on(job)
    assert "Generating" in text_of(alices.get(f"/jobs/{job.pk}/"))
    assert "%" not in text_of(alices.get(f"/jobs/{job.pk}/"))
    Lease(job, "worker").beat(stage=Stage.GENERATING, progress=0.42)
    html = alices.get(f"/jobs/{job.pk}/").content.decode()
    assert 'aria-valuenow="42"' in html
    assert ">42%<" in html


def test_a_job_shows_how_long_it_has_lived(alices, alice):
    for job in (ordered(alice), at_work(ordered(alice), since=70)):
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(seconds=75.2))
        assert "Time elapsed 1:15" in text_of(alices.get(f"/jobs/{job.pk}/"))


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (0, "Generating about 1 min left"),
        (38, "Generating about 20 s left"),
        (70, "Generating taking longer than usual"),
    ],
)
def test_a_job_in_work_shows_how_long_it_will_still_take(alices, alice, since, expected):
    for _ in range(5):
        completed(alice, took=60)
    assert expected in text_of(alices.get(f"/jobs/{at_work(ordered(alice), since).pk}/"))


def test_a_job_that_waits_shows_how_long_only_where_somebody_is_to_make_it(alices, alice):
    for _ in range(5):
        completed(alice, took=60)
    maker = worker(slots=1)
    job = ordered(alice)
    assert "Next in line about 1 min left" in text_of(alices.get(f"/jobs/{job.pk}/"))
    maker.delete()
    assert "left" not in text_of(alices.get(f"/jobs/{job.pk}/"))


def test_what_was_never_measured_shows_no_time_left(alices, alice):
    job = at_work(ordered(alice), since=70, progress=0.5)
    words = text_of(alices.get(f"/jobs/{job.pk}/"))
    assert "left" not in words
    assert "longer" not in words


def test_a_poll_brings_the_time_left_when_it_is_said_otherwise(alices, alice):
    for _ in range(5):
        completed(alice, took=60)
    job = at_work(ordered(alice), since=20)
    ask = poll(alices, job)
    assert ask().status_code == 204
    Job.objects.filter(pk=job.pk).update(claimed_at=job.claimed_at - timedelta(seconds=20))
    assert "about 20 s left" in text_of(ask())


def test_the_progress_of_each_variation_is_its_own(alices, order):
    job = order("two", variations=2)
    work_on(job, progress=0.75)
    stored_track(job)
    html = alices.get(f"/jobs/{job.pk}/").content.decode()
    assert html.count("card-completed") == 1
    assert 'aria-valuenow="50"' in html


@pytest.mark.parametrize(("progress", "expected"), [(0.25, [50, 0]), (0.75, [100, 50])])
def test_pieces_are_made_one_after_the_other(alices, order, progress, expected):
    job = order("two", variations=2)
    work_on(job, progress)
    page = alices.get(f"/jobs/{job.pk}/")
    assert [card.percent for card in page.context["each"].cards] == expected
    assert text_of(page).count("Waiting for its turn") == 1


def test_a_piece_that_was_deleted_is_not_made_again(alices, order):
    job = order("two", variations=2)
    work_on(job)
    stored_track(job).discard()
    [card] = alices.get(f"/jobs/{job.pk}/").context["each"].cards
    assert (card.index, card.track) == (1, None)


def test_a_poll_is_answered_empty_until_something_changes(alices, order):
    job = order()
    work_on(job, progress=0.1)
    ask = poll(alices, job)
    assert ask().status_code == 204
    Lease(job, "worker").beat(stage=Stage.GENERATING, progress=0.2)
    answer = ask()
    assert answer.status_code == 200
    assert "HX-Retarget" not in answer
    assert "20%" in text_of(answer)
    assert "no-store" in answer["Cache-Control"]


def test_the_end_of_a_job_swaps_the_whole_card_announces_it_and_ends_the_polling(alices, order):
    job = order("rainy night")
    ask = poll(alices, job)
    finish(job)
    answer = ask()
    assert answer["HX-Retarget"] == answer["HX-Reselect"] == f"#job-{job.pk}"
    assert json.loads(answer["HX-Trigger"]) == {"announce": "Rainy night is ready."}
    assert b"/card?seen=" not in answer.content
    assert b"data-play=" in answer.content


def test_the_notice_that_no_worker_runs_goes_with_the_next_poll(alices, order):
    job = order()
    ask = poll(alices, job)
    work_on(job)
    assert b'<div id="worker-notice" hx-swap-oob="true"></div>' in ask().content


def test_canceling_what_waits_ends_it(alices, order):
    job = order()
    response = alices.post(f"/jobs/{job.pk}/cancel", {"next": "/"})
    assert (response.status_code, response["Location"]) == (302, "/")
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    assert "Try again" in text_of(alices.get("/"))


def test_canceling_what_is_being_made_says_that_it_stops(alices, order):
    job = order()
    work_on(job)
    answer = alices.post(f"/jobs/{job.pk}/cancel", headers=HTMX)
    assert answer.status_code == 200
    assert "Stopping" in text_of(answer)
    job.refresh_from_db()
    assert job.cancel_requested_at


def test_canceling_what_is_finished_shows_that_it_is(alices, order):
    job = order()
    finish(job)
    shown = HTMX | {"HX-Current-URL": "http://testserver/library/?page=2"}
    html = alices.post(f"/jobs/{job.pk}/cancel", headers=shown).text
    assert "card-completed" in html
    assert "?next=%2Flibrary%2F%3Fpage%3D2" in html


def test_a_failed_job_says_why_and_may_be_tried_again(alices, order, scripted):
    job = order("[reject] noise")
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now() - timedelta(seconds=1))
    job.claim("worker")
    Lease(job, "worker").fail(
        code="content_rejected", message="The engine will not make this.", retryable=False
    )
    assert "The engine will not make this." in text_of(alices.get("/"))
    answer = alices.post(f"/jobs/{job.pk}/retry", headers=HTMX)
    again = Job.objects.get(retry_of=job)
    assert f'id="job-{again.pk}"' in answer.content.decode()
    assert again.input == job.input


def test_what_is_not_over_cannot_be_tried_again_and_the_page_says_so(alices, order):
    job = order()
    answer = alices.post(f"/jobs/{job.pk}/retry", headers=HTMX)
    assert "Only a failed or canceled job can be tried again" in text_of(answer)
    assert Job.objects.count() == 1


def test_many_missing_pieces_of_a_failed_job_are_one_card(alices, order):
    job = order("four", variations=4)
    work_on(job)
    Lease(job, "worker").fail(code="internal", message="It broke.", retryable=True)
    assert alices.get("/").content.count(b"card-failed") == 1


def test_another_users_job_is_not_there(client, bob, order):
    job = order()
    client.force_login(bob)
    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/card"):
        assert client.get(address).status_code == 404
    for verb in ("cancel", "retry", "dismiss"):
        assert client.post(f"/jobs/{job.pk}/{verb}").status_code == 404
    job.refresh_from_db()
    assert job.status == Status.QUEUED


def test_changing_a_job_takes_a_post(alices, order):
    job = order()
    for verb in ("cancel", "retry", "dismiss"):
        assert alices.get(f"/jobs/{job.pk}/{verb}").status_code == 405


def test_one_is_never_sent_to_another_site(alices, order):
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        job = order()
        answer = alices.post(f"/jobs/{job.pk}/cancel", {"next": wanted})
        assert answer["Location"] == f"/jobs/{job.pk}/"


def test_the_card_is_ready_as_soon_as_the_music_is_there(alices, order):
    job = order()
    job.claim("worker")
    stored_track(job)
    response = alices.get(f"/jobs/{job.pk}/card?seen=processing.1.0-x", headers=HTMX)
    assert json.loads(response["HX-Trigger"]) == {"announce": "Rain is ready."}
    assert b"card-completed" in response.content


def test_what_ended_without_music_is_announced_as_what_it_is(alices, order):
    canceled, failed = order("rainy night"), order("sunny day")
    asks = [poll(alices, job) for job in (canceled, failed)]
    canceled.cancel()
    work_on(failed).fail(code="internal", message="It broke.", retryable=True)
    assert [json.loads(ask()["HX-Trigger"])["announce"] for ask in asks] == [
        "Rainy night was canceled.",
        "Sunny day could not be made.",
    ]
