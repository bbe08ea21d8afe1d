"""How much music may be kept: of each owner and of all together, what waits to be made too, exactly."""

import uuid
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Track, quotas, stored_minutes
from generation.models.job_states import Status
from generation.models.quotas import Asked, Holder, Limits, QuotaExceeded
from generation.tests.api_calls import API, client_of, problem, stored_track
from generation.tests.bursts import taken_of_a_burst

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
AT_ONCE = 8


@pytest.fixture(autouse=True)
def engine(scripted, settings):
    settings.QUOTA_STORED_MINUTES = dict.fromkeys(("guest", "user", "staff"))


def music(**fields) -> MusicRequest:
    return MusicRequest(prompt="rainy night", **{"duration": 60.0, "seed": 7} | fields)


def order(owner: User, **fields) -> Job:
    return jobs.submit(owner=owner, request=music(**fields), address_key=uuid.UUID(int=7))


def stored(owner: User, minutes: float) -> Track:
    job = Job.objects.create(owner=owner, engine="scripted", input={})
    track = stored_track(job, duration=60 * minutes)
    Job.objects.filter(pk=job.pk).update(
        status=Status.COMPLETED, first_track=track, finished_at=timezone.now()
    )
    return track


def refused(owner: User, **fields) -> QuotaExceeded:
    with pytest.raises(QuotaExceeded) as error:
        order(owner, **fields)
    return error.value


def test_what_is_stored_and_what_waits_count_and_deleting_makes_room(alice, bob, settings):
    settings.QUOTA_STORED_MINUTES["user"] = 10
    track = stored(alice, 7)
    order(alice, variations=2)
    error = refused(alice, variations=2)
    assert str(error) == (
        "You may keep 10:00 min of music, with what waits to be made you have 9:00 min, and this is an order of "
        "2:00 min. Delete tracks that you no longer want, or ask for less."
    )
    assert (error.code, error.is_daily, error.retry_after) == ("quota_exceeded", False, 600)
    order(alice)
    order(bob, variations=4)
    jobs.delete_track(track=track)
    order(alice, variations=4)
    refused(alice, variations=4)


def test_takes_that_are_not_kept_do_not_count(alice, settings):
    job = order(alice)
    Job.objects.filter(pk=job.pk).update(ordered_seconds=480)
    assert Limits.of(Holder.of(alice)).stored_minutes.used == 1


def test_a_variation_that_is_stored_while_the_others_are_made_counts_once(alice):
    job = order(alice, variations=3)
    assert job.claim("worker")
    stored_track(job, duration=60.0)
    assert Limits.of(Holder.of(alice)).stored_minutes.used == 3


def test_what_failed_or_was_canceled_takes_no_room(alice):
    jobs.cancel(job=order(alice))
    assert Limits.of(Holder.of(alice)).stored_minutes.used == 0


def test_guests_users_and_staff_have_ceilings_of_their_own(alice, settings):
    settings.QUOTA_STORED_MINUTES |= {"guest": 1, "user": 2, "staff": 3}
    guest = User.objects.create_guest()
    order(guest)
    assert "With an account you may order more." in str(refused(guest))
    order(alice, variations=2)
    refused(alice)
    alice.is_staff = True
    order(alice)


def test_guests_of_one_address_keep_each_their_own(settings):
    settings.QUOTA_STORED_MINUTES["guest"] = 1
    for guest in (User.objects.create_guest(), User.objects.create_guest()):
        order(guest)
        refused(guest)


@pytest.fixture
def many(monkeypatch) -> None:
    """Any number of tracks is so many that their sum is kept."""
    monkeypatch.setattr(stored_minutes, "MANY", 0)


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_site_has_a_ceiling_for_all_together(alice, bob, settings, monkeypatch, is_kept):
    settings.SITE_STORED_MINUTES = 10
    monkeypatch.setattr(stored_minutes, "MANY", 0 if is_kept else 99)
    track = stored(alice, 6)
    for owner in (alice, bob, alice):
        order(owner)
    assert "This site keeps as much music as it may." in str(refused(bob, variations=2))
    order(bob)
    jobs.delete_track(track=track)
    caches["process"].clear()  # what was looked at a moment ago is taken for true by who is refused
    order(bob, variations=4)


def test_what_was_ordered_elsewhere_since_the_look_counts(many, alice, bob, settings):
    settings.SITE_STORED_MINUTES = 10
    order(alice)
    Job.objects.create(owner=bob, engine="scripted", input={}, stored_seconds=9 * 60)
    refused(alice)


def test_the_api_says_it_in_the_order_and_in_the_usage(alice, alices, settings):
    settings.QUOTA_STORED_MINUTES["user"] = 1
    client, body = client_of(alice), {"prompt": "rain", "duration": 45}
    assert client.post(f"{API}/jobs", body).status_code == 202
    response = client.post(f"{API}/jobs", body)
    assert "Delete tracks" in problem(response, 429, "quota_exceeded")["detail"]
    assert response["Retry-After"] == "600"
    limits = client.get(f"{API}/usage").json()["limits"]
    assert limits["stored_minutes"] == {"limit": 1, "used": 0.75, "left": 0.25, "renews_at": None}
    assert "0.8 of 1 min" in alices.get("/accounts/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ceiling", ["owner", "site"])
@pytest.mark.parametrize("kept_from", [0, 99])
def test_of_many_at_the_edge_exactly_what_has_room_goes_through(
    settings, alice, ceiling, kept_from, monkeypatch
):
    monkeypatch.setattr(stored_minutes, "MANY", kept_from)
    if ceiling == "owner":
        settings.QUOTA_STORED_MINUTES["user"] = 17
    else:
        settings.SITE_STORED_MINUTES = 17
    owners = [alice] * AT_ONCE
    if ceiling == "site":
        owners = [User.objects.create_user(f"user{number}@example.org") for number in range(AT_ONCE)]
    assert taken_of_a_burst(order, owners, each=5) == 17
    assert Job.objects.count() == 17


def test_of_an_owner_with_many_tracks_the_sum_is_kept_until_it_comes_near(many, alice, settings, monkeypatch):
    settings.QUOTA_STORED_MINUTES["user"] = 20
    stored(alice, 5)
    order(alice)
    summed_up = []
    seconds = stored_minutes._seconds
    monkeypatch.setattr(stored_minutes, "_seconds", lambda *rows: summed_up.append(rows) or seconds(*rows))
    for _ in range(6):
        order(alice)
    assert not summed_up
    for _ in range(8):
        order(alice)
    refused(alice)
    assert summed_up


def test_without_a_ceiling_nothing_is_summed_up(alice, settings, monkeypatch):
    monkeypatch.setattr("generation.models.stored_minutes._seconds", lambda *rows: 1 / 0)
    quotas.check(Holder.of(alice), Asked(60, 60))
    settings.QUOTA_STORED_MINUTES["user"] = 10
    with pytest.raises(ZeroDivisionError):
        quotas.check(Holder.of(alice), Asked(60, 60))


def test_an_old_look_is_not_believed_by_who_would_be_refused(many, alice, settings):
    settings.SITE_STORED_MINUTES = 10
    track = stored(alice, 10)
    refused(alice)
    jobs.delete_track(track=track)
    seconds, at = caches["process"].get("stored-all")
    caches["process"].set("stored-all", (seconds, at + timedelta(minutes=1)))
    refused(alice)
    caches["process"].set("stored-all", (seconds, at - timedelta(seconds=3)))
    order(alice)
