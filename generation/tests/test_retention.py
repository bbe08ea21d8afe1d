"""What is kept for a time, and goes once that is over: each by its setting, and nobody's music by surprise."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from accounts import rates
from accounts.last_use import NOTED_EVERY
from accounts.managers import DEMONSTRATIONS_ID
from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import IdempotencyKey, Job, JobEvent, Playlist, Track, WebhookDelivery
from generation.models.job_states import Status
from generation.models.track import ends_at
from generation.retention import guests, old_tracks, warning_mail
from generation.retention.kinds import kinds
from generation.storage import LocalAudioStorage, StorageError
from generation.tests.api_calls import finish, stored_track
from generation.worker import reaper

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
ADDRESS = uuid.UUID(int=7)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def engine(scripted):
    reaper._kinds.cache_clear()
    return scripted


def guest_last_here(ago: timedelta) -> User:
    guest = User.objects.create_guest()
    User.objects.filter(pk=guest.pk).update(
        last_used_at=timezone.now() - ago - NOTED_EVERY - timedelta(minutes=1)
    )
    guest.refresh_from_db()
    return guest


def with_track(owner: User, **fields) -> Track:
    """A track of a job that has completed."""
    job = Job.objects.create(
        owner=owner, engine="scripted", input=MusicRequest("rain", 1.0, seed=7).as_json()
    )
    track = stored_track(job, **fields)
    Job.objects.filter(pk=job.pk).update(
        status=Status.COMPLETED, first_track=track, finished_at=timezone.now()
    )
    return track


def left() -> set[User]:
    return set(User.objects.filter(deleted_at=None))


# --- guests


@pytest.mark.parametrize(("hours", "goes"), [(24, False), (23, True), (None, False)])
def test_guests_without_tracks_go_after_some_hours(settings, hours, goes):
    settings.GUEST_EMPTY_HOURS = hours
    guest = guest_last_here(timedelta(hours=23))
    has_music, new = guest_last_here(DAY * 3), User.objects.create_guest()
    with_track(has_music)
    reaper.reap()
    assert left() == {has_music, new} | (set() if goes else {guest})


@pytest.mark.parametrize(("days", "goes"), [(31, False), (30, True), (None, False)])
def test_guests_who_were_not_here_for_long_go_with_all_that_they_have_made(settings, days, goes):
    settings.GUEST_DAYS = days
    guest = guest_last_here(DAY * 30)
    track = with_track(guest)
    reaper.reap()
    track.refresh_from_db()
    assert (track.deleted_at is not None) is goes
    assert (guest in left()) is not goes


def test_by_itself_nothing_goes_that_somebody_can_still_reach(settings):
    assert settings.GUEST_DAYS * 86_400 > settings.SESSION_COOKIE_AGE
    assert settings.TRACK_DAYS is None


def test_accounts_staff_and_the_owner_of_the_demonstrations_stay(settings, alice):
    settings.GUEST_DAYS = 1
    long_ago = timezone.now() - DAY * 999
    User.objects.create(pk=DEMONSTRATIONS_ID, is_guest=True, is_active=False, password="!")
    staff = User.objects.create_guest()
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    User.objects.update(last_used_at=long_ago)
    before = left()
    reaper.reap()
    assert left() == before


def test_a_guest_for_whom_something_is_being_made_stays(settings):
    settings.GUEST_DAYS = 1
    guest = guest_last_here(DAY * 2)
    job = Job.objects.create(owner=guest, engine="scripted", input={})
    reaper.reap()
    assert guest in left()
    jobs.cancel(job=job)
    reaper.reap()
    assert guest not in left()


def test_who_orders_in_the_same_moment_is_spared():
    guest = guest_last_here(DAY * 2)
    stale = User.objects.get(pk=guest.pk)
    jobs.submit(owner=guest, request=MusicRequest("rain", 1.0), address_key=ADDRESS)
    Job.objects.update(status=Status.CANCELED, finished_at=timezone.now())
    assert not jobs.delete_owner(owner=stale, unused_since=timezone.now() - DAY)
    assert guest in left()


def test_who_orders_just_after_it_becomes_a_new_guest_and_has_the_order(client):
    client.post("/", {"prompt": "rain", "duration": "30"})
    first = User.objects.get()

    def deleted_meanwhile(**known):
        user = User.objects.get(pk=first.pk)
        assert user.close()
        user.deleted_at, user.is_active = None, True
        return user

    order = jobs._enqueue

    def enqueue(job, key, address_key):
        if job.owner_id == first.pk:
            deleted_meanwhile()
        return order(job, key, address_key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_enqueue", enqueue)
        assert client.post("/", {"prompt": "snow", "duration": "30"}).status_code == 302
    newest = Job.objects.first()
    assert newest.input["prompt"] == "snow"
    assert newest.owner_id != first.pk
    assert "Snow" in client.get("/").content.decode()


def test_being_here_is_noted_once_an_hour_and_lets_the_cookie_last(client):
    client.post("/", {"prompt": "rain", "duration": "30"})
    noted = User.objects.get().last_used_at
    assert "sessionid" not in client.get("/library/").cookies
    assert User.objects.get().last_used_at == noted
    User.objects.update(last_used_at=noted - DAY)
    assert "sessionid" in client.get("/library/").cookies
    assert User.objects.get().last_used_at > noted


def test_a_round_looks_at_a_part_and_finds_all(monkeypatch):
    monkeypatch.setattr(guests, "LOOKED_AT_ONCE", 3)
    for ago in range(9):
        with_track(guest_last_here(DAY * (ago + 2)))
    gone = [guest_last_here(DAY * days) for days in (2, 6, 12)]
    empty = guests.EmptyGuests()
    done = [empty.delete(timezone.now()) for _ in range(6)]
    assert sum(done) == 3
    assert max(done) < 3
    assert not left() & set(gone)


def test_a_flood_is_refused_with_words_and_leaves_nothing(settings, client, monkeypatch):
    """In small; `make bench-retention` has thousands come to a running site."""
    monkeypatch.setattr(rates.time, "time", lambda: 500_000 * 3600.0)  # all in one window
    settings.ORDER_RATE, settings.GUEST_RATE = ["30/min"], ["10/hour"]
    settings.QUOTA_QUEUED = {"guest": 5, "user": None, "staff": None}
    form = {"prompt": "noise", "duration": "30"}
    said = []
    for number in range(60):
        response = (client if number < 40 else Client(REMOTE_ADDR="192.0.2.9")).post("/", form)
        said.append((response.status_code, response.content.decode()))
    assert [status for status, _ in said].count(302) == 10
    refusals = [page for status, page in said if status == 429]
    assert len(refusals) == 50
    for words in ("may have 5 jobs in line", "Too many orders came from your address"):
        assert any(words in page for page in refusals)
    assert User.objects.count() == 6
    Job.objects.update(status=Status.CANCELED, finished_at=timezone.now())
    User.objects.update(last_used_at=timezone.now() - DAY * 2)
    for _ in range(3):
        reaper.reap()
    assert (User.objects.count(), Job.objects.count(), Session.objects.count()) == (0, 0, 0)


# --- old tracks


@pytest.fixture
def kept_for_90_days(settings):
    settings.TRACK_DAYS, settings.TRACK_WARNING_DAYS, settings.EMAIL_URL = 90, 14, "smtp://mail.example.org"
    settings.SITE_URL, settings.SITE_NAME = "https://music.example.org", "Night Radio"
    return settings


def old_track(owner: User, days: int, **fields) -> Track:
    return with_track(owner, created_at=timezone.now() - DAY * days, **fields)


def reap_and_mail() -> None:
    reaper.reap()
    for message in OrmQ.objects.all():
        if message.func().endswith("warn_of_old_tracks"):
            warning_mail.send(uuid.UUID(message.task["args"][0]))
            message.delete()


def test_one_mail_tells_of_all_tracks_and_they_go_when_its_time_is_over(kept_for_90_days, alice, bob):
    kept_for_90_days.DEFAULT_FROM_EMAIL = "music@example.org"
    old = [old_track(alice, days, title=f"Song {days}") for days in (200, 100, 80)]
    young = old_track(alice, 20)
    reap_and_mail()
    reap_and_mail()
    [sent] = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert "3 of your tracks will be deleted" in sent.subject
    assert sent.from_email == "music@example.org"
    assert "Night Radio keeps tracks for 90 days" in sent.body
    for track in old:
        assert f"{track.title}\nhttps://music.example.org/tracks/{track.pk}/" in sent.body
    assert "https://music.example.org/library/" in sent.body
    Track.objects.exclude(warned_at=None).update(warned_at=timezone.now() - DAY * 13)
    reap_and_mail()
    assert Track.objects.kept().count() == 4
    Track.objects.exclude(warned_at=None).update(warned_at=timezone.now() - DAY * 15)
    reap_and_mail()
    assert set(Track.objects.kept()) == {old[2], young}, "the third is not yet 90 days old"


@pytest.mark.parametrize(("warning_days", "warned"), [(14, True), (5, False)])
def test_owners_are_warned_so_many_days_before(kept_for_90_days, alice, warning_days, warned):
    kept_for_90_days.TRACK_WARNING_DAYS = warning_days
    track = old_track(alice, 80)
    reap_and_mail()
    assert (len(mail.outbox) == 1) is warned
    Track.objects.filter(pk=track.pk).update(created_at=timezone.now() - DAY * 99)
    Track.objects.update(warned_at=timezone.now() - DAY * 6)
    reap_and_mail()
    assert Track.objects.kept().exists() is warned, "six days after the mail"


def test_tracks_end_at_their_age_or_when_the_warning_is_over(kept_for_90_days):
    kept_for_90_days.TRACK_WARNING_DAYS = 5
    made_at = timezone.now()
    assert ends_at(made_at, made_at + DAY * 80) == made_at + DAY * 90
    assert ends_at(made_at, made_at + DAY * 99) == made_at + DAY * 104


def test_what_somebody_wants_to_keep_stays(kept_for_90_days, alice):
    favorite, shared, listed, plain = (old_track(alice, 100) for _ in range(4))
    favorite.edit(favorite=True)
    shared.edit(visibility="unlisted")
    Playlist.objects.make(alice, "Evenings").add([listed])
    User.objects.create_superuser("root@example.org", "a long secret")
    staff = old_track(User.objects.get(email="root@example.org"), 100)
    reap_and_mail()
    assert set(Track.objects.exclude(warned_at=None)) == {plain}
    Track.objects.update(warned_at=timezone.now() - DAY * 15)
    reap_and_mail()
    assert set(Track.objects.kept()) == {favorite, shared, listed, staff}
    assert not Track.objects.kept().exclude(warned_at=None).exists(), "they would be warned anew"


def test_without_mail_or_without_the_setting_no_track_goes(kept_for_90_days, alice, monkeypatch):
    track = old_track(alice, 400)
    kept_for_90_days.EMAIL_URL = ""
    reap_and_mail()
    assert (mail.outbox, OrmQ.objects.count()) == ([], 0)
    kept_for_90_days.EMAIL_URL = "smtp://mail.example.org"

    def down(self, **options):
        raise OSError("no route")

    with monkeypatch.context() as outage:
        outage.setattr("django.core.mail.EmailMessage.send", down)
        reap_and_mail()
    track.refresh_from_db()
    assert track.warned_at is None
    reap_and_mail()
    assert mail.outbox == [], "it is tried again, but not at once"
    User.objects.update(track_mail_after=timezone.now() - HOUR)
    reap_and_mail()
    assert len(mail.outbox) == 1
    Track.objects.update(warned_at=timezone.now() - DAY * 400)
    kept_for_90_days.TRACK_DAYS = None
    reap_and_mail()
    assert track in Track.objects.kept()


def test_the_library_says_it_to_guests_and_to_others(kept_for_90_days, client):
    client.post("/", {"prompt": "rain", "duration": "30"})
    track = old_track(User.objects.get(), 100)
    assert "will be deleted" not in client.get("/library/").content.decode()
    reap_and_mail()
    page = client.get("/library/").content.decode()
    day = timezone.now() + DAY * 14
    assert (
        f"1 track of yours is older than this site keeps them, and will be deleted from {day.day} {day:%B %Y}"
        in page
    )
    assert "sign up</a>" in page
    track.edit(favorite=True)
    assert "will be deleted" not in client.get("/library/").content.decode()


# --- rows


def test_lines_keys_and_deliveries_are_kept_as_long_as_their_settings_say(settings, alice, order):
    job, now = order(), timezone.now()
    IdempotencyKey.objects.create(owner_id=alice.pk, key="once", fingerprint="", job=job)
    JobEvent.objects.update(at=now - DAY * 40)
    IdempotencyKey.objects.update(created_at=now - HOUR * 30)
    settings.JOB_EVENT_DAYS, settings.IDEMPOTENCY_HOURS = None, 48
    reaper.reap()
    assert (JobEvent.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
    settings.JOB_EVENT_DAYS = 50
    reaper.reap()
    assert JobEvent.objects.count() == 1
    settings.JOB_EVENT_DAYS, settings.IDEMPOTENCY_HOURS = 39, 29
    reaper.reap()
    assert (JobEvent.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.parametrize(("days", "count"), [(None, 0), (11, 0), (9, 1)])
def test_deliveries_are_outlived_by_their_setting(settings, days, count):
    settings.WEBHOOK_DELIVERY_DAYS = days
    now = timezone.now()
    outlived = WebhookDelivery.objects.all().outlived(now)
    if days is None:
        assert outlived.query.is_empty()
    else:
        assert str((now - DAY * days).date()) in str(outlived.query)


# --- manage.py prune


def said(*options: str) -> str:
    out = StringIO()
    call_command("prune", *options, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_what_would_go_and_deletes_nothing(settings, order):
    settings.GUEST_EMPTY_HOURS = 24
    for _ in range(3):
        guest_last_here(DAY * 2)
    lines = {line.split("  ")[0]: line for line in said("--dry-run").splitlines()}
    assert lines["guests without tracks"].split()[3:4] == ["3"]
    assert lines["guests without tracks"].endswith("GUEST_EMPTY_HOURS=24")
    assert lines["old tracks"].endswith("TRACK_DAYS=none")
    assert len(lines) == 1 + len(kinds())
    assert User.objects.filter(is_guest=True, deleted_at=None).count() == 3


@pytest.mark.django_db(transaction=True)
def test_prune_leaves_neither_row_nor_file(settings, alice, order, audio_root):
    kept = finish(order())
    gone = []
    for number in range(2 * guests.DELETED_AT_ONCE + 3):
        guest = guest_last_here(DAY * 500)
        if number % 10 == 0:
            job = jobs.submit(owner=guest, request=MusicRequest("rain", 1.0, seed=1), address_key=ADDRESS)
            finish(job)
        gone.append(guest.pk)
    User.objects.filter(pk__in=gone).update(last_used_at=timezone.now() - DAY * 500)
    text = said()
    assert f"guests not here for long: {len(gone)}" in text
    assert "All of it is gone, files and rows." in text
    assert set(User.objects.all()) == {alice}
    assert [job.pk for job in Job.objects.all()] == [kept.job_id]
    assert len([path for path in audio_root.rglob("*") if path.is_file()]) == 1


@pytest.mark.django_db(transaction=True)
def test_prune_says_what_a_storage_holds_up(monkeypatch, settings):
    guest = guest_last_here(DAY * 500)
    finish(jobs.submit(owner=guest, request=MusicRequest("rain", 1.0, seed=1), address_key=ADDRESS))
    User.objects.update(last_used_at=timezone.now() - DAY * 500)

    def away(self, name):
        raise StorageError("unreachable", "The bucket cannot be reached.", retryable=True)

    with monkeypatch.context() as outage:
        outage.setattr(LocalAudioStorage, "delete", away)
        assert "Still to go: files of 1 tracks" in said()
    Track.objects.update(purge_after=timezone.now())
    assert "All of it is gone" in said()
    assert not User.objects.exists()


def test_the_mail_is_sent_once_however_many_reapers_there_are(kept_for_90_days, alice):
    old_track(alice, 100)
    assert [old_tracks.Warnings().begin(timezone.now()) for _ in range(2)] == [1, 0]
