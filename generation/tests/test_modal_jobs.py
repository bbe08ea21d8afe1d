"""A job whose music is made at Modal, from the order to the stored track."""

from decimal import Decimal

import pytest
from django.utils import timezone

from generation.models import Job, Lease
from generation.models.job_event import EventKind
from generation.models.job_states import Status
from generation.tests.api_calls import API, client_of
from generation.tests.working import run, wait_until

WAIT = 60.0

pytestmark = pytest.mark.usefixtures("modal_engine")


def run_in_foreground(job: Job) -> Job:
    """Work on a job, as often as it wants that, until it has ended."""
    wait_until(lambda: not run(job).is_active, WAIT)
    return job


def test_a_job_becomes_tracks_with_their_measures_and_its_cost(order, modal_at, alice):
    modal_at.script.gpu.beats = True
    job = run_in_foreground(order(duration=10.0, variations=2, bpm=90, key="a minor"))
    assert job.status == Status.COMPLETED
    first, second = job.kept_tracks
    assert (first.duration, first.seed, second.seed) == (10.0, 7, 8)
    assert (round(first.bpm), first.asked_bpm) == (120, 90)
    assert job.cost_usd == Decimal("0.001355") * 2
    assert modal_at.figures()["spawned"] == 1
    body = client_of(alice).get(f"{API}/jobs/{job.pk}").json()
    assert body["metrics"]["cost_usd"] == 0.00271
    assert body["input"]["bpm"] == 90
    assert body["tracks"][0]["measured"]["bpm"] == pytest.approx(120, abs=0.2)


def test_what_it_cost_is_not_known_where_the_gpu_has_no_price(order, modal_at):
    modal_at.script.gpu.name = "B300"
    job = run_in_foreground(order(duration=10.0))
    assert job.cost_usd is None
    [stored] = job.events.filter(kind=EventKind.STORED)
    assert "MODAL_GPU_PRICES has no price for the GPU “B300”" in stored.text


def test_a_container_without_a_gpu_costs_one_attempt(order, modal_at):
    modal_at.script.steps.append("no gpu")
    job = run_in_foreground(order(duration=10.0))
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, "engine_unavailable", 1)
    assert job.error_detail == "There is no GPU here."
    assert "not set up right" in job.error_message


def test_a_worker_that_died_costs_no_second_song(order, modal_at, modal_engine):
    job = order(duration=10.0)
    assert job.claim("a worker that dies")
    assert Lease(job, "a worker that dies").keep_call(modal_engine.start([job.request], str(job.pk)))
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
    assert run_in_foreground(job).status == Status.COMPLETED
    assert modal_at.figures()["spawned"] == 1


def test_a_call_that_failed_is_made_anew(order, modal_at):
    modal_at.script.steps.append("killed")
    job = run_in_foreground(order(duration=10.0))
    assert (job.status, job.attempt) == (Status.COMPLETED, 2)
    assert modal_at.figures()["spawned"] == 2
    assert job.cost_usd == Decimal("0.001355")  # of what came to nothing the price is not known


def test_the_owner_reads_it_gently_and_the_operator_what_to_do(order, modal_at):
    modal_at.script.deployed.clear()
    job = run_in_foreground(order(duration=10.0))
    assert (job.status, job.error_code) == (Status.FAILED, "engine_unavailable")
    assert job.error_message == (
        "The GPU service is not set up right. Tell the operator, or choose another engine."
    )
    assert "modal deploy generation/engines/modal_app.py" in job.error_detail


def test_what_the_model_refuses_is_said_in_its_words_and_not_tried_again(order, modal_at):
    modal_at.script.steps.append("refused")
    job = run_in_foreground(order(duration=10.0))
    assert (job.error_code, job.error_message, job.attempt) == (
        "content_rejected",
        "The model will not sing this.",
        1,
    )
    assert job.cost_usd is None
