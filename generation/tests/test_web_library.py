"""The library: all of one's own tracks."""

import re

import pytest

from generation import jobs
from generation.tests.api_calls import stored_track
from generation.tests.web_pages import text_of
from generation.web.views.library import PER_PAGE


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def titles(response) -> list[str]:
    return [card.title for card in response.context["cards"]]


def test_an_empty_library_shows_how_to_begin(client):
    response = client.get("/library/")
    assert "Your tracks will be here once you have made some." in text_of(response)
    assert b'href="/"' in response.content


def test_own_tracks_newest_first_without_the_deleted(alices, order):
    for title in ("one", "two", "three"):
        gone = stored_track(order(title), title=title)
    jobs.delete_track(track=gone)
    assert titles(alices.get("/library/")) == ["two", "one"]


def test_another_users_library_has_none_of_them(client, bob, order):
    stored_track(order(), title="hers")
    client.force_login(bob)
    assert "hers" not in text_of(client.get("/library/"))


def test_a_search_finds_every_word_in_title_or_prompt(alices, order):
    stored_track(order(), title="Night train", prompt="slow brushes")
    stored_track(order(), title="Night bus", prompt="fast")
    assert titles(alices.get("/library/?q=NIGHT+slow")) == ["Night train"]
    assert "2 tracks matching “night”" in text_of(alices.get("/library/?q=night"))
    assert "No track matches “day”." in text_of(alices.get("/library/?q=day"))


@pytest.mark.parametrize("words", ["%", "_", "\0", "'; --", "x" * 5000])
def test_a_search_takes_any_words(alices, order, words):
    stored_track(order(), title="Night")
    assert alices.get("/library/", {"q": words}).status_code == 200


def test_a_long_library_has_pages_that_keep_the_search(alices, order):
    for number in range(PER_PAGE + 1):
        stored_track(order(), title=f"Night {number}")
    first = alices.get("/library/?q=night")
    assert len(titles(first)) == PER_PAGE
    assert b'href="?page=2&amp;q=night"' in first.content
    assert titles(alices.get("/library/?q=night&page=2")) == ["Night 0"]
    assert titles(alices.get("/library/?q=night&page=rubbish")) == titles(first)


def test_any_number_of_tracks_costs_the_same_few_queries(alices, order, django_assert_max_num_queries):
    for number in range(8):
        stored_track(order(), title=f"Night {number}")
    with django_assert_max_num_queries(4):
        assert len(titles(alices.get("/library/"))) == 8


def test_each_card_has_the_addresses_of_its_own_track(alices, order):
    tracks = [stored_track(order(), title=f"Night {number}") for number in range(2)]
    html = text = alices.get("/library/").content.decode()
    for track in tracks:
        assert html.count(f'href="/tracks/{track.pk}/audio?format=mp3&amp;download=1"') == 1
        text = text.replace(str(track.pk), "").replace(str(track.job_id), "")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)


def test_titles_and_prompts_are_words_and_never_markup(alices, order):
    attack = '<script>alert(1)</script>" onload="x'
    track = stored_track(order(attack), title=attack, prompt=attack)
    for address in (
        "/",
        "/library/",
        f"/tracks/{track.pk}/",
        f"/jobs/{track.job_id}/",
        f"/tracks/{track.pk}/delete",
    ):
        html = alices.get(address).content
        assert b"<script>alert" not in html
        assert b'" onload="' not in html
