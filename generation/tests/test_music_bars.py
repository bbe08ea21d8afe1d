"""The built-in composer against its bars, on seeds drawn from the clock; `make bench-music` is the long form."""

import statistics

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.metre import FOUR_FOUR
from generation.composer.writing.compose import compose
from generation.tests.measures import bars
from generation.tests.measures.key import key_rank
from generation.tests.measures.loudness import lufs, true_peak
from generation.tests.measures.metre import agreement, in_three
from generation.tests.measures.pieces import Piece, brief_of, has_beat, played, sound_of
from generation.tests.measures.sections import likeness, likeness_by_chance
from generation.tests.measures.seeds import fresh_choice, fresh_seeds
from generation.tests.measures.symbols import writing
from generation.tests.measures.tempo import shuffled, tempo_found

SECONDS = 20
PIECES = 6


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    chosen = fresh_choice(sorted(GENRES), PIECES, "bars")
    return [
        played(genre, seed, SECONDS) for genre, seed in zip(chosen, fresh_seeds(PIECES, "bars"), strict=True)
    ]


def names(pieces: list[Piece]) -> str:
    return ", ".join(f"{piece.score.genre} {piece.score.seed}" for piece in pieces)


def test_loudness_and_true_peak(pieces, figure):
    loud = [lufs(piece.audio) for piece in pieces]
    peaks = [true_peak(piece.audio) for piece in pieces]
    figure(f"{min(loud):.2f} to {max(loud):.2f} LUFS, at most {max(peaks):.2f} dBTP ({names(pieces)})")
    assert all(abs(level - bars.LUFS) <= bars.LUFS_OFF for level in loud)
    assert max(peaks) <= bars.TRUE_PEAK


def test_twice_as_loud_is_over_both_bars(pieces):
    louder = Audio(pieces[0].audio.samples * np.float32(2), pieces[0].audio.sample_rate)
    assert abs(lufs(louder) - bars.LUFS) > bars.LUFS_OFF
    assert true_peak(louder) > bars.TRUE_PEAK


def test_every_piece_lasts_as_long_as_it_was_asked_to(pieces):
    assert {piece.audio.frames for piece in pieces} == {SECONDS * 48_000}
    assert all(np.isfinite(piece.audio.samples).all() for piece in pieces)


def test_a_listener_finds_the_tempo(figure):
    rhythmic = fresh_choice([genre for genre in sorted(GENRES) if has_beat(genre)], 4, "tempo")
    heard = [played(genre, seed, 24) for genre, seed in zip(rhythmic, fresh_seeds(4, "tempo"), strict=True)]
    steady = [piece for piece in heard if piece.is_rhythmic]
    found = sum(tempo_found(piece.audio, piece.score.bpm) for piece in steady)
    by_chance = sum(tempo_found(shuffled(piece.audio, 1), piece.score.bpm) for piece in steady)
    figure(f"tempo found in {found} of {len(steady)}, shuffled in {by_chance} ({names(heard)})")
    assert found >= len(steady) - 1
    assert by_chance <= len(steady) / 2


def test_a_listener_finds_the_key(pieces, figure):
    ranks = [key_rank(piece.pitched, piece.score.tonic, piece.score.mode) for piece in pieces]
    wrong = [key_rank(piece.pitched, piece.score.tonic + 6, piece.score.mode) for piece in pieces]
    figure(f"key at ranks {ranks}, a tritone off at {wrong} ({names(pieces)})")
    assert sum(rank == 1 for rank in ranks) >= PIECES - 2
    assert sum(rank <= 3 for rank in ranks) >= PIECES - 1
    assert min(wrong) > 3


def test_bars_of_a_section_are_alike(pieces, figure):
    measured = [(piece, likeness(piece)) for piece in pieces]
    found = [value for _, value in measured if value is not None]
    control = [value for piece in pieces if (value := likeness_by_chance(piece, 1)) is not None]
    figure(
        f"bars of one section {statistics.median(found):.2f} times as alike, by shuffled names "
        f"{statistics.median(control):.2f} ({names(pieces)})"
    )
    assert statistics.median(found) >= 1.25
    assert statistics.median(control) < 1.15


def test_a_listener_hears_the_metre(figure):
    # Ambient has few onsets to count by: it is heard in the long form.
    genres = [genre for genre in sorted(GENRES) if genre != "ambient"]
    others = [
        f"{genre} {metre}"
        for genre in genres
        for metre in metres_of(GENRES[genre])
        if metre != FOUR_FOUR.name
    ]
    chosen = [
        *fresh_choice(others, 6, "metres"),
        *(f"{name} 4/4" for name in fresh_choice(genres, 2, "four")),
    ]
    found, lost = [], []
    for name, seed in zip(chosen, fresh_seeds(len(chosen), "metres"), strict=True):
        genre, metre = name.rsplit(maxsplit=1)
        score = compose(brief_of(genre, seed, SECONDS, metre))
        sound = sound_of(score)
        found.append(agreement(sound, score))
        lost.append(agreement(shuffled(sound, seed), score))
    beats, lines = (
        sum(each) for each in zip(*((one.beats_found, one.bar_lines_found) for one in found), strict=True)
    )
    figure(
        f"{', '.join(f'{name} as {one.heard}' for name, one in zip(chosen, found, strict=True))}; "
        f"beats found in {beats} of 8, bar lines in {lines}; shuffled, beats in {sum(one.beats_found for one in lost)}"
    )
    assert sum(one.metre_heard for one in found[:6]) >= 4
    assert sum(one.beats_found for one in found[:6]) >= 4
    assert sum(in_three(one.own) == one.heard_in_three for one in found) >= 6
    assert sum(one.beats_found for one in lost) <= 3
    assert sum(one.metre_heard for one in lost) <= 6


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_laws_of_harmony_hold(genre, figure):
    seeds = fresh_seeds(8, genre)
    right = [writing(brief_of(genre, seed)) for seed in seeds]
    wrong = [writing(brief_of(genre, seed), lift=1) for seed in seeds]
    figure(
        f"{genre}: {sum(one.foreign for one in right)} foreign of {sum(one.strong for one in right)} strong notes, "
        f"{sum(one.clashing for one in right)} clashes; a semitone off {sum(one.foreign for one in wrong)} and "
        f"{sum(one.clashing for one in wrong)}; voices move {statistics.mean(one.motion for one in right):.2f}"
    )
    assert sum(one.foreign + one.clashing for one in right) == 0
    assert sum(one.foreign for one in wrong) > 0
    assert statistics.mean(one.motion for one in right) <= bars.MOTION
    assert all(one.ends_at_home for one in right)
    assert len({one.opening for one in right}) == len(seeds)
