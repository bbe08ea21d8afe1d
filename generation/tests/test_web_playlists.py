"""The pages of playlists, with and without a script."""

import re

import pytest

from accounts.guests import adopt
from accounts.models import User
from generation.models import Playlist, Track
from generation.tests.api_calls import stored_track
from generation.tests.web_pages import text_of


@pytest.fixture
def tracks(db, scripted, order) -> list[Track]:
    return [stored_track(order(), title=title) for title in ("Rain", "Snow", "Wind")]


@pytest.fixture
def playlist(alice, tracks) -> Playlist:
    made = Playlist.objects.all().make(alice, "Evenings")
    made.add(tracks)
    return made


def titles(response) -> list[str]:
    """The tracks on a playlist's page, in order."""
    return re.findall(r'<a href="/tracks/[\w-]+/">(\w+)</a>\s*</h2>', response.content.decode())


def test_a_playlist_is_made_and_stands_among_the_others(alices, tracks):
    assert "in an order of your own" in text_of(alices.get("/playlists/"))
    made = alices.post("/playlists/", {"title": "  Evenings "}, follow=True)
    assert "Nothing is in this playlist yet" in text_of(made)
    assert "Evenings" in text_of(alices.get("/playlists/"))


@pytest.mark.parametrize("title", ["", "   ", "​", "x" * 101])
def test_a_playlist_needs_a_title_that_can_be_read(alices, tracks, title):
    response = alices.post("/playlists/", {"title": title})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Playlist.objects.exists()


def test_its_page_shows_its_tracks_in_order_in_few_queries(
    alices, playlist, order, django_assert_max_num_queries
):
    playlist.add(stored_track(order(), title="More") for _ in range(20))
    with django_assert_max_num_queries(6):
        response = alices.get(f"/playlists/{playlist.pk}/")
    assert titles(response)[:4] == ["Rain", "Snow", "Wind", "More"]
    with django_assert_max_num_queries(5):
        alices.get("/playlists/")


def test_tracks_are_moved_by_a_script_and_by_buttons(alices, playlist, tracks):
    page, address = f"/playlists/{playlist.pk}/", f"/playlists/{playlist.pk}/move"
    rain, _, wind = (str(track.pk) for track in tracks)
    moved = alices.post(address, {"track": wind, "before": rain}, headers={"HX-Request": "true"})
    assert moved.status_code == 204
    assert titles(alices.get(page)) == ["Wind", "Rain", "Snow"]
    alices.post(address, {"track": wind, "before": ""}, headers={"HX-Request": "true"})
    assert titles(alices.get(page)) == ["Rain", "Snow", "Wind"]
    assert titles(alices.post(address, {"track": rain, "to": "down"}, follow=True)) == [
        "Snow",
        "Rain",
        "Wind",
    ]
    assert titles(alices.post(address, {"track": rain, "to": "down"}, follow=True)) == [
        "Snow",
        "Wind",
        "Rain",
    ]
    assert titles(alices.post(address, {"track": rain, "to": "down"}, follow=True)) == [
        "Snow",
        "Wind",
        "Rain",
    ]
    assert titles(alices.post(address, {"track": rain, "to": "up"}, follow=True)) == ["Snow", "Rain", "Wind"]
    assert alices.post(address, {"track": str(playlist.pk)}).status_code == 404
    for wrong in ({}, {"track": "no id"}, {"track": rain, "before": "x"}):
        assert alices.post(address, wrong).status_code == 400


def undo_in(response) -> tuple[str, dict[str, str]]:
    """Where the undo of a page is sent, and with what."""
    html = response.content.decode()
    form = re.search(r'<form class="undo" method="post" action="([^"]+)">(.*?)</form>', html, re.DOTALL)
    assert form, html
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[2])
    return form[1].replace("&amp;", "&"), dict(fields)


def test_what_is_taken_out_or_deleted_can_be_put_back(alices, playlist, tracks):
    page = f"/playlists/{playlist.pk}/"
    removed = alices.post(f"{page}remove", {"track": str(tracks[1].pk)}, follow=True)
    assert titles(removed) == ["Rain", "Wind"]
    address, fields = undo_in(removed)
    assert titles(alices.post(address, fields, follow=True)) == ["Rain", "Snow", "Wind"]
    deleted = alices.post(f"{page}delete", follow=True)
    assert alices.get(page).status_code == 404
    address, fields = undo_in(deleted)
    assert titles(alices.post(address, fields, follow=True)) == ["Rain", "Snow", "Wind"]
    renamed = alices.post(f"{page}rename", {"title": "Mornings"}, follow=True)
    assert "Mornings" in text_of(renamed)
    address, fields = undo_in(renamed)
    alices.post(address, fields)
    playlist.refresh_from_db()
    assert playlist.title == "Evenings"


def test_nothing_is_put_back_where_the_playlist_is_full_by_now(alices, playlist, tracks, order, monkeypatch):
    monkeypatch.setattr("generation.models.playlist.MAX_PLAYLIST_TRACKS", 3)
    removed = alices.post(f"/playlists/{playlist.pk}/remove", {"track": str(tracks[1].pk)}, follow=True)
    playlist.add([stored_track(order(), title="Hail")])
    address, fields = undo_in(removed)
    refused = alices.post(address, fields, follow=True)
    assert titles(refused) == ["Rain", "Wind", "Hail"]
    assert "A playlist holds 3 tracks" in text_of(refused)


def test_tracks_are_put_into_a_playlist_that_is_chosen_or_made(alices, playlist, tracks, order):
    more = [stored_track(order(), title=title) for title in ("Sun", "Fog")]
    query = "&".join(f"track={track.pk}" for track in more)
    assert "Add 2 tracks" in text_of(alices.get(f"/playlists/choose?{query}"))
    ids = [str(track.pk) for track in more]
    asked = alices.post("/playlists/choose", {"track": ids})  # as the library's bar does
    assert (asked.status_code, "Add 2 tracks" in text_of(asked)) == (200, True)
    answer = alices.post("/playlists/choose", {"track": ids, "playlist": str(playlist.pk)}, follow=True)
    assert "2 of 2 tracks are in “Evenings”." in text_of(answer)
    assert titles(alices.get(f"/playlists/{playlist.pk}/"))[-2:] == ["Sun", "Fog"]
    answer = alices.post(
        "/playlists/choose", {"track": ids[:1], "title": "New one", "next": "/playlists/"}, follow=True
    )
    assert answer.redirect_chain == [("/playlists/", 302)]
    assert titles(alices.get(f"/playlists/{Playlist.objects.get(title='New one').pk}/")) == ["Sun"]
    assert alices.post("/playlists/choose", {"track": ids, "title": ""}).status_code == 422


def test_only_tracks_and_playlists_of_one_s_own_come_together(alices, client, bob, playlist, tracks):
    theirs = Playlist.objects.all().make(bob, "Theirs")
    ids = [str(track.pk) for track in tracks]
    assert alices.post("/playlists/choose", {"track": ids, "playlist": str(theirs.pk)}).status_code == 404
    client.force_login(bob)
    assert client.post("/playlists/choose", {"track": ids, "playlist": str(theirs.pk)}).status_code == 404
    assert client.get(f"/playlists/choose?track={ids[0]}").status_code == 404
    assert client.get(f"/playlists/{playlist.pk}/").status_code == 404
    for verb in ("rename", "delete", "restore", "move", "remove", "put-back"):
        data = {"title": "Mine", "track": ids[0]}
        assert client.post(f"/playlists/{playlist.pk}/{verb}", data).status_code == 404
    assert theirs.entries.count() == 0
    assert playlist.entries.count() == 3


def test_who_is_logged_out_is_told_to_log_in(client, tracks):
    assert "Log in" in text_of(client.get("/playlists/"))
    assert client.post("/playlists/", {"title": "Nobody's"}).status_code == 200
    assert not Playlist.objects.exists()


def test_a_guest_s_playlists_become_the_account_s(alice, tracks):
    guest = User.objects.create_guest()
    made = Playlist.objects.all().make(guest, "Of a guest")
    adopt(guest, alice)
    assert Playlist.objects.visible_to(alice).get() == made
