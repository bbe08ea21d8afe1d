"""Archives: many tracks, or all of one's data, as one zip that a worker makes."""

import csv
import io
import json
import math
from datetime import timedelta
from urllib.parse import unquote
from uuid import UUID, uuid4
from zipfile import ZIP_STORED, ZipFile

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from accounts.guests import adopt, relations_to_user
from accounts.models import ApiToken, User
from generation import jobs
from generation.archives import making, ordering, purging
from generation.archives.delivery import signed_url
from generation.archives.ordering import ArchiveRefused, NotTheirs
from generation.archives.zip_writer import Copied, ZipWriter
from generation.engines.request import MusicRequest
from generation.models import Archive, Track, WebhookDelivery, WebhookEndpoint
from generation.models.archive import LEASE, MOST_FAILURES
from generation.storage import LocalAudioStorage, StorageError
from generation.tests.api_calls import finish, stored_track
from generation.tests.test_delete_owner import reap_until_nothing_is_done
from generation.tracks.files import to_keep
from generation.webhooks import outbox
from generation.worker import reaper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two(scripted, order) -> list[Track]:
    """Two tracks of alice's with one title."""
    tracks = list(finish(order(variations=2)).job.tracks.order_by("index"))
    Track.objects.update(title="Rain")
    return tracks


def ordered(owner: User, tracks: list[Track], format_name: str = "wav") -> Archive:
    ids = [track.pk for track in tracks]
    return ordering.order_tracks(owner=owner, track_ids=ids, format_name=format_name)


def made(archive: Archive) -> Archive:
    making.make(archive.pk)
    archive.refresh_from_db()
    return archive


def opened(archive: Archive) -> ZipFile:
    assert archive.is_ready, (archive.state, archive.error)
    with archive.storage.open(archive.name) as stored:
        return ZipFile(io.BytesIO(stored.read()))


def rows_of(zip_file: ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(zip_file.read("tracks.csv").decode("utf-8-sig"))))


def test_the_zip_holds_the_audio_as_it_is_stored_and_says_what_lies_where(two, alice):
    Track.objects.filter(pk=two[1].pk).update(time_signature="3/4")
    archive = made(ordered(alice, two))
    zip_file = opened(archive)
    assert zip_file.namelist() == ["Rain.wav", "Rain (2).wav", "tracks.json", "tracks.csv"]
    assert zip_file.getinfo("Rain.wav").compress_type == ZIP_STORED
    files = [
        to_keep(track, "wav") for track in Track.objects.order_by("index").prefetch_related("renditions")
    ]
    for file, name in zip(files, ["Rain.wav", "Rain (2).wav"], strict=True):
        assert file
        with file.storage.open(file.storage_key) as stored:
            assert zip_file.read(name) == stored.read()
    assert [row["id"] for row in json.loads(zip_file.read("tracks.json"))] == [str(track.pk) for track in two]
    assert [row["time_signature"] for row in rows_of(zip_file)] == ["", "3/4"]
    assert [row["sha256"] for row in rows_of(zip_file)] == [file.checksum for file in files if file]
    assert archive.size == archive.storage.stat(archive.name).size
    assert (archive.progress, archive.left_out) == (1, [])


@pytest.mark.parametrize("format_name", ["mp3", "flac", "opus"])
def test_a_format_that_is_not_made_yet_is_made_on_the_way(two, alice, format_name):
    zip_file = opened(made(ordered(alice, two[:1], format_name)))
    rendition = two[0].renditions.get(format=format_name)
    with rendition.storage.open(rendition.storage_key) as stored:
        assert zip_file.read(f"Rain.{format_name}") == stored.read()


def test_a_track_that_was_deleted_meanwhile_is_left_out_and_named(two, alice):
    archive = ordered(alice, two)
    jobs.delete_track(track=two[0])
    zip_file = opened(made(archive))
    assert [name for name in zip_file.namelist() if name.endswith(".wav")] == ["Rain.wav"]
    assert rows_of(zip_file)[0]["id"] == str(two[0].pk)
    assert "deleted" in rows_of(zip_file)[0]["left_out"]
    assert archive.left_out == [[str(two[0].pk), "It was deleted before it could be put in."]]


def test_a_file_that_is_missing_or_cut_off_is_left_out_too(two, alice, audio_root):
    (audio_root / two[0].storage_key).unlink()
    archive = made(ordered(alice, two))
    assert [reason for _, reason in archive.left_out] == ["Its file is missing."]
    two[1].renditions.all().delete()
    path = audio_root / two[1].storage_key
    path.write_bytes(path.read_bytes()[:-100])
    archive = made(ordered(alice, two))
    assert (archive.state, archive.error) == ("failed", making.NOTHING_LEFT)


def test_titles_are_no_formulas_for_spreadsheets(two, alice):
    Track.objects.update(title="=HYPERLINK(1)")
    zip_file = opened(made(ordered(alice, two)))
    assert {row["title"] for row in rows_of(zip_file)} == {"'=HYPERLINK(1)"}
    assert json.loads(zip_file.read("tracks.json"))[0]["title"] == "=HYPERLINK(1)"


def test_what_is_not_ones_own_cannot_be_ordered(two, bob):
    with pytest.raises(NotTheirs):
        ordered(bob, two)
    with pytest.raises(NotTheirs):
        ordering.order_tracks(owner=bob, track_ids=[uuid4()], format_name="wav")
    assert not Archive.objects.exists()


def test_the_owner_is_asked_for_again_when_it_is_made(two, alice, bob):
    archive = ordered(alice, two)
    Track.objects.filter(pk=two[0].pk).update(owner=bob)
    assert [each for each, _ in made(archive).left_out] == [str(two[0].pk)]


@pytest.mark.parametrize("number", [0, 501])
def test_a_zip_holds_one_track_to_five_hundred(alice, number):
    with pytest.raises(ValueError, match="1 to 500"):
        ordering.order_tracks(owner=alice, track_ids=[uuid4() for _ in range(number)], format_name="wav")


def test_pressing_twice_orders_once(two, alice):
    first = ordered(alice, two)
    assert ordered(alice, two[::-1]) == first
    assert ordered(alice, two, "mp3") != first
    made(first)
    assert ordered(alice, two) != first, "titles may have changed since it was made"


def test_only_so_many_are_made_at_once_and_in_a_day(two, alice, settings):
    settings.QUOTA_ARCHIVES_AT_ONCE = {"guest": 1, "user": 1, "staff": None}
    settings.QUOTA_ARCHIVES_PER_DAY = {"guest": 1, "user": 2, "staff": None}
    first = ordered(alice, two)
    with pytest.raises(ArchiveRefused, match="made at once") as refused:
        ordered(alice, two[:1])
    assert (refused.value.is_daily, refused.value.retry_after) == (False, 30)
    made(first)
    made(ordered(alice, two[:1]))
    with pytest.raises(ArchiveRefused, match="2 zips made in 24 hours") as refused:
        ordered(alice, two)
    assert refused.value.is_daily
    assert 0 < refused.value.retry_after <= 24 * 3600
    Archive.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=25))
    ordered(alice, two)


def test_a_guest_may_have_fewer(scripted, settings, order, two, alice):
    settings.QUOTA_ARCHIVES_PER_DAY = {"guest": 0, "user": 9, "staff": None}
    User.objects.filter(pk=alice.pk).update(is_guest=True, email=None)
    alice.refresh_from_db()
    with pytest.raises(ArchiveRefused, match="With an account you may have more"):
        ordered(alice, two)
    settings.SIGNUP_OPEN = False
    with pytest.raises(ArchiveRefused) as refused:
        ordered(alice, two)
    assert "account" not in str(refused.value), "where nobody can make one"


def guests_with_a_track(number: int) -> list[tuple[User, Track]]:
    guests = [User.objects.create_guest() for _ in range(number)]
    request = MusicRequest(prompt="rain", duration=1.0, seed=7)
    return [(guest, stored_track(jobs.submit(owner=guest, request=request))) for guest in guests]


def test_guests_of_one_address_count_as_one(scripted, settings):
    settings.QUOTA_ARCHIVES_PER_DAY = {"guest": 2, "user": 9, "staff": None}
    settings.QUOTA_ARCHIVES_AT_ONCE = {"guest": 1, "user": 9, "staff": None}
    (first, one), (second, two), (third, three) = guests_with_a_track(3)
    here, elsewhere = uuid4(), uuid4()

    def order(guest: User, track: Track, address: UUID) -> Archive:
        return ordering.order_tracks(
            owner=guest, track_ids=[track.pk], format_name="wav", address_key=address
        )

    made = order(first, one, here)
    assert order(first, one, elsewhere) == made, "that is the same once more"
    with pytest.raises(
        ArchiveRefused, match=r"of one address together may have 1 zip made at once, and it is"
    ):
        order(second, two, here)
    with pytest.raises(ArchiveRefused, match="at once"):
        ordering.order_everything(owner=second, address_key=here)
    order(third, three, elsewhere)
    Archive.objects.unended().update(state="failed")
    order(second, two, here)
    Archive.objects.unended().update(state="ready", name="archives/1.zip", storage_type="local")
    order(first, one, here)
    Archive.objects.unended().update(state="ready", name="archives/1.zip", storage_type="local")
    with pytest.raises(ArchiveRefused, match=r"2 zips made in 24 hours, and have\. With an account"):
        order(third, three, here)
    assert ordering.order_everything(owner=third, address_key=here), "all one's own data is for each to have"


def test_zips_of_a_guest_who_signs_up_count_for_the_account_alone(scripted, alice):
    [(guest, track)] = guests_with_a_track(1)
    archive = ordering.order_tracks(owner=guest, track_ids=[track.pk], format_name="wav", address_key=uuid4())
    assert Archive.objects.get().holder_id == archive.address_key
    adopt(guest, alice)
    assert (Archive.objects.get().address_key, Archive.objects.get().holder_id) == (None, alice.pk)


def test_addresses_of_guests_are_forgotten(scripted):
    [(guest, track)] = guests_with_a_track(1)
    ordering.order_tracks(owner=guest, track_ids=[track.pk], format_name="wav", address_key=uuid4())
    archives = Archive.objects.all()
    later = timezone.now() + timedelta(days=2, seconds=1)
    assert archives.forget_addresses(later) == 0, "it is not made yet"
    archives.update(state="ready", name="archives/1.zip", storage_type="local")
    assert archives.forget_addresses(later - timedelta(seconds=9)) == 0
    assert archives.forget_addresses(later) == 1
    assert Archive.objects.get().holder_id == guest.pk


def test_a_worker_that_dies_over_it_is_followed_by_another_but_not_for_ever(two, alice):
    archive = ordered(alice, two)
    for number in range(1, MOST_FAILURES + 1):
        OrmQ.objects.all().delete()
        assert archive.claim("dead"), number
        assert not Archive.objects.get(pk=archive.pk).claim("other"), "it is held"
        Archive.objects.update(
            lease_until=timezone.now() - timedelta(seconds=1), woken_at=timezone.now() - LEASE
        )
        reaper.reap()
        assert [message.func() for message in OrmQ.objects.all()] == ["generation.worker.tasks.make_archive"]
    assert not archive.claim("last")
    archive.refresh_from_db()
    assert (archive.state, "kept dying" in archive.error) == ("failed", True)


def test_a_message_that_was_lost_is_sent_again(two, alice):
    archive = ordered(alice, two)
    OrmQ.objects.all().delete()
    reaper.reap()
    assert not OrmQ.objects.exists(), "it may only be slow"
    Archive.objects.update(woken_at=timezone.now() - timedelta(minutes=2))
    reaper.reap()
    assert OrmQ.objects.get().task["args"] == (str(archive.pk),)


def test_a_storage_that_is_away_is_tried_again_and_then_given_up(two, alice, monkeypatch, settings):
    settings.JOB_STORE_PATIENCE_SECONDS = 0
    archive = ordered(alice, two)

    def away(self, name, content):
        raise StorageError("unreachable", "The bucket cannot be reached.", retryable=True)

    monkeypatch.setattr(LocalAudioStorage, "_save", away)
    for number in range(1, MOST_FAILURES):
        made(archive)
        assert (archive.state, archive.failures) == ("queued", number)
        assert archive.run_after > timezone.now()
        Archive.objects.update(run_after=timezone.now())
    made(archive)
    assert archive.state == "failed"
    assert "cannot be used at the moment" in archive.error


def test_a_full_disk_is_said_in_a_sentence(two, alice, monkeypatch):
    archive = ordered(alice, two)
    Archive.objects.update(failures=MOST_FAILURES - 1)

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        "generation.storage.scratch._ErrorKeepingFile.write",
        lambda self, data: self._keeping_error(lambda: full(self, data)),
    )
    assert "is full" in made(archive).error
    assert archive.state == "failed"


def test_one_that_is_deleted_while_it_is_made_leaves_nothing(two, alice, audio_root, monkeypatch):
    archive = ordered(alice, two)
    real = LocalAudioStorage._save

    def save(self, name, content):
        Archive.objects.all().discard(timezone.now())
        return real(self, name, content)

    monkeypatch.setattr(making, "BEAT_SECONDS", 3600)
    monkeypatch.setattr(LocalAudioStorage, "_save", save)
    making.make(archive.pk)
    assert not (audio_root / "archives").exists()
    reap_until_nothing_is_done()
    assert Archive.objects.get().purged_at, "its row is kept for a day, for the quota"
    Archive.objects.update(created_at=timezone.now() - timedelta(hours=25))
    reaper.reap()
    assert not Archive.objects.exists()


def test_an_attempt_that_comes_too_late_takes_its_zip_along(two, alice, audio_root, monkeypatch):
    archive = ordered(alice, two)
    real = LocalAudioStorage._save

    def save(self, name, content):
        stored = real(self, name, content)
        if name.endswith("/1.zip"):
            Archive.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            making.make(archive.pk)
        return stored

    monkeypatch.setattr(making, "BEAT_SECONDS", 3600)
    monkeypatch.setattr(LocalAudioStorage, "_save", save)
    making.make(archive.pk)
    archive.refresh_from_db()
    assert archive.name.endswith("/2.zip")
    assert [path.name for path in (audio_root / "archives").rglob("*.zip")] == ["2.zip"]


def test_a_worker_that_is_to_end_hands_it_back(two, alice):
    archive = ordered(alice, two)
    OrmQ.objects.all().delete()
    making.make(archive.pk, should_end=lambda: True)
    archive.refresh_from_db()
    assert (archive.state, archive.failures) == ("queued", 0)
    assert OrmQ.objects.count() == 1
    made(archive)
    assert archive.is_ready


def test_a_worker_that_is_to_end_wakes_the_next_for_others(two, alice, monkeypatch):
    monkeypatch.setattr(making, "BEAT_SECONDS", 3600)
    first, second = ordered(alice, two), ordered(alice, two, "mp3")
    OrmQ.objects.all().delete()
    answers = iter([False])
    making.make(first.pk, should_end=lambda: next(answers, True))
    first.refresh_from_db()
    assert first.is_ready
    assert OrmQ.objects.get().task["args"] == (str(second.pk),)


@pytest.fixture
def adoption(two, alice, bob, monkeypatch) -> User:
    """Alice is a guest, who logs in to bob's account after the first of her tracks was put in."""
    User.objects.filter(pk=alice.pk).update(is_guest=True, email=None)
    alice.refresh_from_db()
    real = ZipWriter.copy
    put_in: list[Copied] = []

    def copy(self, *about):
        copied = real(self, *about)
        if not put_in:
            adopt(alice, bob)
        put_in.append(copied)
        return copied

    monkeypatch.setattr(ZipWriter, "copy", copy)
    return alice


@pytest.mark.parametrize("pause", [0, 3600])
def test_the_zip_of_a_guest_who_logs_in_meanwhile_lacks_nothing(two, adoption, bob, monkeypatch, pause):
    monkeypatch.setattr(making, "BEAT_SECONDS", pause)
    archive = ordered(adoption, two)
    OrmQ.objects.all().delete()
    assert made(archive).state == "queued", "it is made anew, of the tracks of the account"
    assert (archive.owner, archive.failures, OrmQ.objects.count()) == (bob, 0, 1)
    assert opened(made(archive)).namelist()[:2] == ["Rain.wav", "Rain (2).wav"]
    assert archive.left_out == []


def test_all_the_data_of_a_guest_who_logs_in_meanwhile_is_that_of_the_account(two, adoption, bob):
    archive = made(ordering.order_everything(owner=adoption))
    zip_file = opened(made(archive))
    assert json.loads(zip_file.read("account.json"))["email"] == bob.email
    assert len(json.loads(zip_file.read("tracks.json"))) == 2


def test_half_of_the_workers_are_left_to_music(two, alice, settings):
    settings.GENERATION_WORKERS = 2
    first, second = ordered(alice, two), ordered(alice, two, "mp3")
    assert first.claim("busy")
    making.make(second.pk)
    second.refresh_from_db()
    assert second.state == "queued"
    OrmQ.objects.all().delete()
    Archive.objects.filter(pk=first.pk).update(state="queued", maker="", lease_until=None)
    made(first)
    assert OrmQ.objects.get().task["args"] == (str(second.pk),), "the end of one wakes the next"


def hours_left(archive: Archive) -> int:
    """As the next whole number."""
    archive.refresh_from_db()
    assert archive.expires_at
    left = archive.expires_at - timezone.now()
    return math.ceil(left / timedelta(hours=1))


def test_more_workers_make_more_zips_at_once(two, alice, settings):
    settings.GENERATION_WORKERS = 4
    first, second = ordered(alice, two), ordered(alice, two, "mp3")
    assert first.claim("busy")
    assert made(second).is_ready


def test_it_ends_after_its_hours_and_nothing_is_left(two, alice, audio_root, settings):
    settings.ARCHIVE_HOURS = 3
    archive = made(ordered(alice, two))
    assert hours_left(archive) == 3
    failed = ordered(alice, two, "mp3")
    failed.claim("busy")
    assert failed.fail("The disk is full.")
    assert hours_left(failed) == 3
    reap_until_nothing_is_done()
    assert Archive.objects.visible_to(alice).exists()
    Archive.objects.update(expires_at=timezone.now())
    reaper.reap()
    assert not Archive.objects.visible_to(alice).exists()
    reap_until_nothing_is_done()
    assert not (audio_root / "archives").exists()


def test_a_storage_that_fails_holds_the_row_until_it_lets_go(two, alice, audio_root, monkeypatch):
    archive = made(ordered(alice, two))
    Archive.objects.all().discard(timezone.now())

    def away(self, name):
        raise StorageError("unreachable", "The bucket cannot be reached.", retryable=True)

    with monkeypatch.context() as outage:
        outage.setattr(LocalAudioStorage, "delete", away)
        purging.purge_if_due(archive.pk)
    archive.refresh_from_db()
    assert archive.purged_at is None
    assert archive.purge_after > timezone.now()
    Archive.objects.update(purge_after=timezone.now())
    purging.purge_if_due(archive.pk)
    assert not (audio_root / "archives").exists()


def test_everything_is_in_the_export_and_no_secret(two, alice, settings):
    settings.SITE_NAME = "Night Radio"
    ApiToken.objects.issue(alice, "radio bot", ["read"])
    archive = made(ordering.order_everything(owner=alice))
    zip_file = opened(archive)
    names = set(zip_file.namelist())
    assert {"README.txt", "account.json", "jobs.json", "audio/Rain.wav", "audio/Rain (2).wav"} <= names
    assert json.loads(zip_file.read("account.json"))["email"] == alice.email
    [job] = json.loads(zip_file.read("jobs.json"))
    assert job["input"]["prompt"] == "rainy night"
    assert {UUID(track["id"]) for track in json.loads(zip_file.read("tracks-more.json"))} == {
        track.pk for track in two
    }
    [token] = json.loads(zip_file.read("api-tokens.json"))
    assert token["name"] == "radio bot"
    everything = b"".join(zip_file.read(name) for name in names)
    assert ApiToken.objects.get().digest.encode() not in everything
    readme = zip_file.read("README.txt").decode()
    assert all(name.split("/")[0] in readme for name in names - {"README.txt"})
    assert "Night Radio" in readme
    assert "Night Radio, all my data" in unquote(unquote(signed_url(archive)))
    with pytest.raises(ArchiveRefused, match="once in 24 hours"):
        ordering.order_everything(owner=alice)


def test_the_export_has_what_programs_were_told_and_the_zips_that_can_be_had(two, alice):
    hook, _ = WebhookEndpoint.objects.all().add(
        alice,
        url="https://radio.example/hook",
        events=["job.completed"],
        jobs_url="https://music.example/jobs",
    )
    outbox.send_test(hook)
    sent = WebhookDelivery.objects.get()
    sent.attempts.create(at=sent.created_at, duration=0.5, status_code=500, answer="No room.")
    earlier = made(ordered(alice, two))
    zip_file = opened(made(ordering.order_everything(owner=alice)))
    [message] = json.loads(zip_file.read("webhook-messages.json"))
    assert (message["id"], message["webhook_id"]) == (str(sent.pk), str(hook.pk))
    assert message["attempts"][0]["answer"] == "No room."
    assert message["created_at"] == sent.created_at.isoformat(), "a moment is written as ISO 8601 has it"
    zips = json.loads(zip_file.read("zips.json"))
    assert [each["kind"] for each in zips] == ["tracks", "everything"]
    assert zips[0]["id"] == str(earlier.pk)
    everything = b"".join(zip_file.read(name) for name in zip_file.namelist())
    assert hook.secret_salt.encode() not in everything
    assert hook.secret_digest.encode() not in everything


def test_of_every_table_that_refers_to_a_user_it_is_known_whether_it_is_in_the_export():
    """Whoever adds one names it here, and in the export or among what `docs/data.md` says is not in it."""
    exported = {"Job", "Track", "Playlist", "Archive", "WebhookEndpoint", "ApiToken", "EmailAddress"}
    exported |= {"Authenticator"}  # that there is a second factor, in account.json
    left_out = {"SessionOwner", "LogEntry"}
    assert {model.__name__ for model, _ in relations_to_user()} == exported | left_out


def test_the_export_of_who_has_nothing_is_a_zip_too(bob):
    assert "account.json" in opened(made(ordering.order_everything(owner=bob))).namelist()


def test_it_goes_with_its_owner(two, alice, audio_root):
    made(ordered(alice, two))
    jobs.delete_owner(owner=alice)
    assert not Archive.objects.kept().exists()
    reap_until_nothing_is_done()
    assert not User.objects.exists()
    assert not [path for path in audio_root.rglob("*") if path.is_file()]
