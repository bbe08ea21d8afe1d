"""A sample of the site each minute: one row whoever takes it, what has ended since the last, and no old rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from generation.models import Job, Rendition, SiteSample
from generation.models.job_states import Status
from generation.models.site_sample import KEPT_FOR
from generation.monitoring.sampling import LONGEST_GAP, Sampler
from generation.tests.api_calls import stored_track

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
NOON = datetime(2026, 11, 30, 12, 0, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ended(job: Job, at: datetime, status: Status = Status.CANCELED, **fields: object) -> None:
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=at, **fields)


def test_a_minute_has_one_sample_whoever_takes_it():
    one, another = Sampler(), Sampler()
    assert [sampler.sample(NOON) for sampler in (one, another, one)] == [True, False, False]
    assert one.sample(NOON + MINUTE)
    assert [sample.at for sample in SiteSample.objects.all().since(NOON - MINUTE)] == [
        NOON.replace(second=0),
        NOON.replace(second=0) + MINUTE,
    ]


def test_two_that_take_it_at_the_same_moment_keep_one(django_assert_num_queries):
    Sampler().sample(NOON)
    [sample] = SiteSample.objects.all()
    sample.queued = 99
    SiteSample.objects.all().keep(sample)
    assert SiteSample.objects.get().queued == 0


def test_after_the_first_look_a_minute_costs_nothing(django_assert_num_queries):
    sampler = Sampler()
    sampler.sample(NOON)
    with django_assert_num_queries(0):
        assert not sampler.sample(NOON + timedelta(seconds=40))


def test_it_has_the_queue_and_what_ended_since_the_one_before(scripted, order):
    Sampler().sample(NOON - MINUTE)
    waiting, running, failed, dear = order(), order(), order(), order()
    Job.objects.filter(pk=waiting.pk).update(created_at=NOON - timedelta(seconds=60))
    running.claim("worker")
    ended(failed, NOON - timedelta(seconds=30), Status.FAILED, error_code="internal", cost_usd=Decimal("0.5"))
    ended(dear, NOON - timedelta(seconds=20), cost_usd=Decimal("0.25"))
    ended(order(), NOON - 2 * MINUTE)  # of the sample before
    ended(order(), NOON)  # of the next
    Sampler().sample(NOON)
    sample = SiteSample.objects.all().latest_one()
    assert sample is not None
    assert (sample.queued, sample.running, sample.workers) == (1, 1, 0)
    assert sample.oldest_seconds == pytest.approx(60, abs=1)
    assert (sample.completed, sample.failed, sample.canceled) == (0, 1, 1)
    assert sample.failures == {"internal": 1}
    assert sample.cost_usd == Decimal("0.75")


def test_after_a_gap_what_ended_in_it_is_there_up_to_an_hour(scripted, order):
    Sampler().sample(NOON - timedelta(minutes=10))
    ended(order(), NOON - timedelta(minutes=9))
    Sampler().sample(NOON)
    late = NOON + timedelta(days=2)
    Sampler().sample(late)
    _, after_gap, after_days = SiteSample.objects.order_by("at")
    assert after_gap.canceled == 1
    assert after_gap.ended_since == (NOON - timedelta(minutes=10)).replace(second=0)
    assert after_days.ended_since == (late - LONGEST_GAP).replace(second=0)


def test_what_is_stored_is_measured_once_an_hour(scripted, order):
    track = stored_track(order(), size=1000)
    Rendition.objects.create(
        track=track,
        format="mp3",
        audio="tracks/a/b/audio.mp3",
        storage_type="local",
        size=100,
        checksum="c" * 64,
    )
    Sampler().sample(NOON)
    stored_track(order(), size=5000)
    Sampler().sample(NOON + MINUTE)
    Sampler().sample(NOON + timedelta(minutes=61))
    assert [sample.stored_bytes for sample in SiteSample.objects.order_by("at")] == [1100, 1100, 6100]


def test_old_samples_go():
    Sampler().sample(NOON)
    Sampler().sample(NOON + KEPT_FOR + MINUTE)
    SiteSample.objects.all().prune(NOON + KEPT_FOR + MINUTE)
    assert SiteSample.objects.get().at == (NOON + KEPT_FOR + MINUTE).replace(second=0)
