"""Canceling many jobs at once does to each what canceling it alone does."""

import json
from collections.abc import Callable, Iterable
from threading import Thread

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Lease, WebhookDelivery
from generation.models.job_states import CallState, Status
from generation.models.quotas import Holder, Limits
from generation.tests.api_calls import stored_track
from generation.webhooks.tests.conftest import endpoint_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://receiver.example/"


def ordered(owner: User) -> Job:
    return jobs.submit(owner=owner, request=MusicRequest("rainy night", 1.0, seed=7))


def begun(owner: User) -> Job:
    """In line again with a variation that is stored and a remote call."""
    job = taken(owner)
    lease = lease_of(job)
    lease.keep_call("call-0")
    stored_track(job)
    assert lease.hand_back()
    return job


def taken(owner: User) -> Job:
    job = ordered(owner)
    assert job.claim(f"worker {job.pk}")
    return job


def lease_of(job: Job) -> Lease:
    assert job.lease_owner
    return Lease(job, job.lease_owner)


def followed(owner: User) -> Job:
    job = taken(owner)
    lease = lease_of(job)
    lease.keep_call("call-1")
    assert lease.follow(store_seconds=0)
    return job


def asked(owner: User) -> Job:
    job = taken(owner)
    assert job.cancel()
    return job


def made(owner: User) -> Job:
    job = taken(owner)
    stored_track(job)
    assert lease_of(job).complete(generate_seconds=1, store_seconds=1)
    return job


def failed(owner: User) -> Job:
    job = taken(owner)
    assert lease_of(job).fail(code="internal", message="No.", retryable=True)
    return job


LIVING: tuple[Callable[[User], Job], ...] = (ordered, begun, taken, followed, asked)
ENDED = (made, failed)


def outcome(job: Job) -> dict[str, object]:
    """All that canceling may change of a job, but for times."""
    job.refresh_from_db()
    messages = [
        each.func().rpartition(".")[2] for each in OrmQ.objects.all() if each.task["args"][0] == str(job.pk)
    ]
    bodies = [
        json.loads(each.body)["data"] for each in WebhookDelivery.objects.filter(body__contains=str(job.pk))
    ]
    tracks = list(job.tracks.all())
    purges = [
        each for each in OrmQ.objects.all() if each.task["args"][0] in {str(track.pk) for track in tracks}
    ]
    return {
        "row": (
            job.status,
            job.stage,
            job.call_state,
            job.call_id,
            bool(job.lease_owner),
            job.leftovers,
            job.attempt,
        ),
        "times": [
            getattr(job, name) is None for name in ("cancel_requested_at", "finished_at", "lease_until")
        ],
        "log": [kind for kind, _ in job.events.values_list("kind", "text")],
        "messages": sorted(messages),
        "told": [(each["status"], len(each["track_ids"])) for each in bodies],
        "tracks": [(track.deleted_at is None, track.title, track.purge_woken_at is None) for track in tracks],
        "purges": len(purges),
    }


@pytest.fixture
def owners(scripted_remote, alice, bob) -> list[User]:
    """Two with a webhook, one whose account is locked, and a guest."""
    for owner in (alice, bob):
        endpoint_of(owner, URL)
    locked = User.objects.create_user("locked@example.org", "a long enough secret")
    endpoint_of(locked, URL)
    User.objects.filter(pk=locked.pk).update(is_active=False)
    return [alice, bob, locked, User.objects.create_guest()]


def several(owners: Iterable[User], kinds: Iterable[Callable[[User], Job]]) -> list[Job]:
    return [kind(owner) for owner in owners for kind in kinds]


def test_each_job_is_as_if_it_were_canceled_alone(owners):
    alone, together = several(owners, LIVING), several(owners, LIVING)
    assert sum(jobs.cancel(job=job) for job in alone) == len(alone)
    assert jobs.cancel_many(chosen=Job.objects.filter(pk__in=[job.pk for job in together])) == len(together)
    for one, other in zip(alone, together, strict=True):
        assert outcome(one) == outcome(other)
    assert {job.status for job in together} == {Status.CANCELED, Status.PROCESSING}


def test_what_has_ended_is_left(owners):
    ended = several(owners, ENDED)
    before = [outcome(job) for job in ended]
    assert jobs.cancel_many(chosen=Job.objects.all()) == 0
    assert [outcome(job) for job in ended] == before


def test_what_was_not_chosen_is_left(owners):
    chosen, other = ordered(owners[0]), ordered(owners[0])
    assert jobs.cancel_many(chosen=Job.objects.filter(pk=chosen.pk)) == 1
    assert outcome(other)["row"][0] == Status.QUEUED
    assert jobs.cancel_many(chosen=Job.objects.filter(pk=chosen.pk)) == 0
    assert jobs.cancel_many(chosen=Job.objects.none()) == 0


def test_the_place_in_line_and_the_quota_are_free_again(scripted, alice, settings):
    settings.QUOTA_QUEUED = {**settings.QUOTA_QUEUED, "user": 3}
    for _ in range(3):
        ordered(alice)
    assert Limits.of(Holder.of(alice)).queued.left == 0
    assert jobs.cancel_many(chosen=Job.objects.all()) == 3
    limits = Limits.of(Holder.of(alice))
    assert (limits.queued.left, limits.jobs_per_day.used) == (3, 0)
    assert not Job.objects.queued().turns()


def test_the_statements_are_the_same_for_many(owners):
    def statements(number: int) -> int:
        chosen = [
            kind(owner).pk for owner in owners for kind in (ordered, taken, made) for _ in range(number)
        ]
        with CaptureQueriesContext(connection) as captured:
            assert jobs.cancel_many(chosen=Job.objects.filter(pk__in=chosen)) == 2 * number * len(owners)
        return len(captured)

    assert statements(1) == statements(6) <= 25


def test_more_than_go_into_one_transaction_are_canceled(scripted, alice, monkeypatch):
    monkeypatch.setattr(jobs, "CANCELED_AT_ONCE", 2)
    several_of_them = [ordered(alice) for _ in range(5)]
    assert jobs.cancel_many(chosen=Job.objects.all()) == 5
    assert {outcome(job)["row"][0] for job in several_of_them} == {Status.CANCELED}


def test_one_that_cannot_be_told_is_not_canceled(owners, monkeypatch):
    job = ordered(owners[0])
    monkeypatch.setattr("generation.webhooks.outbox.job_message", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jobs.cancel_many(chosen=Job.objects.all())
    job.refresh_from_db()
    assert job.status == Status.QUEUED


def test_workers_that_take_jobs_meanwhile_take_none_that_is_canceled(scripted, alice):
    """Each job is either canceled at once, or taken first and its worker asked to stop; never both, never neither."""
    waiting = [ordered(alice) for _ in range(40)]

    def work(some: list[Job]) -> None:
        try:
            for job in some:
                job.claim(f"worker {job.pk}")
        finally:
            connections.close_all()

    workers = [Thread(target=work, args=(waiting[part::2][::-1],)) for part in range(2)]
    for worker in workers:
        worker.start()
    assert jobs.cancel_many(chosen=Job.objects.filter(pk__in=[job.pk for job in waiting])) == 40
    for worker in workers:
        worker.join()
    for job in waiting:
        job.refresh_from_db()
        kinds = [event.kind for event in job.events.all()]
        assert job.cancel_requested_at is not None
        if job.status == Status.CANCELED:
            assert (kinds, job.attempt) == (["queued", "canceled"], 0)
        else:
            assert (job.status, kinds) == (Status.PROCESSING, ["queued", "claimed", "cancel_asked"])


def test_a_followed_call_is_asked_to_stop(owners):
    job = followed(owners[0])
    assert jobs.cancel_many(chosen=Job.objects.all()) == 1
    job.refresh_from_db()
    assert (job.status, job.call_state) == (Status.PROCESSING, CallState.FOLLOWED)
    assert not Job.objects.adoptable(job.created_at).exists()
