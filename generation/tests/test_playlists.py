"""Playlists: the order of their tracks, what a deleted track leaves in them, and how many there may be."""

import random
from collections.abc import Callable

import pytest
from django.utils import timezone

from generation import jobs
from generation.models import Playlist, PlaylistEntry, Track
from generation.models import playlist as rules
from generation.models.playlist import RESTORABLE, PlaylistFull
from generation.tests.api_calls import stored_track

pytestmark = pytest.mark.on_both


@pytest.fixture
def tracks(db, scripted, order) -> list[Track]:
    return [stored_track(order(), title=name) for name in "abcdefg"]


@pytest.fixture
def playlist(alice, tracks) -> Playlist:
    made = Playlist.objects.all().make(alice, "Evenings")
    made.add(tracks)
    return made


@pytest.fixture
def shown(playlist) -> Callable[[], str]:
    """The titles of its tracks in order."""
    return lambda: "".join(playlist.tracks.values_list("track__title", flat=True))


def test_tracks_stand_in_the_order_in_which_they_were_added_and_once_each(playlist, shown, tracks):
    assert shown() == "abcdefg"
    assert playlist.add([tracks[3], tracks[0]]) == 0
    assert shown() == "abcdefg"


@pytest.mark.parametrize(
    ("track", "before", "after"),
    [
        ("a", None, "bcdefga"),
        ("g", "a", "gabcdef"),
        ("b", "e", "acdbefg"),
        ("e", "b", "aebcdfg"),
        ("c", "c", "abcdefg"),
        ("c", "d", "abcdefg"),
        ("g", None, "abcdefg"),
        ("c", "b", "acbdefg"),
    ],
)
def test_a_track_is_moved_in_front_of_another(playlist, shown, tracks, track, before, after):
    by_title = {each.title: each.pk for each in tracks}
    assert playlist.move(by_title[track], before=by_title[before] if before else None)
    assert shown() == after


def test_a_hundred_moves_and_removals_come_out_as_in_a_list(playlist, shown, tracks):
    draw, expected = random.Random(7), list(tracks)
    for _ in range(100):
        moved, before = draw.choice(expected), draw.choice([*expected, None])
        assert playlist.move(moved.pk, before=before and before.pk)
        if before is not moved:
            expected.remove(moved)
            expected.insert(len(expected) if before is None else expected.index(before), moved)
        if draw.random() < 0.2:
            out = expected.pop(draw.randrange(len(expected)))
            place = playlist.remove(out.pk)
            assert place is not None
            playlist.add([out], position=place)
            expected = list(
                Track.objects.filter(playlist_entries__playlist=playlist).order_by(
                    "playlist_entries__position"
                )
            )
        assert shown() == "".join(track.title for track in expected)


def test_what_is_taken_out_goes_back_to_where_it_was(playlist, shown, tracks):
    place = playlist.remove(tracks[2].pk)
    assert shown() == "abdefg"
    playlist.add([tracks[2]], position=place)
    assert shown() == "abcdefg"


def test_a_track_that_is_not_in_it_is_neither_moved_nor_removed(playlist, shown, alice, order):
    stranger = stored_track(order())
    assert not playlist.move(stranger.pk, before=None)
    assert playlist.remove(stranger.pk) is None
    assert shown() == "abcdefg"


def test_a_deleted_track_is_not_shown_and_its_entry_goes_with_its_audio(playlist, shown, tracks, monkeypatch):
    from generation.tracks import purging

    jobs.delete_track(track=tracks[1])
    assert shown() == "acdefg"
    assert Playlist.objects.all().with_facts().get().track_count == 6
    monkeypatch.setattr(purging, "_delete_file", lambda file: None)
    purging.purge(tracks[1].pk)
    assert playlist.entries.count() == 6
    assert playlist.move(tracks[0].pk, before=None)
    assert shown() == "cdefga"


def test_there_is_an_end_to_how_many_there_may_be(playlist, alice, tracks, order, monkeypatch):
    monkeypatch.setattr(rules, "MAX_PLAYLIST_TRACKS", 8)
    more = [stored_track(order()) for _ in range(2)]
    with pytest.raises(PlaylistFull, match="holds 8 tracks"):
        playlist.add(more)
    assert playlist.entries.count() == 7
    monkeypatch.setattr(rules, "MAX_PLAYLISTS", 1)
    with pytest.raises(PlaylistFull, match="1 playlists already"):
        Playlist.objects.all().make(alice, "One more")


def test_a_deleted_playlist_can_be_taken_back_for_a_while(playlist, shown, tracks):
    assert playlist.discard()
    assert not Playlist.objects.kept().exists()
    assert playlist.restore()
    assert shown() == "abcdefg"
    playlist.discard()
    Playlist.objects.all().prune(timezone.now())
    assert Playlist.objects.exists()
    Playlist.objects.all().prune(timezone.now() + RESTORABLE * 2)
    assert not Playlist.objects.exists()
    assert not PlaylistEntry.objects.exists()
    assert Track.objects.kept().count() == len(tracks)


def test_what_is_taken_back_counts_and_comes_back_for_an_hour_alone(playlist, alice, monkeypatch):
    playlist.discard()
    monkeypatch.setattr(rules, "MAX_PLAYLISTS", 1)
    other = Playlist.objects.all().make(alice, "In its place")
    with pytest.raises(PlaylistFull):
        playlist.restore()
    other.discard()
    Playlist.objects.filter(pk=playlist.pk).update(deleted_at=timezone.now() - RESTORABLE * 2)
    assert not playlist.restore()
    assert not Playlist.objects.kept().exists()


def test_a_deleted_account_leaves_no_playlist(playlist, alice):
    jobs.delete_owner(owner=alice)
    assert not Playlist.objects.exists()
