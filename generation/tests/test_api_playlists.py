"""`/playlists`."""

from typing import Any
from uuid import uuid4

import pytest

from generation.models import Playlist, Track
from generation.models import playlist as rules
from generation.tests.api_calls import API, client_of, problem, stored_track, wrong_fields

PLAYLISTS = f"{API}/playlists"


@pytest.fixture
def program(alice):
    return client_of(alice)


@pytest.fixture
def tracks(db, scripted, order) -> list[Track]:
    return [stored_track(order(), title=title, duration=30.0) for title in ("Rain", "Snow", "Wind")]


@pytest.fixture
def made(program, tracks) -> dict[str, Any]:
    return program.post(PLAYLISTS, {"title": "Evenings"}, format="json").json()


def ids(tracks) -> list[str]:
    return [str(track.pk) for track in tracks]


def titles(program, made) -> list[str]:
    return [track["title"] for track in program.get(made["urls"]["tracks"]).json()["results"]]


def test_a_playlist_from_its_making_to_its_end(program, made, tracks):
    assert (made["title"], made["tracks"], made["duration"]) == ("Evenings", 0, 0.0)
    added = program.post(made["urls"]["tracks"], {"track_ids": ids(tracks)}, format="json").json()
    assert (added["tracks"], added["duration"]) == (3, 90.0)
    assert titles(program, made) == ["Rain", "Snow", "Wind"]
    shown = program.get(made["urls"]["tracks"]).json()["results"][0]
    assert shown == program.get(f"{API}/tracks/{tracks[0].pk}").json()
    moved = program.post(
        f"{made['urls']['tracks']}/{tracks[2].pk}/move", {"before": str(tracks[0].pk)}, format="json"
    )
    assert moved.status_code == 200
    assert titles(program, made) == ["Wind", "Rain", "Snow"]
    assert program.delete(f"{made['urls']['tracks']}/{tracks[0].pk}").status_code == 204
    assert titles(program, made) == ["Wind", "Snow"]
    changed = program.patch(made["urls"]["self"], {"title": "Nights"}, format="json").json()
    assert changed["title"] == "Nights"
    assert [each["title"] for each in program.get(PLAYLISTS).json()["results"]] == ["Nights"]
    assert program.delete(made["urls"]["self"]).status_code == 204
    assert program.get(made["urls"]["self"]).status_code == 404
    assert program.get(f"{API}/tracks/{tracks[0].pk}").status_code == 200


def test_making_one_says_where_it_is(program, made):
    response = program.post(PLAYLISTS, {"title": "Two"}, format="json")
    assert (response.status_code, response["Location"]) == (201, response.json()["urls"]["self"])


def test_its_tracks_come_in_pages(program, made, tracks):
    program.post(made["urls"]["tracks"], {"track_ids": ids(tracks)}, format="json")
    page, found = f"{made['urls']['tracks']}?page_size=1", []
    while page:
        answer = program.get(page).json()
        found += [track["title"] for track in answer["results"]]
        page = answer["next"]
    assert found == ["Rain", "Snow", "Wind"]


def test_a_page_of_tracks_is_few_queries(program, made, tracks, django_assert_max_num_queries):
    program.post(made["urls"]["tracks"], {"track_ids": ids(tracks)}, format="json")
    with django_assert_max_num_queries(7):
        program.get(made["urls"]["tracks"])


def test_all_tracks_are_added_or_none(program, made, tracks, bob, scripted, order):
    wanted = [*ids(tracks), str(uuid4())]
    answer = program.post(made["urls"]["tracks"], {"track_ids": wanted}, format="json")
    assert wrong_fields(answer) == {"track_ids": "not_found"}
    Track.objects.filter(pk=tracks[0].pk).update(owner=bob)
    answer = program.post(made["urls"]["tracks"], {"track_ids": ids(tracks)}, format="json")
    assert wrong_fields(answer) == {"track_ids": "not_found"}
    assert titles(program, made) == []


@pytest.mark.parametrize(
    "body", [{}, {"title": ""}, {"title": "  "}, {"title": 7}, {"title": "x" * 101}, {"name": "Evenings"}]
)
def test_a_title_is_asked_for(program, db, body):
    assert wrong_fields(program.post(PLAYLISTS, body, format="json"))
    assert not Playlist.objects.exists()


def test_a_move_names_a_track_of_the_playlist(program, made, tracks):
    program.post(made["urls"]["tracks"], {"track_ids": ids(tracks[:2])}, format="json")
    place = f"{made['urls']['tracks']}/{tracks[0].pk}/move"
    wrong = program.post(place, {"before": str(tracks[2].pk)}, format="json")
    assert wrong_fields(wrong) == {"before": "not_found"}
    elsewhere = f"{made['urls']['tracks']}/{tracks[2].pk}/move"
    problem(program.post(elsewhere, {"before": None}, format="json"), 404, "not_found")
    problem(program.delete(f"{made['urls']['tracks']}/{tracks[2].pk}"), 404, "not_found")


def test_there_is_an_end_to_how_many_there_may_be(program, made, tracks, monkeypatch):
    monkeypatch.setattr(rules, "MAX_PLAYLIST_TRACKS", 2)
    full = program.post(made["urls"]["tracks"], {"track_ids": ids(tracks)}, format="json")
    problem(full, 409, "playlist_full")
    monkeypatch.setattr(rules, "MAX_PLAYLISTS", 1)
    problem(program.post(PLAYLISTS, {"title": "Two"}, format="json"), 409, "too_many_playlists")


def test_nobody_else_reads_or_changes_it(made, bob, tracks):
    theirs = client_of(bob)
    assert theirs.get(PLAYLISTS).json()["results"] == []
    problem(theirs.get(made["urls"]["self"]), 404, "not_found")
    problem(theirs.patch(made["urls"]["self"], {"title": "Mine"}, format="json"), 404, "not_found")
    problem(theirs.delete(made["urls"]["self"]), 404, "not_found")
    problem(theirs.get(made["urls"]["tracks"]), 404, "not_found")
