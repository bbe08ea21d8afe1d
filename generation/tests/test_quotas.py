"""Quotas: how much may be ordered in a day and be in line, exactly, also where many order at the same moment."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from accounts.guests import adopt
from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, quotas
from generation.models.job_states import Status
from generation.models.quota_limits import RETRY_SECONDS
from generation.models.quotas import Asked, Holder, Limits, QuotaExceeded
from generation.tests.bursts import taken_of_a_burst
from generation.worker import reaper

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
ADDRESS = uuid.UUID(int=7)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
AT_ONCE, ORDERS_EACH = 20, 5


@pytest.fixture(autouse=True)
def no_quotas(settings, scripted) -> None:
    for name in ("JOBS_PER_DAY", "SECONDS_PER_DAY", "QUEUED", "RUNNING"):
        setattr(settings, f"QUOTA_{name}", dict.fromkeys(("guest", "user", "staff")))


def music(**fields) -> MusicRequest:
    return MusicRequest(prompt="rainy night", **{"duration": 10.0, "seed": 7} | fields)


def refused(owner: User, **fields) -> QuotaExceeded:
    count, messages = Job.objects.count(), OrmQ.objects.count()
    with pytest.raises(QuotaExceeded) as error:
        jobs.submit(owner=owner, request=music(**fields), address_key=ADDRESS)
    assert (Job.objects.count(), OrmQ.objects.count()) == (count, messages)
    return error.value


def test_without_quotas_nothing_is_locked_or_counted(alice, monkeypatch):
    monkeypatch.setattr(quotas, "wait_for_others", lambda keys: 1 / 0)
    for _ in range(30):
        jobs.submit(owner=alice, request=music())


def test_no_more_jobs_in_a_day_than_there_may_be(alice, bob, settings):
    settings.QUOTA_JOBS_PER_DAY["user"] = 2
    for _ in range(2):
        jobs.submit(owner=alice, request=music())
    error = refused(alice)
    assert error.is_daily
    assert str(error).startswith(
        "You may order 2 jobs a day, and you have. More can be ordered from 00:00 UTC on, in "
    )
    assert 0 < error.retry_after <= 24 * 3600
    jobs.submit(owner=bob, request=music())
    Job.objects.filter(owner=alice).update(created_at=timezone.now() - timedelta(days=1))
    jobs.submit(owner=alice, request=music())


def test_no_more_seconds_in_a_day_than_there_may_be(alice, settings):
    settings.QUOTA_SECONDS_PER_DAY["user"] = 60
    jobs.submit(owner=alice, request=music(variations=4))
    error = refused(alice, duration=20.5)
    assert "1:00 min of music a day, of which 0:20 min are left, and this is an order of 0:20 min." in str(
        error
    )
    jobs.submit(owner=alice, request=music(duration=20.0))
    assert error.is_daily
    assert refused(alice, duration=0.5).is_daily
    settings.QUOTA_SECONDS_PER_DAY["user"] = 3600
    for _ in range(2):
        jobs.submit(owner=alice, request=music(duration=300.0, variations=4))
    assert "You may order 1:00:00 h of music a day, of which 19:00 min are left" in str(
        refused(alice, duration=300.0, variations=4)
    )


def test_every_take_is_made_and_counts(alice, settings):
    job = jobs.submit(owner=alice, request=music(variations=2))
    assert job.ordered_seconds == 20
    holder = Holder.of(alice)
    assert Limits.of(holder).seconds_per_day.used == 20


def test_no_more_in_line_than_there_may_be(alice, settings):
    settings.QUOTA_QUEUED["user"] = 2
    first, _ = (jobs.submit(owner=alice, request=music()) for _ in range(2))
    error = refused(alice)
    assert (error.is_daily, error.retry_after) == (False, RETRY_SECONDS["queued"])
    assert str(error) == (
        "You may have 2 jobs in line, and you have. Order again when one of them has begun, or cancel one."
    )
    first.claim("worker")
    jobs.submit(owner=alice, request=music())


def test_who_was_refused_a_moment_ago_is_refused_before_the_order_is_read(
    alice, settings, scripted, monkeypatch
):
    settings.QUOTA_QUEUED["user"] = 1
    job = jobs.submit(owner=alice, request=music())
    first = refused(alice)
    read = []
    resolve = scripted.resolve
    monkeypatch.setattr(scripted, "resolve", lambda request: read.append(request) or resolve(request))
    assert str(refused(alice)) == str(first)
    assert not read
    jobs.cancel(job=job)
    jobs.submit(owner=alice, request=music())
    assert len(read) == 1


def test_guests_users_and_staff_have_quotas_of_their_own(alice, bob, settings):
    settings.QUOTA_QUEUED |= {"guest": 1, "user": 2, "staff": 3}
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    for owner, most in ((User.objects.create_guest(), 1), (alice, 2), (User.objects.get(pk=bob.pk), 3)):
        for _ in range(most):
            jobs.submit(owner=owner, request=music(), address_key=ADDRESS)
        refused(owner)


def test_guests_of_one_address_count_together_and_users_of_one_do_not(alice, bob, settings):
    settings.QUOTA_JOBS_PER_DAY |= {"guest": 2, "user": 2}
    for owner in (User.objects.create_guest(), User.objects.create_guest(), alice, alice, bob):
        jobs.submit(owner=owner, request=music(), address_key=ADDRESS)
    error = refused(User.objects.create_guest())
    assert str(error).startswith("All guests of one address together may order 2 jobs a day, and they have.")
    elsewhere = User.objects.create_guest()
    jobs.submit(owner=elsewhere, request=music(), address_key=uuid.UUID(int=8))


@pytest.mark.parametrize(("of_users", "hinted"), [(None, True), (3, True), (1, False)])
def test_guests_are_told_of_accounts_where_these_may_more(settings, of_users, hinted):
    settings.QUOTA_QUEUED |= {"guest": 1, "user": of_users}
    guest = User.objects.create_guest()
    jobs.submit(owner=guest, request=music(), address_key=ADDRESS)
    assert ("With an account you may order more." in str(refused(guest))) is hinted
    settings.SIGNUP_OPEN = False
    assert "account" not in str(refused(guest))


def ended(job: Job, status: Status, **fields) -> None:
    code = {"error_code": "internal"} if status == Status.FAILED else {}
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=timezone.now(), **code, **fields)


@pytest.mark.parametrize(
    ("status", "fields", "counts"),
    [
        (Status.CANCELED, {}, False),
        (Status.CANCELED, {"started_at": NOON}, True),
        (Status.FAILED, {}, False),
        (Status.FAILED, {"started_at": NOON}, False),
        (Status.FAILED, {"cost_usd": Decimal(0)}, False),
        (Status.FAILED, {"cost_usd": Decimal("0.001")}, True),
    ],
)
def test_what_failed_or_was_canceled_before_it_cost_anything_is_given_back(
    alice, settings, status, fields, counts
):
    settings.QUOTA_JOBS_PER_DAY["user"] = 1
    settings.QUOTA_SECONDS_PER_DAY["user"] = 10
    ended(jobs.submit(owner=alice, request=music()), status, **fields)
    if counts:
        refused(alice)
    else:
        jobs.submit(owner=alice, request=music())


def test_trying_again_counts_too(alice, settings):
    settings.QUOTA_JOBS_PER_DAY["user"] = 1
    job = jobs.submit(owner=alice, request=music())
    jobs.cancel(job=job)
    jobs.retry(job=job)
    with pytest.raises(QuotaExceeded):
        jobs.retry(job=job)
    assert Job.objects.count() == 2


def test_limits_tell_what_is_used_and_left(alice, settings, django_assert_num_queries):
    settings.QUOTA_JOBS_PER_DAY["user"] = 10
    settings.QUOTA_QUEUED["user"] = 1
    for _ in range(2):
        job = Job.objects.create(
            owner=alice, engine="scripted", input={}, ordered_seconds=30, created_at=NOON
        )
    job.claim("worker")
    with django_assert_num_queries(7):
        limits = Limits.of(Holder.of(alice), NOON)
    day = limits.jobs_per_day
    assert (day.used, day.left, day.renews_at) == (2, 8, datetime(2026, 2, 1, tzinfo=UTC))
    assert (limits.seconds_per_day.used, limits.seconds_per_day.left) == (60, None)
    assert (limits.queued.used, limits.queued.left, limits.queued.renews_at) == (1, 0, None)
    assert limits.running.used == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("quota", ["JOBS_PER_DAY", "SECONDS_PER_DAY", "QUEUED"])
def test_of_a_hundred_submits_at_the_edge_exactly_the_quota_goes_through(settings, quota):
    """Guests of one address, each on a connection of its own."""
    getattr(settings, f"QUOTA_{quota}")["guest"] = 170 if quota == "SECONDS_PER_DAY" else 17
    for _ in range(5):
        jobs.submit(owner=User.objects.create_guest(), request=music(), address_key=ADDRESS)
    guests = [User.objects.create_guest() for _ in range(AT_ONCE)]

    def order(guest: User) -> Job:
        return jobs.submit(owner=guest, request=music(), address_key=ADDRESS)

    assert taken_of_a_burst(order, guests, each=ORDERS_EACH) == 12
    assert Job.objects.count() == OrmQ.objects.count() == 17


def test_from_which_address_a_guest_ordered_is_forgotten_some_days_after_the_end():
    guest = User.objects.create_guest()
    old, recent, waiting = (jobs.submit(owner=guest, request=music(), address_key=ADDRESS) for _ in range(3))
    for job, days in ((old, 3), (recent, 1)):
        ended(job, Status.CANCELED)
        Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() - timedelta(days=days))
    reaper.reap()
    keys = dict(Job.objects.values_list("pk", "address_key"))
    assert keys == {old.pk: None, recent.pk: ADDRESS, waiting.pk: ADDRESS}
    assert Job.objects.get(pk=old.pk).turn_id == guest.pk


def test_no_table_is_read_as_a_whole(alice, bob, settings):
    """PostgreSQL plans by what the tables hold, so they hold much of another's."""
    is_postgresql = connection.vendor == "postgresql"
    old = {"owner": bob, "engine": "scripted", "input": {}, "status": Status.CANCELED, "finished_at": NOON}
    Job.objects.bulk_create(Job(created_at=NOON, **old) for _ in range(5_000 if is_postgresql else 20))
    guest = User.objects.create_guest()
    jobs.submit(owner=guest, request=music(), address_key=ADDRESS)
    jobs.submit(owner=alice, request=music()).claim("worker")
    for name in ("JOBS_PER_DAY", "QUEUED", "RUNNING"):
        setattr(settings, f"QUOTA_{name}", dict.fromkeys(("guest", "user", "staff"), 2))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as captured:
        quotas.check(Holder.of(guest, ADDRESS), Asked(10, 10), NOON)
        Limits.of(Holder.of(guest, ADDRESS), NOON)
        Job.objects.at_running_quota()
        Job.objects.all().next_in_turn(timezone.now())
        Job.objects.all().forget_addresses(timezone.now())
    plans = [plan_of(query["sql"]) for query in captured.captured_queries if "generation_job" in query["sql"]]
    assert len(plans) >= 8
    for plan in plans:
        assert not re.search(r"Seq Scan on generation_job|SCAN generation_job(?! USING)", plan), plan


def plan_of(statement: str) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {statement}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


@pytest.mark.parametrize("way", ["signs up", "logs in"])
def test_what_a_guest_has_ordered_counts_for_the_account_after(alice, settings, way):
    settings.QUOTA_JOBS_PER_DAY["user"] = 2
    guest = User.objects.create_guest()
    job = jobs.submit(owner=guest, request=music(), address_key=ADDRESS)
    assert (job.turn_id, Limits.of(Holder.of(guest, ADDRESS)).queued.used) == (ADDRESS, 1)
    if way == "signs up":
        account = guest
        assert guest.become_account("carol@example.org", "a long password")
    else:
        account = alice
        adopt(guest, alice)
    job.refresh_from_db()
    assert (job.turn_id, job.address_key) == (account.pk, None)
    limits = Limits.of(Holder.of(account))
    assert (limits.queued.used, limits.jobs_per_day.used) == (1, 1)
    jobs.submit(owner=account, request=music())
    assert refused(account).is_daily
    assert Limits.of(Holder(ADDRESS, "guest")).queued.used == 0
