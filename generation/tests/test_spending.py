"""What engines may cost in a day, the site and each of its users: counted before it is known, and no burst beyond."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.utils import timezone

from accounts.models import User
from generation import jobs
from generation.engines.base import ENGINE_TIMEOUT, EngineError
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.models import Job, spending
from generation.models.job_states import Status
from generation.models.quotas import QuotaExceeded
from generation.scheduling import prices
from generation.tests.api_calls import API, client_of, finish, problem
from generation.tests.bursts import taken_of_a_burst
from generation.tests.working import run

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
AT_ONCE = 8
CENT = Decimal("0.01")


@pytest.fixture(autouse=True)
def remote(settings):
    """An engine whose music is guessed to cost a cent a second, beside one that costs nothing."""
    settings.ENGINES = {
        "remote": {
            "BACKEND": "generation.engines.scripted.ScriptedRemoteEngine",
            "OPTIONS": {"usd_per_second": "0.01", "rounds": 0},
        },
        "scripted": {"BACKEND": "generation.engines.scripted.ScriptedEngine"},
    }
    settings.GENERATION_ENGINE = "remote"
    settings.QUOTA_USD_PER_DAY = dict.fromkeys(("guest", "user", "staff"))
    return get_engine("remote")


def order(owner: User, seconds: float = 10.0, **fields) -> Job:
    request = MusicRequest(prompt="rainy night", duration=seconds, seed=7, **fields)
    return jobs.submit(owner=owner, request=request, address_key=uuid.UUID(int=7))


def refused(owner: User, seconds: float = 10.0) -> QuotaExceeded:
    count = Job.objects.count()
    with pytest.raises(QuotaExceeded) as error:
        order(owner, seconds)
    assert Job.objects.count() == count
    assert error.value.code == "quota_exceeded"
    return error.value


def charged() -> Decimal:
    return spending.charged(Job.objects.all())


def test_no_order_goes_beyond_the_budget_of_the_site(alice, bob, settings):
    settings.MODAL_DAILY_BUDGET_USD = Decimal("0.25")
    order(alice)
    order(bob)
    error = refused(alice)
    assert "What this site spends in a day on this engine would be exceeded by this order." in str(error)
    assert "It takes orders again from 00:00 UTC on, in " in str(error)
    assert "Other engines take orders." in str(error)
    assert 0 < error.retry_after <= 86_400
    order(alice, 5)
    assert "is used up" in str(refused(alice, 1))
    jobs.submit(owner=alice, request=MusicRequest("rain", 10.0), engine="scripted")
    Job.objects.update(created_at=timezone.now() - timedelta(days=1))
    order(alice)


def test_nobody_goes_beyond_their_own(alice, bob, settings):
    settings.QUOTA_USD_PER_DAY |= {"user": Decimal("0.25"), "guest": Decimal("0.10")}
    order(alice, 20)
    assert str(refused(alice)).startswith(
        "You may spend $0.25 a day on engines that cost money, of which $0.05 are left, and this order is expected to "
        "cost $0.10. Ask for less, or again from 00:00 UTC on, in "
    )
    order(bob, 20)
    order(User.objects.create_guest())
    error = refused(User.objects.create_guest(), 1)
    assert str(error).startswith("All guests of one address together may spend $0.10 a day")
    assert "With an account you may order more." in str(error)


def test_takes_and_variations_cost_too(alice):
    assert order(alice, 10, variations=2).expected_usd == Decimal("0.20")


def test_what_a_job_has_cost_takes_the_place_of_what_was_expected(alice, remote):
    remote.known = {"cost_usd": Decimal("0.03")}
    job = order(alice)
    assert charged() == 10 * CENT
    finish(job)
    assert charged() == 3 * CENT


def test_what_a_job_costs_nobody_knows_counts_as_expected(alice):
    finish(order(alice))
    assert charged() == 10 * CENT


def test_calls_that_came_to_nothing_count(alice, remote, settings):
    settings.JOB_MAX_ATTEMPTS = 2
    timeout = EngineError(ENGINE_TIMEOUT, "It took too long.", retryable=True)
    remote.script.extend([timeout, timeout])
    job = run(order(alice))
    assert (job.status, job.calls_begun) == (Status.QUEUED, 1)
    assert charged() == 20 * CENT, "the one that failed, and the one that is to come"
    job = run(job)
    assert (job.status, job.calls_begun) == (Status.FAILED, 2)
    assert charged() == 20 * CENT


def test_a_call_that_failed_counts_beside_what_the_next_has_cost(alice, remote):
    remote.script.append(EngineError(ENGINE_TIMEOUT, "It took too long.", retryable=True))
    remote.known = {"cost_usd": Decimal("0.03")}
    run(run(order(alice)))
    assert Job.objects.get().status == Status.COMPLETED
    assert charged() == 13 * CENT


def test_what_was_canceled_before_it_began_costs_nothing_and_after_that_what_was_expected(alice):
    jobs.cancel(job=order(alice))
    assert charged() == 0
    job = order(alice)
    lease = job.claim("worker")
    assert lease.keep_call("call")
    jobs.cancel(job=job)
    assert lease.end_canceled()
    assert charged() == 10 * CENT


def test_an_order_that_was_taken_is_made_though_the_budget_is_used_up(alice, remote, settings):
    settings.MODAL_DAILY_BUDGET_USD = Decimal("0.10")
    remote.known = {"cost_usd": Decimal(2)}
    first = order(alice, 5)
    second = order(alice, 5)
    finish(first)
    finish(second)
    assert set(Job.objects.values_list("status", flat=True)) == {Status.COMPLETED}
    refused(alice, 0.1)


def measured(owner: User, seconds: float, cost: str) -> None:
    now = timezone.now() - timedelta(days=2)
    job = order(owner, seconds)
    Job.objects.filter(pk=job.pk).update(cost_usd=Decimal(cost))
    finish(job)
    Job.objects.filter(pk=job.pk).update(
        attempt=1, generate_seconds=1, store_seconds=1, created_at=now, cost_usd=Decimal(cost)
    )


def test_the_last_jobs_say_what_the_next_will_cost(alice):
    for seconds in (10, 20, 40, 10, 20):
        measured(alice, seconds, str(Decimal("0.05") + Decimal("0.001") * seconds))
    caches["process"].clear()
    assert prices.expected_usd("remote", 100) == Decimal("0.15")
    assert prices.expected_usd("scripted", 100) is None


def test_modal_guesses_by_the_price_of_its_gpu(modal_engine):
    assert modal_engine.guess_usd(100) == Decimal("0.010840")


def test_engines_and_form_say_before_the_order_that_the_budget_is_used_up(alice, alices, settings):
    def until(alias: str) -> str | None:
        caches["process"].clear()
        engines = client_of(alice).get(f"{API}/engines").json()["results"]
        return next(engine["used_up_until"] for engine in engines if engine["name"] == alias)

    settings.MODAL_DAILY_BUDGET_USD = Decimal("0.10")
    assert until("remote") is None
    assert "is used up" not in alices.get("/").content.decode()
    order(alice)
    assert until("remote").endswith("T00:00:00Z")
    assert until("scripted") is None
    page = alices.get("/").content.decode()
    assert (
        "What this site spends in a day on this engine is used up. It takes orders again from 00:00 UTC on"
        in page
    )
    assert "Use Scripted engine instead" in page
    other = alices.post("/form", {"prompt": "rain", "engine": ["remote", "scripted"]}).content.decode()
    assert "rain</textarea>" in other
    assert "is used up" not in other
    response = client_of(alice).post(f"{API}/jobs", {"prompt": "rain", "duration": 10})
    problem(response, 429, "quota_exceeded")
    assert int(response["Retry-After"]) > 0


def test_usage_says_what_is_left_to_spend(alice, alices, settings):
    settings.QUOTA_USD_PER_DAY["user"] = Decimal("0.25")
    order(alice)
    limit = client_of(alice).get(f"{API}/usage").json()["limits"]["usd_per_day"]
    assert limit.pop("renews_at").endswith("T00:00:00Z")
    assert limit == {"limit": 0.25, "used": 0.1, "left": 0.15}
    assert "$0.15 of $0.25" in alices.get("/accounts/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_a_burst_exactly_what_the_budget_has_left_goes_through(settings):
    settings.MODAL_DAILY_BUDGET_USD = Decimal("1.75")
    owners = [User.objects.create_user(f"user{number}@example.org") for number in range(AT_ONCE)]
    assert taken_of_a_burst(order, owners, each=4) == 17
    assert charged() == Decimal("1.70")
