"""The same seed and words give the same music: each variation is what its own seed makes of the prompt alone."""

import random
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation import jobs
from generation.audio.decode import decode
from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.metre import METRES
from generation.composer.reading import styles
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import compose, score_hash
from generation.engines.composer import ComposerEngine
from generation.engines.registry import get_engine
from generation.engines.request import MAX_SEED, MusicRequest
from generation.models import Job, Track
from generation.tests.api_calls import API, client_of, stored_track
from generation.tests.measures.odd_prompts import odd_prompt
from generation.tests.working import run
from generation.tracks.scores import midi_of, stems_of
from generation.web.cards import cards_of

pytestmark = pytest.mark.sqlite_is_enough
ENGINE = ComposerEngine()
FIELDS = ("genre", "bpm", "key", "time_signature")


@pytest.fixture(autouse=True)
def composer(settings) -> None:
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"


def samples_of(track: Track) -> bytes:
    with track.storage.open(track.storage_key) as file:
        return bytes(decode(BytesIO(file.read())).samples.tobytes())


def stem_bytes(track: Track) -> Iterator[bytes]:
    return (block[name].tobytes() for block in stems_of(track) for name in sorted(block))


def hash_of(request: MusicRequest) -> str:
    asked = {name: getattr(request, name) for name in ("duration", "seed", *FIELDS)}
    return score_hash(compose(read_prompt(request.prompt, **asked)))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("prompt", "given"),
    [
        ("something for the evening", {}),
        ("quiet jazz, no drums", {"key": "D minor", "seed": MAX_SEED}),
        ("music", {"genre": "house", "title": "Tide"}),
        ("music", {"time_signature": "6/8"}),
    ],
)
def test_a_track_is_had_again_by_its_own_seed_and_the_same_words(order, prompt, given):
    several = run(order(prompt, duration=5.0, variations=2, **given))
    for track in several.tracks.all():
        alone = run(order(prompt, duration=5.0, **given | {"seed": track.seed})).tracks.get()
        assert [getattr(alone, name) for name in FIELDS] == [getattr(track, name) for name in FIELDS]
        assert f"{alone.title} ({track.index + 1})" == track.title
        assert samples_of(alone) == samples_of(track)
        assert midi_of(alone) == midi_of(track)
    assert list(stem_bytes(alone)) == list(stem_bytes(track))


@pytest.mark.django_db
def test_under_the_same_title_it_is_the_same_file(order):
    track = run(order("something", duration=5.0, variations=2)).tracks.get(index=1)
    alone = run(order("something", duration=5.0, seed=8, title=track.title)).tracks.get()
    assert alone.checksum == track.checksum


@settings(max_examples=20, deadline=None)
@given(
    draw=st.integers(0, 2**32).map(random.Random),
    seed=st.one_of(st.integers(0, MAX_SEED), st.just(MAX_SEED)),
    variations=st.integers(1, 4),
    fixed=st.sets(st.sampled_from(FIELDS)),
)
def test_whatever_is_asked_each_variation_is_an_order_of_its_own(draw, seed, variations, fixed):
    given = {"genre": draw.choice([*GENRES]), "bpm": 90.5, "key": "F# dorian"}
    given["time_signature"] = draw.choice(
        metres_of(GENRES[given["genre"]]) if "genre" in fixed else [*METRES]
    )
    asked = MusicRequest(
        odd_prompt(draw) or ".", 8.0, seed, variations=variations, **{each: given[each] for each in fixed}
    )
    resolved = ENGINE.resolve(asked).request
    assert ENGINE.resolve(resolved).request == resolved
    for index in range(variations):
        alone = replace(asked, seed=(seed + index) % (MAX_SEED + 1), variations=1)
        single = ENGINE.resolve(alone).request
        assert ENGINE.variation(resolved, index) == single
        assert hash_of(ENGINE.variation(resolved, index)) == hash_of(alone)
        for field in FIELDS:
            assert getattr(resolved, field) in (None, getattr(single, field))


def test_what_comes_out_the_same_for_all_is_kept_with_the_order():
    resolved = ENGINE.resolve(MusicRequest("lofi at 82 bpm", 5.0, 7, variations=4)).request
    assert (resolved.genre, resolved.bpm, resolved.key) == ("lofi", 82.0, None)
    alone = ENGINE.resolve(MusicRequest("lofi at 82 bpm", 5.0, 7)).request
    assert None not in (alone.genre, alone.bpm, alone.key)


def test_what_differs_is_told_once_for_all():
    several = ENGINE.resolve(MusicRequest("calm, with a flute", 8.0, 1, variations=4))
    drawn = {ENGINE.variation(several.request, index).genre for index in range(4)}
    assert len(drawn) > 1
    [sentence] = [reason for reason in several.reasons if reason.startswith("No style was named")]
    assert all(GENRES[genre].title in sentence for genre in drawn)
    assert sentence.count("drawn by mood and seed") == 1
    words = [reading.words for reading in several.readings]
    assert sorted(words) == sorted(set(words)) == ["calm", "flute"]


def test_a_notice_about_some_of_the_variations_says_so():
    notices = ENGINE.resolve(MusicRequest("vocals, with a bridge", 30.0, 1, variations=4)).notices
    assert notices == (
        "The composer cannot sing: the tune is played on an instrument.",
        "In some of the variations: 30 seconds at this tempo have no room for a bridge.",
    )


@pytest.mark.django_db
def test_pieces_that_are_not_made_yet_show_what_they_will_be(order):
    job = order("something", duration=5.0, variations=4)
    assert job.genre == ""
    [cards] = cards_of([job])
    expected = [ENGINE.resolve(MusicRequest("something", 5.0, 7 + index)).request for index in range(4)]
    assert [(card.genre, card.bpm, card.key, card.seed) for card in cards.cards] == [
        (request.genre, request.bpm, request.key, request.seed) for request in expected
    ]


@pytest.mark.django_db
def test_pieces_of_an_engine_that_is_gone_show_what_is_known(order, settings):
    job = order("something", duration=5.0, variations=2)
    settings.ENGINES = {"other": {"BACKEND": "generation.engines.scripted.ScriptedEngine"}}
    assert job.variation(1) == replace(job.request, seed=8, variations=1)
    Job.objects.update(resolved_fields=None)
    assert Job.objects.get().asked["seed"] is None


@pytest.mark.django_db
def test_ordering_again_and_ordering_what_the_api_shows_give_the_same(alice, order):
    job = order("something", duration=5.0, variations=3)
    job.cancel()
    again = jobs.retry(job=job)
    client = client_of(alice)
    shown = client.get(f"{API}/jobs/{job.pk}").json()["input"]
    assert shown["genre"] is None
    copied = Job.objects.get(pk=client.post(f"{API}/jobs", shown, format="json").json()["id"])
    for other in (again, copied):
        assert [other.variation(index) for index in range(3)] == [job.variation(index) for index in range(3)]


@pytest.mark.django_db
def test_tracks_made_with_the_first_ones_genre_tempo_and_key_keep_their_music(order):
    """As jobs were stored before each variation was read by its own seed."""
    job = order("something", duration=5.0, variations=2)
    first = job.variation(0)
    old = {name: getattr(first, name) for name in FIELDS if name != "time_signature"}
    Job.objects.filter(pk=job.pk).update(input=job.input | old, genre=first.genre, resolved_fields=None)
    job = run(Job.objects.get(pk=job.pk))
    track = job.tracks.get(index=1)
    assert {name: getattr(track, name) for name in old} == old
    assert midi_of(track) == ENGINE.midi(replace(first, seed=8, time_signature=track.time_signature))


@pytest.mark.django_db
def test_a_score_stays_when_the_seed_would_draw_another_style(order, monkeypatch):
    """As after a genre was added, which leaves the scores of all others as they are."""
    job = order("something", duration=5.0, variations=2)
    made = job.variation(1)
    track = stored_track(job)
    track = stored_track(
        job, score_version=ENGINE.score_version, **{name: getattr(made, name) for name in FIELDS}
    )
    other = next(name for name in GENRES if name != made.genre)
    monkeypatch.setattr(styles, "_drawn_genre", lambda *_: other)
    get_engine.cache_clear()
    assert midi_of(track) == ENGINE.midi(made)


@pytest.mark.django_db
def test_what_was_asked_is_told_from_what_was_read(order):
    job = order("rainy lofi", duration=5.0, seed=None, key="A minor", variations=2, title="Tide")
    left_open = ("genre", "bpm", "time_signature", "seed", "instrumental", "lyrics", "negative_prompt")
    assert [job.asked[name] for name in left_open] == [None] * 7
    given = {"prompt": "rainy lofi", "duration": 5.0, "key": "A minor", "variations": 2, "title": "Tide"}
    assert job.asked | given | {"takes": 1, "engine": "composer"} == job.asked
    assert job.request.genre == "lofi"
    job.cancel()
    assert jobs.retry(job=job).asked == job.asked
    assert order("rainy", genre="jazz", duration=5.0, seed=0).asked["seed"] == 0


@pytest.mark.django_db
def test_a_time_signature_is_kept_as_it_was_asked_and_one_that_was_not_played_is_not(order):
    assert order("a jig", duration=5.0, time_signature="3/4").asked["time_signature"] == "3/4"
    job = order("techno", duration=5.0, time_signature="7/8")
    assert (job.request.time_signature, job.asked["time_signature"]) == ("4/4", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "kept"),
    [({}, {}), ({"genre": "jazz"}, {"genre": "jazz"}), ({"bpm": 91.0, "key": "C minor"},) * 2],
)
def test_of_an_old_job_what_its_engine_reads_by_itself_counts_as_left_open(order, asked, kept):
    job = order("rainy evening, some rock", duration=5.0, **asked)
    Job.objects.update(resolved_fields=None, input=job.input | {"time_signature": None})
    as_asked = Job.objects.get(pk=job.pk).asked
    assert {name: as_asked[name] for name in (*FIELDS, "seed")} == dict.fromkeys((*FIELDS, "seed")) | kept
