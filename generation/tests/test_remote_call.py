"""One remote call for all that a job lacks: what is stored, what is asked for again, and what one bad song does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from generation.diffusion.songs import Take
from generation.engines.base import Pending
from generation.engines.scripted import REJECTED, UNAVAILABLE
from generation.models import Job, Lease
from generation.models.job_event import EventKind
from generation.models.job_states import Status
from generation.tests.working import run
from generation.tracks import store

pytestmark = pytest.mark.django_db


def seeds(scripted_remote) -> list[list[int]]:
    """The seeds of the songs of each call that was started."""
    return [[request.seed for request in requests] for requests in scripted_remote.started.values()]


def test_all_variations_are_one_call(scripted_remote, order):
    job = run(order(variations=3))
    assert job.status == Status.COMPLETED
    assert seeds(scripted_remote) == [[7, 8, 9]]
    assert [(track.index, track.seed) for track in job.kept_tracks] == [(0, 7), (1, 8), (2, 9)]
    assert len({track.checksum for track in job.kept_tracks}) == 3
    assert (job.call_id, job.call_indexes) == ("", [])


@pytest.mark.parametrize("failing", [7, 8, 9])
def test_a_song_that_fails_leaves_the_others_alone_and_is_made_again_alone(scripted_remote, order, failing):
    scripted_remote.failing[failing] = UNAVAILABLE
    job = run(order(variations=3))
    assert (job.status, job.call_id, job.lacking()) == (Status.QUEUED, "", [failing - 7])
    scripted_remote.failing.clear()
    assert run(job).status == Status.COMPLETED
    assert seeds(scripted_remote) == [[7, 8, 9], [failing]]
    assert [track.seed for track in job.kept_tracks] == [7, 8, 9]


def test_what_can_never_be_made_decides_over_what_may_be_made_later(scripted_remote, order):
    scripted_remote.failing.update({7: UNAVAILABLE, 9: REJECTED})
    job = run(order(variations=3))
    assert (job.status, job.error_code, job.attempt) == (Status.FAILED, REJECTED.code, 1)
    assert [track.seed for track in job.kept_tracks] == [8]


@pytest.mark.parametrize("stored", [0, 1, 2])
def test_a_worker_that_dies_between_two_songs_costs_no_song_twice(
    scripted_remote, order, monkeypatch, stored
):
    real, made = store.store_master, []

    def dying(job: Job, index: int, *rest: object):
        if len(made) == stored:
            Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            raise SystemExit("killed")
        made.append(index)
        return real(job, index, *rest)

    monkeypatch.setattr(store, "store_master", dying)
    job = order(variations=3)
    with pytest.raises(SystemExit):
        run(job)
    monkeypatch.setattr(store, "store_master", real)
    job.refresh_from_db()
    assert (job.call_id, job.call_indexes, job.tracks.count()) == ("call-0", [0, 1, 2], stored)
    assert run(job).status == Status.COMPLETED
    assert seeds(scripted_remote) == [[7, 8, 9]]
    assert [track.seed for track in job.kept_tracks] == [7, 8, 9]
    assert job.events.filter(kind=EventKind.STORED).count() == 3


@pytest.mark.parametrize("given", [0, 1, 5])
def test_a_call_that_gives_another_number_of_songs_costs_an_attempt_and_no_call_more(
    scripted_remote, order, monkeypatch, given
):
    """Else a job would start one call after another, each paid for, until its deadline."""
    collect = scripted_remote.collect

    def collect_so_many(call_id: str, timeout: float):
        songs = collect(call_id, timeout)
        return songs if isinstance(songs, Pending) else (list(songs) * 2)[:given]

    monkeypatch.setattr(scripted_remote, "collect", collect_so_many)
    job = run(order(variations=3))
    assert (job.status, job.attempt, job.call_id) == (Status.QUEUED, 1, "")
    assert f"{given} songs in the place of 3" in job.error_detail
    assert seeds(scripted_remote) == [[7, 8, 9]]
    assert not job.kept_tracks


def test_a_call_that_was_started_for_a_job_taken_away_meanwhile_is_canceled(
    scripted_remote, order, monkeypatch, caplog
):
    """Nobody would ask for its songs, and all would be paid for."""
    job, start = order(), scripted_remote.start

    def start_late(requests, key: str) -> str:
        Job.objects.filter(pk=job.pk).update(lease_owner="another worker")
        call_id: str = start(requests, key)
        return call_id

    monkeypatch.setattr(scripted_remote, "start", start_late)
    run(job)
    assert scripted_remote.canceled == ["call-0"]
    assert (job.status, job.lease_owner, job.call_id) == (Status.PROCESSING, "another worker", "")
    assert "another worker's; this work is thrown away" in caplog.text


def test_a_call_of_which_no_indexes_are_known_made_the_first_that_is_lacking(scripted_remote, order):
    """So calls were kept before a call could make several songs."""
    job = order(variations=2)
    job.claim("a worker of the release before")
    lease = Lease(job, "a worker of the release before")
    lease.keep_call(scripted_remote.start([job.request.variation(0)], str(job.pk)))
    assert lease.hand_back()
    assert run(job).status == Status.COMPLETED
    assert seeds(scripted_remote) == [[7], [8]]


def test_the_scores_of_the_takes_the_best_seed_and_the_reasons_are_kept(scripted_remote, order):
    takes = (Take(7, 0.5, {"sound": 0.5}), Take(99, 0.75, {"sound": 0.75}, bpm=92.0, key="A minor"))
    scripted_remote.known = {"takes": takes, "seed": 99, "reasons": ("The planner chose 92 BPM.",)}
    job = order(variations=2)
    said_before = list(job.reasons)
    job = run(job)
    assert [track.takes for track in job.kept_tracks] == [[take.as_json() for take in takes]] * 2
    assert [track.seed for track in job.kept_tracks] == [99, 99]
    assert job.reasons == [*said_before, "The planner chose 92 BPM."]
