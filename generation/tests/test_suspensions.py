"""Suspending a user: what stops at once, what waits, and that all is as before once it is lifted."""

import threading
from datetime import timedelta
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal import auth
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.guests import adopt
from accounts.models import User
from accounts.suspension import Suspended
from generation import jobs, suspensions
from generation.archives import making, ordering
from generation.engines.request import MusicRequest
from generation.models import Archive, Job, Track
from generation.models.job_states import Status
from generation.retention import guests
from generation.tests.api_calls import API, client_of, finish, problem
from generation.webhooks.endpoint import LOCKED, WebhookEndpoint
from generation.worker import reaper, tasks

PASSWORD = "a long enough secret"
USERS = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def staff(db) -> User:
    return User.objects.create_superuser("staff@example.org", PASSWORD)


@pytest.fixture
def operator(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def suspended(user: User, by: User, reason: str = "") -> User:
    assert suspensions.suspend(user=user, by=by, reason=reason)
    return user


def test_what_is_shared_is_hidden_at_once_and_comes_back_as_it_was(order, alice, staff):
    track = finish(order())
    assert track.edit(visibility="public")
    track.refresh_from_db()
    key, anybody = track.share_key, Client()
    oembed = f"/oembed?url={quote(f'http://testserver/s/{key}')}"
    pages = [
        f"/s/{key}",
        f"/s/{key}/embed",
        f"/s/{key}/cover.png",
        f"/s/{key}/audio",
        f"/s/{key}/report",
        oembed,
    ]

    def answers() -> list[int]:
        return [anybody.get(page).status_code for page in pages]

    before = answers()
    assert 404 not in before
    assert str(key) in anybody.get("/sitemap.xml").text
    suspended(alice, staff)
    assert answers() == [404] * len(pages)
    assert str(key) not in anybody.get("/sitemap.xml").text
    assert "not shared any more" in anybody.get(f"/?like={key}").text
    assert suspensions.lift(user=alice, by=staff)
    assert answers() == before
    assert str(key) in anybody.get("/sitemap.xml").text


def test_nobody_gets_in_and_everything_is_there_afterwards(order, alice, alices, staff):
    finish(order()).edit(title="Late train")
    program = client_of(alice)
    suspended(alice, staff)
    problem(program.get(f"{API}/tracks"), 401, "account_suspended")
    problem(alices.get(f"{API}/tracks"), 403, "account_suspended")
    page = alices.get("/library/")
    assert (page.status_code, "Write to the operator" in page.text) == (403, True)
    log_in = Client().post("/accounts/login/", {"login": alice.email, "password": PASSWORD}, follow=True)
    assert "Write to the operator" in log_in.text
    assert (
        "Write to the operator"
        not in Client().post("/accounts/login/", {"login": alice.email, "password": "x"}).text
    )
    with pytest.raises(CommandError, match="suspended"):
        call_command("generate", "rain", user=alice.email)
    assert suspensions.lift(user=alice, by=staff)
    assert program.get(f"{API}/tracks").status_code == 200
    assert "Late train" in alices.get("/library/").text


def test_who_asks_for_a_new_password_is_told_by_mail(client, alice, staff, mailoutbox):
    suspended(alice, staff)
    known = client.post("/accounts/password/reset/", {"email": alice.email.upper()})
    unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert known.url == unknown.url
    assert "is suspended" in mailoutbox[0].body
    assert "there is no account" in mailoutbox[1].body


def test_where_there_is_nothing_it_is_said_too(alice, alices, staff):
    suspended(alice, staff)
    for address in ("/nothing/", "/library", "/s/nothing", "/static/nothing.css"):
        page = alices.get(address)
        assert (page.status_code, "Write to the operator" in page.text) == (403, True), address
    problem(alices.get(f"{API}/nothing"), 404, "not_found")


def test_a_guest_who_logs_in_to_it_in_the_same_moment_keeps_everything(client, alice, staff):
    """The password is right, the account is suspended, and then comes the code of the second factor."""
    assert client.post("/", {"prompt": "rain", "duration": "10"}).status_code == 302
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(alice, secret)
    code_page = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD}).url
    suspended(alice, staff)
    code = auth.format_hotp_value(auth.hotp_value(secret, next(iter(auth.yield_hotp_counters_from_time()))))
    refused = client.post(code_page, {"code": code})
    assert (refused.status_code, "Write to the operator" in refused.text) == (403, True)
    assert Job.objects.get().owner.is_guest
    assert client.get("/library/").status_code == 200


def test_a_suspended_guest_gives_nothing_to_an_account(client, alice, staff):
    assert client.post("/", {"prompt": "rain", "duration": "10"}).status_code == 302
    guest = User.objects.get(is_guest=True)  # as whoever was let in before
    suspended(User.objects.get(pk=guest.pk), staff)
    with pytest.raises(Suspended):
        adopt(guest, alice)
    assert Job.objects.get().owner == guest


def test_somebody_else_may_log_in_at_the_same_browser(alice, alices, bob, staff):
    suspended(alice, staff)
    assert 'action="/accounts/logout/"' in alices.get("/").text
    assert alices.post("/accounts/logout/").status_code == 302
    assert alices.post("/accounts/login/", {"login": bob.email, "password": PASSWORD}).url == "/"


def test_a_guest_becomes_no_other_guest_and_has_everything_when_it_is_lifted(client, staff, settings):
    settings.GUEST_DAYS = settings.GUEST_EMPTY_HOURS = 1
    assert client.post("/", {"prompt": "rain", "duration": "10"}).status_code == 302
    guest = User.objects.get(is_guest=True)
    suspended(guest, staff)
    refused = client.post("/", {"prompt": "rain", "duration": "10"})
    assert (refused.status_code, "/accounts/logout/" in refused.text) == (403, False)
    assert client.post("/accounts/logout/").status_code == 403
    assert User.objects.filter(is_guest=True).count() == 1
    long_ago = timezone.now() - timedelta(days=9)
    User.objects.filter(pk=guest.pk).update(last_used_at=long_ago)
    assert not guests.unused(timezone.now()).exists()
    assert not guests.empty(timezone.now()).exists()
    assert suspensions.lift(user=guest, by=staff)
    assert not guests.empty(timezone.now()).exists(), "and the time that they are kept begins anew"
    assert client.post("/", {"prompt": "rain", "duration": "10"}).status_code == 302
    assert User.objects.filter(is_guest=True).count() == 1


def test_orders_end_and_nothing_else_is_deleted(order, alice, bob, staff):
    waiting, at_work, made = order(), order(), finish(order())
    at_work.claim("worker")
    theirs = jobs.submit(owner=bob, request=MusicRequest("snow", 1.0))
    suspended(alice, staff)
    assert [
        job.status for job in Job.objects.filter(pk__in=[waiting.pk, theirs.pk]).order_by("created_at")
    ] == [
        Status.CANCELED,
        Status.QUEUED,
    ]
    at_work.refresh_from_db()
    assert at_work.cancel_requested_at is not None
    assert Track.objects.kept().get() == made
    reaper.reap()
    assert Track.objects.kept().get() == made


def test_what_slips_through_is_canceled_by_the_reaper(order, alice):
    alice.suspend()  # and the process dies here
    job = Job.objects.create(
        owner=alice, engine="scripted", input={"prompt": "rain", "duration": 1, "seed": 1}
    )
    reaper.reap()
    job.refresh_from_db()
    assert job.status == Status.CANCELED


def test_webhooks_that_were_disabled_for_it_are_enabled_again(alice, staff):
    add = WebhookEndpoint.objects.all().add
    first, second = (
        add(alice, url="https://receiver.example/", events=["job.failed"], jobs_url="https://x.example")[0]
        for _ in range(2)
    )
    suspended(alice, staff)
    first.disable(LOCKED)
    second.disable("By hand.")
    assert suspensions.lift(user=alice, by=staff)
    assert WebhookEndpoint.objects.all().enabled().get() == first


def test_zips_and_conversions_wait(order, alice, staff):
    track = finish(order())
    zip_file = ordering.order_tracks(owner=alice, track_ids=[track.pk], format_name="wav")
    suspended(alice, staff)
    with pytest.raises(Suspended):
        ordering.order_everything(owner=alice)
    making.make(zip_file.pk)
    assert making.wake(timezone.now() + timedelta(hours=1)) == 0
    tasks.make_rendition(str(track.pk), "mp3")
    assert not track.renditions.exists()
    assert not Track.objects.all().rendition_due(timezone.now() + timedelta(days=1)).exists()
    assert suspensions.lift(user=alice, by=staff)
    making.make(zip_file.pk)
    tasks.make_rendition(str(track.pk), "mp3")
    assert Archive.objects.get().is_ready
    assert track.renditions.filter(format="mp3").exists()


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_being_stored_does_not_survive_it(alice, staff):
    """The order has looked before the suspension and commits after it has begun: the suspension waits for it."""

    def suspend() -> None:
        try:
            suspended(User.objects.get(pk=alice.pk), staff)
        finally:
            connections.close_all()

    suspending = threading.Thread(target=suspend)
    with transaction.atomic():
        job = jobs.submit(owner=alice, request=MusicRequest("rain", 1.0))
        suspending.start()
        suspending.join(0.2)
        assert suspending.is_alive(), "it waits"
    suspending.join()
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    with pytest.raises(Suspended):
        jobs.submit(owner=alice, request=MusicRequest("rain", 1.0))  # as whoever was let in before


@pytest.mark.django_db(transaction=True)
def test_of_many_orders_in_the_same_moment_none_survives(alice, staff):
    together = threading.Barrier(5)

    def order() -> None:
        try:
            owner = User.objects.get(pk=alice.pk)
            together.wait(30)
            for _ in range(20):
                jobs.submit(owner=owner, request=MusicRequest("rain", 1.0))
        except Suspended:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=order) for _ in range(4)]
    for thread in threads:
        thread.start()
    together.wait(30)
    suspended(alice, staff)
    for thread in threads:
        thread.join()
    assert not Job.objects.active().exists()


def test_the_admin_suspends_with_a_reason_and_lifts_it_and_logs_both(operator, order, alice, bob, staff):
    job = order()
    chosen = {"action": "suspend", "_selected_action": [str(alice.pk), str(staff.pk)]}
    asked = operator.post(USERS, chosen)
    assert "alice@example.org" in asked.text
    assert not User.objects.suspended().exists()
    done = operator.post(USERS, chosen | {"confirmed": "yes", "reason": "Spam, 300 times"}, follow=True)
    assert "Suspended 1 of 2" in done.text
    assert "Nobody suspends themselves" in done.text
    assert User.objects.suspended().get() == alice
    job.refresh_from_db()
    assert job.status == Status.CANCELED
    own = f"{USERS}{alice.pk}/change/"
    assert "Spam, 300 times" in operator.get(own).text
    operator.post(own, {"email": alice.email})
    assert User.objects.suspended().get() == alice, "saving the page lifts nothing"
    assert "Lift the suspension" in operator.get(f"{USERS}{alice.pk}/suspension/").text
    assert operator.post(f"{USERS}{alice.pk}/suspension/").url == own
    assert not User.objects.suspended().exists()
    assert operator.post(f"{USERS}{bob.pk}/suspension/", {"reason": "x" * 301}).status_code == 200
    assert operator.post(f"{USERS}{bob.pk}/suspension/", {"reason": ""}).status_code == 302
    operator.post(USERS, {"action": "lift_suspension", "_selected_action": [str(bob.pk)]})
    logged = LogEntry.objects.exclude(change_message__startswith="[").order_by("pk")
    assert list(logged.values_list("object_id", "change_message", "user")) == [
        (str(alice.pk), "Suspended. Spam, 300 times", staff.pk),
        (str(alice.pk), "Lifted the suspension.", staff.pk),
        (str(bob.pk), "Suspended.", staff.pk),
        (str(bob.pk), "Lifted the suspension.", staff.pk),
    ]


def test_who_may_suspend_whom(operator, alice, bob, staff):
    rights = Permission.objects.filter(
        content_type__app_label="accounts", codename__in=["change_user", "view_user"]
    )
    helper = User.objects.create_user("helper@example.org", PASSWORD, is_staff=True)
    helper.user_permissions.set(rights)
    client = Client()
    client.force_login(helper)
    assert client.post(f"{USERS}{staff.pk}/suspension/").status_code == 403
    assert "Suspend</a>" not in client.get(f"{USERS}{staff.pk}/change/").text
    assert client.post(f"{USERS}{helper.pk}/suspension/").status_code == 403
    assert operator.post(f"{USERS}{staff.pk}/suspension/").status_code == 403
    assert client.post(f"{USERS}{alice.pk}/suspension/").status_code == 302
    assert User.objects.suspended().get() == alice
    helper.user_permissions.set(rights.filter(codename="view_user"))
    assert client.post(f"{USERS}{bob.pk}/suspension/").status_code == 403
    chosen = {"action": "suspend", "_selected_action": [str(bob.pk)], "confirmed": "yes"}
    client.post(USERS, chosen)
    assert User.objects.suspended().get() == alice


def test_a_deleted_account_is_not_suspended_and_keeps_no_reason(alice, bob, staff):
    suspended(alice, staff, "Her full name")
    assert jobs.delete_owner(owner=alice)
    assert (alice.suspended_at, alice.suspension_reason) == (None, "")
    assert not suspensions.lift(user=alice, by=staff)
    assert not suspensions.suspend(user=alice, by=staff)
    assert not suspensions.lift(user=bob, by=staff)
