"""Which tracks a query gives, and what its owner may change: with a row beside each one that is meant."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import User
from generation.engines.request import MAX_TITLE, MusicRequest
from generation.models import Job, Track
from generation.models.track import title_for
from generation.models.track_queries import PURGE_GRACE
from generation.models.track_sharing import Visibility
from generation.tests.api_calls import stored_track

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PAST, FUTURE = NOW - timedelta(seconds=1), NOW + timedelta(minutes=1)
DELETED = {"deleted_at": PAST, "purge_after": PAST}


def made(owner: User, **fields: Any) -> Track:
    job = Job.objects.create(
        owner=owner, engine="scripted", input={"prompt": "rain", "duration": 1, "seed": 1}
    )
    return stored_track(job, **fields)


def test_everybody_sees_their_own_tracks_that_are_not_deleted(alice, bob):
    mine = made(alice)
    made(alice, **DELETED)
    theirs = made(bob)
    assert list(Track.objects.visible_to(alice)) == [mine]
    assert list(Track.objects.visible_to(bob)) == [theirs]
    assert not Track.objects.visible_to(AnonymousUser()).exists()


def test_words_are_looked_for_in_title_and_prompt(alice):
    both = made(alice, title="Night rain", prompt="slow piano")
    made(alice, title="Night train", prompt="fast drums")
    made(alice, title="Day", prompt="slow drums")
    assert list(Track.objects.all().matching("NIGHT piano")) == [both]
    assert Track.objects.all().matching("").count() == 3


def test_a_tag_is_found_entire(alice):
    tagged = made(alice, tags=["calm", "night"])
    made(alice, tags=["calmer"])
    made(alice)
    assert list(Track.objects.all().tagged("calm")) == [tagged]


def test_a_rendition_is_due_of_kept_tracks_whose_time_has_come(alice):
    due = made(alice, rendition_due_at=PAST)
    made(alice, rendition_due_at=FUTURE)
    made(alice)
    made(alice, rendition_due_at=PAST, **DELETED)
    assert list(Track.objects.rendition_due(NOW)) == [due]


def test_to_purge_is_what_was_deleted_is_stored_and_due(alice):
    due = made(alice, **DELETED)
    made(alice)
    made(alice, **DELETED | {"purge_after": FUTURE})
    made(alice, **DELETED, purged_at=PAST)
    assert list(Track.objects.to_purge(NOW)) == [due]


def test_without_message_is_what_is_to_be_purged_and_nobody_was_woken_for(alice):
    lost = NOW - PURGE_GRACE - timedelta(seconds=1)
    never = made(alice, **DELETED)
    too_early = made(alice, **DELETED, purge_woken_at=PAST - timedelta(seconds=1))
    long_ago = made(alice, **DELETED | {"purge_after": lost}, purge_woken_at=lost)
    made(alice, **DELETED, purge_woken_at=PAST)
    made(alice, **DELETED | {"purge_after": FUTURE})
    assert set(Track.objects.without_message(NOW)) == {never, too_early, long_ago}


def test_discarding_takes_the_words_of_its_owner_and_leaves_the_other_tracks(alice):
    fields = {"tags": ["calm"], "favorite": True, "visibility": Visibility.PUBLIC}
    track, other = made(alice, **fields), made(alice, **fields)
    assert track.discard()
    assert not track.discard()
    track.refresh_from_db()
    other.refresh_from_db()
    assert (track.title, track.prompt, track.tags, track.favorite, track.visibility) == (
        *("", "", [], False, Visibility.PRIVATE),
    )
    assert track.purge_after == track.purge_woken_at == track.deleted_at
    assert (other.title, other.tags, other.deleted_at) == ("Rain", ["calm"], None)


def test_deleting_again_does_not_change_when_the_audio_goes(alice):
    made(alice, **DELETED)
    assert Track.objects.all().discard(NOW) == 0
    assert Track.objects.get().deleted_at == PAST


def test_a_purge_is_only_put_off_to_later(alice):
    early, late = made(alice, **DELETED), made(alice, **DELETED | {"purge_after": FUTURE})
    made(alice, **DELETED, purged_at=PAST)
    assert Track.objects.all().postpone_purge(NOW) == 1
    moments = dict(Track.objects.unpurged().values_list("pk", "purge_after"))
    assert moments == {early.pk: NOW, late.pk: FUTURE}


def test_editing_changes_what_is_given_of_that_track_alone(alice):
    track, other = made(alice, tags=["calm"]), made(alice)
    assert track.edit(title="Night", favorite=True)
    track.refresh_from_db()
    other.refresh_from_db()
    assert (track.title, track.favorite, track.tags) == ("Night", True, ["calm"])
    assert (other.title, other.favorite) == ("Rain", False)
    assert track.edit(tags=[], visibility=Visibility.PUBLIC, favorite=False)
    track.refresh_from_db()
    assert (track.title, track.favorite, track.tags, track.visibility) == ("Night", False, [], "public")


def test_a_deleted_track_is_not_edited(alice):
    track, other = made(alice), made(alice)
    assert track.edit()
    track.discard()
    assert not track.edit(title="Night")
    assert not track.edit()
    assert other.edit()
    assert not Track.objects.filter(title="Night").exists()


def test_a_rendition_is_postponed_once_for_all_who_saw_it_due(alice):
    made(alice, rendition_due_at=PAST)
    one, two = Track.objects.get(), Track.objects.get()
    other = made(alice, rendition_due_at=PAST)
    assert one.postpone_rendition(timedelta(minutes=1))
    assert not two.postpone_rendition(timedelta(minutes=1))
    other.refresh_from_db()
    assert other.rendition_due_at == PAST


@pytest.mark.parametrize("gone", [{"rendition_due_at": None}, {"rendition_due_at": PAST, **DELETED}])
def test_a_rendition_that_is_there_or_not_wanted_is_not_postponed(alice, gone):
    assert not made(alice, **gone).postpone_rendition(timedelta(minutes=1))


def test_a_rendition_is_put_off_by_half_the_age_within_bounds(alice):
    track = made(alice, created_at=NOW - timedelta(hours=1), rendition_due_at=PAST)

    def delay(*bounds: timedelta) -> timedelta:
        before = timezone.now()
        assert track.postpone_rendition(*bounds)
        track.refresh_from_db()
        return track.rendition_due_at - before

    assert timedelta(minutes=30) <= delay(timedelta(minutes=1)) < timedelta(minutes=45)
    assert timedelta(minutes=5) <= delay(timedelta(minutes=1), timedelta(minutes=5)) < timedelta(minutes=20)
    assert timedelta(hours=2) <= delay(timedelta(hours=2)) < timedelta(hours=2, minutes=15)


def test_where_a_file_lies_is_changed_only_where_it_has_not_moved(alice):
    track, other = made(alice), made(alice)
    elsewhere = Track.objects.get(pk=track.pk)
    assert track.relocate("s3", "tracks/new.wav")
    assert not elsewhere.relocate("s3", "tracks/newer.wav")
    assert not elsewhere.where_it_was().exists()
    found = elsewhere.refetched()
    assert found
    assert (found.storage_type, found.storage_key) == ("s3", "tracks/new.wav")
    other.refresh_from_db()
    assert other.storage_type == "local"
    other.discard()
    assert not other.relocate("s3", "tracks/other.wav")
    assert other.refetched() is None


@pytest.mark.parametrize(
    ("prompt", "index", "variations", "title"),
    [
        ("rainy  night", 0, 1, "Rainy night"),
        ("rainy night", 1, 2, "Rainy night (2)"),
        ("a " * 40, 0, 1, "A " + "a " * 28 + "a…"),
        ("x" * 59 + ", and more", 0, 1, "X" + "x" * 58 + "…"),
        ("x" * 59 + ", and more", 3, 4, "X" + "x" * 58 + "… (4)"),
    ],
)
def test_without_one_a_title_is_the_beginning_of_the_prompt(prompt, index, variations, title):
    assert title_for(MusicRequest(prompt, 1.0, variations=variations), index) == title


@pytest.mark.parametrize(
    ("given", "index", "variations", "title"),
    [
        ("iPhone lullaby", 0, 1, "iPhone lullaby"),
        ("iPhone lullaby", 1, 2, "iPhone lullaby (2)"),
        ("two  spaces,", 0, 1, "two  spaces,"),
        ("a long name " * 8 + "of 103.", 0, 1, "a long name " * 8 + "of 103."),
        ("a long name " * 8 + "of 103.", 1, 2, "a long name " * 8 + "of 103. (2)"),
        ("t" * 120, 0, 1, "t" * 120),
        ("t" * 116, 3, 4, "t" * 116 + " (4)"),
        ("t" * 117, 3, 4, "t" * 115 + "… (4)"),
        ("t" * 114 + " " + "t" * 5, 3, 4, "t" * 114 + "… (4)"),
    ],
)
def test_a_title_that_was_given_stays_as_it_was_written(given, index, variations, title):
    made = title_for(MusicRequest("rain", 1.0, title=given, variations=variations), index)
    assert made == title
    assert len(made) <= MAX_TITLE == Track._meta.get_field("title").max_length


def test_it_is_changed_and_deleted_only_as_it_was_seen(alice):
    track, other = made(alice, tags=["wet", "é"]), made(alice)
    seen = Track.objects.get(pk=track.pk)
    assert seen.edit(only_as_seen=True)
    assert seen.edit(title="Late train", only_as_seen=True)
    assert not seen.edit(title="Later train", only_as_seen=True)
    assert not seen.edit(only_as_seen=True)
    assert not seen.discard(only_as_seen=True)
    track.refresh_from_db()
    assert (track.title, track.deleted_at) == ("Late train", None)
    assert track.discard(only_as_seen=True)
    assert list(Track.objects.kept()) == [other]
