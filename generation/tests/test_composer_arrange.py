import itertools
import statistics
from collections import Counter
from collections.abc import Iterator

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.instruments import DRUM_KITS, RANGES, TEXTURES
from generation.composer.randomness import Stream, stream
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Note, Score
from generation.composer.writing.compose import compose, plan_piece
from generation.composer.writing.harmony import Span

Bar = Counter[tuple[str, float, int, str]]


def score(prompt="", duration=30.0, seed=1, **given):
    return compose(read_prompt(prompt, duration=duration, seed=seed, time_signature="4/4", **given))


def part(made: Score, role: str):
    return next(part for part in made.parts if part.role == role)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_note_can_be_played(genre):
    for seed in range(12):
        made = score(genre=genre, seed=seed, duration=40)
        end = made.bars * 4 + made.tail * made.bpm / 60
        assert len({part.role for part in made.parts}) == len(made.parts)
        for playing in made.parts:
            allowed = (
                *GENRES[genre].instruments.get(playing.role, ()),
                *GENRES[genre].on_request.get(playing.role, ()),
            )
            assert playing.instrument in allowed
            low, high = RANGES.get(playing.instrument, (0, 127))
            assert list(playing.notes) == sorted(playing.notes, key=lambda note: note.start)
            for note in playing.notes:
                assert 0 <= note.start < end
                assert 0 < note.length <= end - note.start + 1e-6
                assert 1 <= note.velocity <= 127
                assert low <= note.pitch <= high
                if playing.instrument in DRUM_KITS:
                    assert note.voice in GENRES[genre].drum_voices
                    assert note.pitch == 0


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_last_chord_rings_in_the_tail(genre):
    for duration in (5, 10, 30, 180):
        made = score(genre=genre, duration=duration)
        tail = [
            note
            for playing in made.parts
            if playing.instrument not in (*DRUM_KITS, *TEXTURES)
            for note in playing.notes
            if note.start >= made.bars * 4
        ]
        beats = made.tail * made.bpm / 60
        assert any(note.pitch % 12 == made.tonic for note in tail)
        assert len({note.pitch for note in tail}) >= 3
        assert max(note.length for note in tail) > 0.8 * beats


def test_too_little_time_for_a_bar_still_sounds_a_chord():
    made = score(genre="jazz", duration=5, bpm=30)
    assert made.bars == 0
    assert len(part(made, "keys").notes) >= 3


@pytest.mark.parametrize("genre", ["lofi", "house", "rock", "jazz", "cinematic"])
def test_leaving_out_the_drums_does_not_change_the_melody(genre):
    for seed in range(4):
        whole, without = score(genre=genre, seed=seed), score("without drums", genre=genre, seed=seed)
        assert "drums" not in [playing.role for playing in without.parts]
        assert "drums" in [playing.role for playing in whole.parts]
        assert part(whole, "lead") == part(without, "lead")
        assert part(whole, "bass") == part(without, "bass")


def test_another_seed_changes_the_melody():
    assert part(score(genre="lofi", seed=1), "lead").notes != part(score(genre="lofi", seed=2), "lead").notes


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_no_bar_is_silent(genre):
    for prompt in ("", "without drums and bass", "without melody", "solo piano"):
        made = score(prompt, genre=genre, duration=60)
        sounding = {
            bar
            for playing in made.parts
            if playing.instrument not in TEXTURES
            for note in playing.notes
            for bar in range(int(note.start // 4), int((note.start + note.length) // 4) + 1)
        }
        assert set(range(made.bars)) <= sounding, prompt


@pytest.mark.parametrize("genre", ["rock", "house", "lofi"])
def test_a_fill_ends_a_section(genre):
    made = score(genre=genre, duration=120)
    drums = part(made, "drums").notes

    def bar(number):
        return {
            (note.start - number * 4, note.voice)
            for note in drums
            if number * 4 <= note.start < number * 4 + 4
        }

    full = [
        section
        for section in made.sections
        if section.bars >= 4 and all(bar(section.start_bar + k) for k in (0, 1))
    ]
    filled = [bar(section.start_bar + section.bars - 1) != bar(section.start_bar + 1) for section in full]
    assert len(full) >= 2
    assert all(filled)


def test_a_walking_bass_steps_into_the_next_root():
    made = score(genre="jazz", duration=120, seed=5)
    walking = [note for note in part(made, "bass").notes if note.start % 1 == 0]
    moves = [abs(b.pitch - a.pitch) for a, b in itertools.pairwise(walking) if b.start - a.start == 1]
    assert len(moves) > 60
    assert sum(move <= 4 for move in moves) > 0.75 * len(moves)


def over_another_bass(genre: str, key: str) -> Iterator[tuple[Span, list[Note]]]:
    """Chords over a bass that is not their root, each with the bass notes that sound when it comes."""
    for seed in range(12):
        brief = read_prompt("", duration=60, seed=seed, genre=genre, key=key, time_signature="4/4")
        bass = next(part for part in compose(brief).parts if part.role == "bass")
        for span in plan_piece(brief).chart.spans:
            sounding = [note for note in bass.notes if note.start <= span.start < note.start + note.length]
            if span.chord.bass != span.chord.root and sounding:
                yield span, sounding


@pytest.mark.parametrize(
    ("genre", "key"), [("lofi", "D dorian"), ("funk", "D mixolydian"), ("jazz", "D dorian")]
)
def test_the_bass_plays_the_note_that_a_chord_stands_over(genre, key):
    found = list(over_another_bass(genre, key))
    assert len(found) > 4
    for span, sounding in found:
        assert span.chord.bass in {note.pitch % 12 for note in sounding if note.start == span.start}


def test_a_drone_holds_a_pedal_point_while_chords_change():
    found = list(over_another_bass("ambient", "D lydian"))
    basses = [[note for note in sounding if note.pitch % 12 == span.chord.bass] for span, sounding in found]
    assert all(basses)
    begun_before = [
        span for (span, _), [note, *_] in zip(found, basses, strict=True) if note.start < span.start
    ]
    assert len(begun_before) > 4


def test_quiet_rock_puts_the_loud_guitars_away():
    roles = {playing.role for playing in score("calm soft quiet intimate rock").parts}
    assert "guitar_left" not in roles
    assert "guitar" in roles


def _bars(made: Score) -> list[Bar]:
    bars: list[Bar] = [Counter() for _ in range(made.bars)]
    for playing in made.parts:
        for note in playing.notes:
            if note.start < made.bars * 4 and playing.instrument not in TEXTURES:
                key = (playing.role, note.start % 4, note.pitch % 12, note.voice)
                bars[int(note.start // 4)][key] += 1
    return bars


def _likenesses(bars: list[Bar]) -> dict[tuple[int, int], float]:
    """The Jaccard index of every two bars: what they share of what either has."""
    return {
        (one, other): (bars[one] & bars[other]).total() / max(1, (bars[one] | bars[other]).total())
        for one, other in itertools.combinations(range(len(bars)), 2)
    }


def _contrast(likenesses: dict[tuple[int, int], float], kinds: list[str]) -> float:
    """How much more alike bars of one kind of section are than bars of different kinds."""
    alike: dict[bool, list[float]] = {True: [], False: []}
    for (one, other), likeness in likenesses.items():
        alike[kinds[one] == kinds[other]].append(likeness)
    return statistics.mean(alike[True]) / statistics.mean(alike[False])


def _contrast_by_chance(likenesses: dict[tuple[int, int], float], kinds: list[str], random: Stream) -> float:
    """The same for kinds dealt out anew: the mean of ten shuffles, of which a single one may look like order."""
    deals = [sorted(kinds, key=lambda kind: random.random()) for _ in range(10)]
    return statistics.mean(_contrast(likenesses, deal) for deal in deals)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_bars_of_a_kind_are_alike_and_shuffled_ones_are_not(genre):
    contrasts, controls = [], []
    for seed in range(4):
        made = score(genre=genre, duration=100, seed=seed)
        likenesses = _likenesses(_bars(made))
        kinds = [section.name for section in made.sections for _ in range(section.bars)]
        contrasts.append(_contrast(likenesses, kinds))
        controls.append(_contrast_by_chance(likenesses, kinds, stream(seed, "shuffle")))
    assert statistics.mean(contrasts) > 1.3
    assert statistics.mean(controls) < 1.2


def test_trap_hats_roll_and_funk_guitars_are_damped():
    gaps: set[float] = set()
    damped = 0
    for seed in range(6):
        hats = [
            note.start
            for note in part(score(genre="hip hop", seed=seed), "drums").notes
            if note.voice == "hat"
        ]
        gaps |= {round(later - earlier, 3) for earlier, later in itertools.pairwise(hats)}
        damped += sum(note.voice == "mute" for note in part(score(genre="funk", seed=seed), "guitar").notes)
    assert {0.125, 0.167} <= gaps
    assert damped > 100


def test_drum_and_bass_breaks_the_beat():
    for seed in range(6):
        made = score(genre="drum and bass", seed=seed)
        kicks = {note.start for note in part(made, "drums").notes if note.voice == "kick"}
        drops = [section for section in made.sections if section.name == "drop"]
        bars = [bar for drop in drops for bar in range(drop.start_bar, drop.start_bar + drop.bars - 1)]
        assert bars
        assert all({bar * 4, bar * 4 + 2.5} <= kicks for bar in bars)
        assert not {bar * 4 + 1 for bar in bars} & kicks


def test_a_walking_bass_begins_on_the_root_though_the_piece_ends_on_the_same_chord():
    for seed in range(16, 24):
        brief = read_prompt("", duration=30, seed=seed, genre="jazz", time_signature="4/4")
        first = part(compose(brief), "bass").notes[0]
        assert first.pitch % 12 == plan_piece(brief).chart.at(first.start).chord.bass
