"""Tracks are found by what their cards show, in every script, on both databases."""

import threading
import unicodedata
from importlib import import_module
from types import SimpleNamespace
from unittest import mock

import pytest
from django.apps import apps
from django.db import connection

from generation.models import Job, Track, search_index, track
from generation.tests.api_calls import API, client_of, stored_track, unsaved_track
from generation.worker import reaper

pytestmark = [pytest.mark.django_db, pytest.mark.on_both]
ORDER = {"prompt": "rain", "duration": 1, "seed": 1}
FORMS = ("NFC", "NFD")
# Titles, and words by which each is to be found, and no other of them.
TITLES = {
    "Latin": ("Straße im Café", "Łódź nocą", "Smørrebrød señorita", "Bohème naïve"),
    "Greek": ("Νύχτα στην Αθήνα", "Ήλιος και βροχή", "Μελωδίες", "Θάλασσα"),
    "Cyrillic": ("Весёлые ребята", "Ночной поезд", "Чёрный чай", "Їжак у тумані"),
    "Hebrew": ("שָׁלוֹם עולם", "לילה טוב", "ירושלים", "גֶּשֶׁם"),
    "Arabic": ("موسيقى هادئة", "لَيْل طويل", "أمطار", "قهوة"),
    "Devanagari": ("हिन्दी गीत", "बारिश की रात", "प्रेम", "सूर्योदय"),
    "Thai": ("เพลงรัก", "ฝนตก", "พระจันทร์", "ทะเลสีคราม"),
    "Hangul": ("비트 메이커", "새벽 감성", "가을 바람", "서울의 밤"),
    "Chinese": ("夜曲", "雨中漫步", "月亮代表我的心", "城市之光"),
    "Japanese": ("がんばれ", "パリの朝", "東京ブギウギ", "桜ﾗｲﾌﾞ"),
}
WORDS = {
    "Latin": ("strasse", "LODZ", "SEÑORITA", "boheme"),
    "Greek": ("ΝΥΧΤΑ", "βροχη", "ΜΕΛΩΔΙΕΣ", "θαλασσ"),
    "Cyrillic": ("веселые", "НОЧНОЙ", "Черный", "їжак"),
    "Hebrew": ("שלום", "טוב", "ירושל", "גשם"),
    "Arabic": ("موسيقي", "ليل", "امطار", "قهوة"),
    "Devanagari": ("हिन्दी", "बारिश", "प्रेम", "सूर्य"),
    "Thai": ("รัก", "ฝน", "จันทร์", "สี"),
    "Hangul": ("비트", "새벽", "가을", "서울"),
    "Chinese": ("夜", "漫步", "月亮", "城市"),
    "Japanese": ("がん", "パリ", "東京", "ライブ"),
}


@pytest.fixture
def job(alice) -> Job:
    return Job.objects.create(owner=alice, engine="scripted", input=ORDER)


def found(query: str) -> set[str]:
    return set(Track.objects.all().matching(query).values_list("title", flat=True))


@pytest.mark.parametrize("form", FORMS)
def test_forty_words_in_ten_scripts_find_their_titles_in_both_forms(job, form):
    pairs = [pair for script in TITLES for pair in zip(WORDS[script], TITLES[script], strict=True)]
    assert len(pairs) == 40
    rows = []
    for number, (_, title) in enumerate(pairs):
        row = unsaved_track(job, title=unicodedata.normalize(form, title), prompt="", index=number)
        row.id = Track.id_for(job, number)
        rows.append(row)
    Track.objects.bulk_create(rows)
    for query, title in pairs:
        for asked in FORMS:
            expected = {unicodedata.normalize(form, title)}
            assert found(unicodedata.normalize(asked, query)) == expected, (asked, query)


def test_what_the_card_shows_is_found(job):
    stored_track(job, title="Rain", prompt="soft piano", genre="lofi", key="A minor", bpm=81.5, tags=["Calm"])
    stored_track(job, title="Sun", prompt="A major, minor chords", genre="jazz", key="F# minor", bpm=182.0)
    for query in ("lo-fi", "lofi", "Lo Fi", "a minor", "82 bpm", "82", "calm", "rain piano a minor 82 bpm"):
        assert found(query) == {"Rain"}, query
    for query in ("F# minor", "f♯ minor", "jazz", "182 bpm", "sun a major"):
        assert found(query) == {"Sun"}, query
    assert found("minor") == found("") == found("  ") == {"Rain", "Sun"}
    assert found("lofi sun") == found("82 bpm jazz") == found("%") == found("ain_") - {"Rain"} == set()


def test_the_api_finds_by_the_same_words(alice, job):
    stored_track(job, title="La Bohème", genre="lofi")
    stored_track(job, title="Other")
    client = client_of(alice)
    for query in ("BOHEME", "lo-fi"):
        results = client.get(f"{API}/tracks", {"q": query}).json()["results"]
        assert [each["title"] for each in results] == ["La Bohème"]
    assert client.get(f"{API}/tracks", {"q": "%"}).json()["results"] == []


def test_whatever_is_saved_is_found_by_its_new_words(job):
    rain = stored_track(job, title="Rain")
    rain.edit(title="Größe")
    assert found("grosse") == {"Größe"}
    rain.edit(tags=["schön"], favorite=True)
    assert found("schon grosse") == {"Größe"}
    rain.edit(favorite=False)
    assert found("schon") == {"Größe"}
    rain.edit(tags=[])
    assert found("schon") == set()
    rain.refresh_from_db()
    rain.title = "Night"
    rain.save()
    assert found("night") == {"Night"}
    rain.discard()
    rain.refresh_from_db()
    assert rain.search_text == ""
    rain.save()
    assert Track.objects.get().search_text == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_neither_is_forgotten(job):
    rain = stored_track(job, title="Rain", tags=[])
    other = Track.objects.get()
    waiting: list[threading.Thread] = []

    def tag() -> None:
        try:
            assert other.edit(tags=["calm"])
        finally:
            connection.close()

    def meanwhile(changed: Track) -> str:
        if not waiting:
            waiting.append(threading.Thread(target=tag))
            waiting[0].start()
            waiting[0].join(0.5)  # it would end in this time, did it not wait
        return text_of(changed)

    text_of = track.search_text_of
    with mock.patch.object(track, "search_text_of", meanwhile):
        assert rain.edit(title="Night")
    waiting[0].join()
    assert found("night calm") == {"Night"}


def is_by_words() -> bool:
    """Whether an index of the tracks has their words."""
    with connection.cursor() as cursor:
        indexes = connection.introspection.get_constraints(cursor, Track._meta.db_table).values()
        return any("search_text" in index["columns"] for index in indexes)


def take_index_away() -> None:
    with connection.cursor() as cursor:
        of_sqlite = f"DROP INDEX {search_index.BY_OWNER}"
        cursor.execute(of_sqlite if connection.vendor == "sqlite" else f"DROP INDEX {search_index.TRIGRAMS}")


def test_the_index_is_there_and_made_anew_where_it_is_missing():
    assert is_by_words()
    take_index_away()
    assert not is_by_words()
    for _ in range(2):
        search_index.make_index(using="default", apps=apps)
        assert is_by_words()


@pytest.mark.only_on("postgresql")  # SQLite needs nothing to be installed.
def test_without_the_right_to_install_an_extension_it_goes_on_and_says_so(caplog, job):
    take_index_away()
    stored_track(job, title="Bohème")
    execute = search_index._execute

    def refused(made, statement: str) -> None:
        execute(made, "SELECT 1 / 0" if "EXTENSION" in statement else statement)

    with mock.patch.object(search_index, "_execute", refused):
        search_index.make_index(using="default", apps=apps)
    assert "CREATE EXTENSION pg_trgm" in caplog.text
    assert not is_by_words()
    assert found("boheme") == {"Bohème"}


@pytest.mark.only_on("sqlite")  # PostgreSQL chooses by what it has counted.
def test_on_sqlite_a_search_reads_the_words_in_the_index_of_the_library(alice):
    plan = Track.objects.visible_to(alice).order_by("-created_at", "-id").matching("boheme").explain()
    assert f"USING INDEX {search_index.BY_OWNER} " in plan


def test_what_was_there_before_the_migration_is_filled_in_by_steps(job):
    for number in range(5):
        stored_track(job, title=f"Bohème {number}")
    stored_track(job, title="Gone").discard()
    Track.objects.update(search_text="")
    assert found("boheme") == set()
    filled = import_module("generation.migrations.0023_search_text_filled")
    with mock.patch.object(filled, "AT_ONCE", 2):
        filled.fill(apps, SimpleNamespace(connection=connection))
    assert found("boheme") == {f"Bohème {number}" for number in range(5)}
    assert Track.objects.get(search_text="").deleted_at


def test_what_an_earlier_release_stores_meanwhile_is_given_its_words_by_the_reaper_once(
    job, django_assert_num_queries
):
    kept = stored_track(job, title="Night")
    for number in range(3):
        stored_track(job, title=f"Bohème {number}")
    stored_track(job, title="Gone").discard()
    silent = stored_track(job, title="!", prompt="?", genre="", key="", bpm=None, tags=[])
    Track.objects.exclude(pk=kept.pk).update(search_text="")
    tracks = Track.objects.all()
    assert tracks.give_words(3) == 3
    reaper.reap()
    assert found("boheme") == {f"Bohème {number}" for number in range(3)}
    assert Track.objects.get(search_text="").deleted_at
    silent.refresh_from_db()
    assert not silent.search_text.strip()
    with django_assert_num_queries(3) as asked:
        assert tracks.give_words(3) == 0
    if connection.vendor == "sqlite":
        [looking] = [each["sql"] for each in asked.captured_queries if each["sql"].startswith("SELECT")]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {looking}")
            assert "INDEX track_wordless" in str(cursor.fetchall())


def test_the_index_lets_the_column_go():
    search_index.take_index_back(apps, connection.schema_editor())
    assert connection.vendor == "postgresql" or not is_by_words()
    search_index.make_index(using="default", apps=apps)
    assert is_by_words()
