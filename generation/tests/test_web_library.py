"""The library: all of one's own tracks."""

import re
from datetime import UTC, datetime

import pytest

from generation import jobs
from generation.models import Track
from generation.tests.api_calls import stored_track, unsaved_track
from generation.tests.web_pages import text_of
from generation.web.library_page import AT_ONCE

pytestmark = pytest.mark.on_both


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def titles(response) -> list[str]:
    return [shown.card.title for shown in response.context["page"].cards]


def test_an_empty_library_shows_how_to_begin(alices):
    response = alices.get("/library/")
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


def test_a_long_library_goes_on_by_links_that_keep_the_search(alices, order):
    job = order()
    for number in range(AT_ONCE + 1):
        stored_track(job, title=f"Night {number}")
    first = alices.get("/library/?q=night&sort=oldest")
    assert titles(first) == [f"Night {number}" for number in range(AT_ONCE)]
    more = first.context["page"].more
    assert more.startswith("?q=night&sort=oldest&after=")
    assert f'href="/library/{more.replace("&", "&amp;")}"'.encode() in first.content
    rest = alices.get(f"/library/{more}")
    assert titles(rest) == [f"Night {AT_ONCE}"]
    assert b'href="/library/?q=night&amp;sort=oldest">Show from the start' in rest.content
    assert f"{AT_ONCE + 1} tracks matching" in text_of(rest)
    for cut_off in (more[:-5], "?q=night&sort=oldest&after=rubbish", f"{more}&sort=title"):
        assert len(titles(alices.get(f"/library/{cut_off}"))) == AT_ONCE


def test_whoever_comes_back_is_drawn_all_that_was_loaded(alices, order):
    job = order()
    for number in range(3 * AT_ONCE):
        stored_track(job, title=f"Night {number}")
    page = alices.get(f"/library/?sort=oldest&shown={2 * AT_ONCE}").context["page"]
    assert len(page.cards) == 2 * AT_ONCE
    begins = [shown.begins_at for shown in page.cards if shown.begins_at is not None]
    assert begins[0] == ""
    again = alices.get(f"/library/?sort=oldest&after={begins[1]}&shown={AT_ONCE}")
    assert titles(again)[0] == f"Night {AT_ONCE}"
    for nonsense, shown in (
        ("0", AT_ONCE),
        ("-5", AT_ONCE),
        ("x", AT_ONCE),
        ("25", 2 * AT_ONCE),
        ("9999", 3 * AT_ONCE),
    ):
        assert len(titles(alices.get("/library/", {"shown": nonsense}))) == shown


def test_a_script_gets_the_part_that_it_asks_for(alices, order):
    job = order()
    for number in range(AT_ONCE + 1):
        stored_track(job, title=f"Night {number}")
    htmx = {"HX-Request": "true"}
    more = alices.get("/library/").context["page"].more
    cards = alices.get(f"/library/{more}", headers={**htmx, "HX-Target": "more"})
    assert cards.content.count(b"<article") == 1
    assert b"<h1" not in cards.content
    results = alices.get(
        "/library/?q=night&genre=&tag=",
        headers={**htmx, "HX-Target": "results", "HX-Trigger": "library-form"},
    )
    assert results["HX-Replace-Url"] == "/library/?q=night"
    assert b'id="results"' in results.content
    assert b"<h1" not in results.content
    anew = alices.get("/library/?shown=48", headers={**htmx, "HX-Target": "results"})
    assert not anew.has_header("HX-Replace-Url")
    assert len(titles(anew)) == AT_ONCE + 1


def test_filters_leave_what_they_say(alices, order):
    night = stored_track(
        order(),
        title="Night",
        genre="lofi",
        key="A minor",
        bpm=81.5,
        duration=90.0,
        tags=["calm"],
        favorite=True,
    )
    stored_track(order(), title="Day", genre="jazz", key="C major", bpm=120.0, duration=30.0, tags=["calmer"])
    Track.objects.filter(pk=night.pk).update(created_at=datetime(2026, 1, 31, 23, 59, tzinfo=UTC))
    for asked in (
        "genre=lofi",
        "key=A+minor",
        "tempo_from=82&tempo_to=82",
        "tempo_to=119",
        "length_from=1:00",
        "length_from=90&length_to=1:30",
        "until=2026-01-31",
        "since=2026-01-31&until=2026-01-31",
        "favorite=1",
        "tag=calm",
        "q=night&genre=lofi&tempo_to=90&tempo_from=60",
        "tempo_from=90&tempo_to=60",
    ):
        assert titles(alices.get(f"/library/?{asked}")) == ["Night"], asked
    assert titles(alices.get("/library/?since=2026-02-01&tempo_from=120")) == ["Day"]
    assert titles(alices.get("/library/?engine=scripted")) == ["Day", "Night"]
    assert titles(alices.get("/library/?engine=gone")) == titles(alices.get("/library/?genre=polka")) == []


def test_filters_that_are_set_are_shown_with_a_way_to_leave_each(alices, order):
    stored_track(order(), title="Night", genre="lofi", bpm=80.0)
    page = alices.get("/library/?q=night&genre=lofi&tempo_from=60&tempo_to=90&sort=title")
    assert [(each.text, each.address) for each in page.context["query"].filters] == [
        ("Lo-fi", "?q=night&tempo_from=60&tempo_to=90&sort=title"),
        ("60 to 90 BPM", "?q=night&genre=lofi&sort=title"),
    ]
    assert b'href="/library/?q=night&amp;sort=title">Clear filters' in page.content
    rest = alices.get(
        "/library/?key=A+minor&tag=calm&length_to=90&since=2026-01-31&engine=scripted&favorite=1"
    )
    assert [each.text for each in rest.context["query"].filters] == [
        *("Favorites", "A minor", "#calm", "to 1:30", "from 31 January 2026", "Scripted engine"),
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        "tempo_from=quick",
        "tempo_from=0",
        "tempo_to=99999999999999999999",
        "tempo_from=٣",
        "tempo_to=-1",
        "length_from=1:5",
        "length_to=1:2:3",
        "length_from=:",
        "length_to=99999999",
        "since=yesterday",
        "since=0001-01-01",
        "until=9999-12-31",
        "favorite=maybe",
        "sort=%00loudest",
    ],
)
def test_nonsense_is_left_out_with_a_word(alices, order, nonsense):
    stored_track(order(), title="Night")
    page = alices.get(f"/library/?{nonsense}&q=night")
    assert titles(page) == ["Night"]
    assert "is left out." in text_of(page)


def test_the_order_is_chosen(alices, order):
    for title, duration in (("Beta", 2.0), ("Alpha", 3.0), ("Gamma", 1.0)):
        stored_track(order(), title=title, duration=duration)
    for sort, expected in (
        ("newest", ["Gamma", "Alpha", "Beta"]),
        ("oldest", ["Beta", "Alpha", "Gamma"]),
        ("title", ["Alpha", "Beta", "Gamma"]),
        ("longest", ["Alpha", "Beta", "Gamma"]),
        ("shortest", ["Gamma", "Beta", "Alpha"]),
    ):
        assert titles(alices.get(f"/library/?sort={sort}")) == expected


def test_the_layout_is_remembered_by_the_browser(alices, order):
    stored_track(order())
    assert b"cards-list" in alices.get("/library/").content
    chosen = alices.get("/library/?view=compact")
    assert b"cards-compact" in chosen.content
    assert b'id="played-card-' not in chosen.content
    assert alices.get("/library/").context["view"] == "compact"
    assert alices.get("/library/?view=mosaic").context["view"] == "compact"


def test_no_more_than_a_thousand_are_counted(alices, alice, order):
    job = order()
    rows = [unsaved_track(job, id=Track.id_for(job, number), index=number) for number in range(1001)]
    Track.objects.bulk_create(rows)
    assert "More than 1,000 tracks" in text_of(alices.get("/library/"))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("favorite=1", "You have no favorites yet."),
        ("tag=calm", "No track is tagged “calm”."),
        ("genre=polka&tag=calm", "No track matches these filters."),
        ("q=day", "No track matches “day”. Try fewer or other words."),
        ("q=day&tag=calm", "No track matches “day” with these filters."),
    ],
)
def test_where_nothing_is_found_it_says_what_to_do(alices, order, asked, words):
    stored_track(order(), title="Night")
    page = alices.get(f"/library/?{asked}")
    assert words in text_of(page)
    assert b'href="/library/">Show all tracks' in page.content


def test_whoever_is_not_logged_in_is_told_to(client, settings):
    page = client.get("/library/")
    assert b'href="/accounts/login/?next=/library/">Log in' in page.content
    assert "Make a track without an account" in text_of(page)
    settings.GUESTS_ALLOWED = False
    assert "Make a track without an account" not in text_of(client.get("/library/"))


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
