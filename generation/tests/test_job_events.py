"""The log of a job: every move leaves a line, and old lines go."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation import jobs
from generation.models import JobEvent, Lease
from generation.tests.working import run

pytestmark = pytest.mark.django_db


def log(job) -> list[str]:
    return [event.kind for event in job.events.all()]


def test_a_job_that_went_well(scripted, order):
    job = run(order())
    assert log(job) == ["queued", "claimed", "stored", "completed"]
    assert job.events.get(kind="claimed").text.count(":") == 2
    assert job.events.get(kind="stored").text == "track 1 of 1"


def test_a_job_that_was_tried_again_says_why(scripted, order):
    job = order()
    scripted.script.extend(["fail", "reject"])
    run(job)
    run(job)
    assert log(job) == ["queued", "claimed", "retried", "claimed", "failed"]
    assert job.events.get(kind="retried").text.endswith("The engine is away.")
    assert job.events.get(kind="failed").text == "content_rejected: The engine will not make this."


def test_stages_and_calls_are_logged_once(scripted, order):
    job = order()
    job.claim("one")
    for _ in range(3):
        Lease(job, "one").beat(stage="generating", progress=0.5)
    Lease(job, "one").keep_call("call-1")
    Lease(job, "one").forget_call()
    assert log(job) == ["queued", "claimed", "stage", "call"]


def test_a_refused_move_leaves_no_line(scripted, order):
    job = order()
    assert not Lease(job, "nobody").complete(generate_seconds=1, store_seconds=1)
    assert not Lease(job, "nobody").fail(code="internal", message="", retryable=False)
    assert log(job) == ["queued"]


def test_canceling(scripted, order):
    job = order()
    job.claim("one")
    jobs.cancel(job=job)
    jobs.cancel(job=job)
    Lease(job, "one").end_canceled()
    assert log(job) == ["queued", "claimed", "cancel_asked", "canceled"]


def test_a_long_reason_is_cut(scripted, order):
    job = order()
    job.claim("one")
    Lease(job, "one").fail(code="internal", message="x" * 2000, retryable=False)
    assert len(job.events.last().text) == 500


def test_old_lines_are_pruned_and_the_job_stays(scripted, order):
    job = order()
    old = timezone.now() - timedelta(days=31)
    JobEvent.objects.create(job=job, kind="claimed", at=old)
    assert JobEvent.objects.all().prune(timezone.now()) == 1
    assert log(job) == ["queued"]
