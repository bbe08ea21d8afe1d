"""The measures of how the composer composes, each with its bar, what people's music does, and its controls."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from generation.composer.score import Score
from generation.composer.writing.compose import compose
from generation.composer.writing.outline import Outline, outline_of
from generation.tests.measures import accompaniment, bars, chords, disfigured, melody
from generation.tests.measures.pieces import brief_of

_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Composed:
    """A piece as it is written: notes and outline."""

    score: Score
    outline: Outline


Pieces = Sequence[Composed]


@dataclass(frozen=True, slots=True)
class Control:
    """What is done to the pieces of a genre, and what the measure has to say of them then.

    `must` is "miss" the bar, be the "same", or be "lower", where there is something to lower.
    """

    name: str
    change: Callable[[Pieces, int], Pieces]
    must: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure over the pieces of one genre, of `seconds` each; None where nothing is there to be measured.

    `people` is what was measured of people's music. `genres` are those that it is measured in, all where empty.
    """

    name: str
    of: Callable[[Pieces], float | None]
    bar: float
    at_least: bool
    people: str
    controls: tuple[Control, ...]
    seconds: float = 90.0
    genres: frozenset[str] = frozenset()

    def is_met(self, figure: float) -> bool:
        return figure >= self.bar if self.at_least else figure <= self.bar

    def holds(self, control: Control, figure: float, changed: float) -> bool:
        """Whether a control did what it must, where `figure` was measured of the pieces themselves."""
        if control.must == "miss":
            return not self.is_met(changed)
        if control.must == "same":
            return abs(changed - figure) <= _SAME
        return changed < figure or figure == 0

    @property
    def target(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bar:g}"


def composed(genre: str, seed: int, seconds: float) -> Composed:
    """The piece of a genre by a seed, as it is written."""
    brief = brief_of(genre, seed, seconds)
    return Composed(compose(brief), outline_of(brief))


def _pooled(count: Callable[[Score], tuple[int, int]]) -> Callable[[Pieces], float | None]:
    """A share counted over all pieces together."""

    def share(pieces: Pieces) -> float | None:
        counts = [count(piece.score) for piece in pieces]
        total = sum(whole for _, whole in counts)
        return sum(part for part, _ in counts) / total if total else None

    return share


def _mean(measure: Callable[[Composed], float | None]) -> Callable[[Pieces], float | None]:
    """The mean over the pieces of which the measure says something."""

    def mean(pieces: Pieces) -> float | None:
        found = [figure for piece in pieces if (figure := measure(piece)) is not None]
        return statistics.fmean(found) if found else None

    return mean


def _scores(change: Callable[[Score, int], Score]) -> Callable[[Pieces, int], Pieces]:
    return lambda pieces, seed: [replace(piece, score=change(piece.score, seed)) for piece in pieces]


def _outlines(change: Callable[[Outline, int], Outline]) -> Callable[[Pieces, int], Pieces]:
    return lambda pieces, seed: [replace(piece, outline=change(piece.outline, seed)) for piece in pieces]


def _one_piece_again(pieces: Pieces, seed: int) -> Pieces:
    """The first piece that has a melody, twice, once with its bars shuffled."""
    for piece in pieces:
        if melody.melody_rhythms(piece.score):
            return [piece, replace(piece, score=disfigured.shuffled_bars(piece.score, seed))]
    return []


_SHUFFLED = _scores(disfigured.shuffled_bars)
_LOOPED = Control("first bar looped", _scores(lambda score, _: disfigured.looped(score)), "miss")
_UNCHANGED = Control("bars shuffled", _SHUFFLED, "same")

MEASURES = (
    Measure(
        "bar lines that a melody note sounds across",
        _pooled(melody.lines_across),
        bars.LINES_ACROSS,
        at_least=True,
        people="0.19 pop",
        controls=(Control("bars shuffled", _SHUFFLED, "miss"),),
    ),
    Measure(
        "phrases that begin before the bar",
        _pooled(melody.begun_before_the_bar),
        bars.BEGUN_BEFORE_THE_BAR,
        at_least=True,
        people="0.32 pop, 0.73 folk",
        controls=(
            Control(
                "pickups taken away", _scores(lambda score, _: disfigured.without_pickups(score)), "miss"
            ),
        ),
    ),
    Measure(
        "a melody's bar rhythms that one other piece has",
        lambda pieces: melody.shared_rhythms([piece.score for piece in pieces]),
        bars.SHARED_RHYTHMS,
        at_least=False,
        people="0.04",
        controls=(_UNCHANGED, Control("with itself shuffled", _one_piece_again, "miss")),
    ),
    Measure(
        "distinct bar rhythms of a melody",
        _mean(lambda piece: melody.distinct_share(piece.score)),
        bars.DISTINCT_RHYTHMS,
        at_least=True,
        people="0.52",
        controls=(_UNCHANGED, _LOOPED),
    ),
    Measure(
        "bits a melody pitch",
        _mean(lambda piece: melody.bits_per_pitch(piece.score)),
        bars.BITS_PER_PITCH,
        at_least=False,
        people="3.27",
        controls=(Control("pitches shuffled", _scores(disfigured.shuffled_pitches), "miss"),),
    ),
    Measure(
        "an accompanying part's two commonest bar rhythms",
        _mean(lambda piece: accompaniment.two_commonest_share(piece.score)),
        bars.TWO_COMMONEST_RHYTHMS,
        at_least=False,
        people="0.46",
        controls=(_UNCHANGED, _LOOPED),
    ),
    Measure(
        "its velocities' standard deviation",
        _mean(lambda piece: accompaniment.velocity_deviation(piece.score)),
        bars.VELOCITY_DEVIATION,
        at_least=True,
        people="13.6",
        controls=(
            _UNCHANGED,
            Control("all as loud", _scores(lambda score, _: disfigured.level(score)), "miss"),
        ),
    ),
    Measure(
        "chords in 90 s",
        _mean(lambda piece: chords.distinct_chords(piece.outline)),
        bars.DISTINCT_CHORDS,
        at_least=True,
        people="11.9",
        controls=(
            Control(
                "two bars looped",
                _outlines(lambda outline, _: disfigured.two_bars_of_chords(outline)),
                "miss",
            ),
        ),
        genres=frozenset({"pop", "rock", "folk"}),
    ),
    Measure(
        "a beat's chord is that of four bars ago",
        _mean(lambda piece: chords.as_four_bars_ago(piece.outline)),
        bars.AS_FOUR_BARS_AGO,
        at_least=False,
        people="0.28",
        controls=(
            Control("bars shuffled", _outlines(disfigured.shuffled_chords), "lower"),
            Control(
                "four bars looped", _outlines(lambda outline, _: disfigured.looped_chords(outline)), "miss"
            ),
        ),
    ),
    Measure(
        "whole-band bars copied literally, 180 s",
        _mean(lambda piece: accompaniment.copied_bars(piece.score)),
        bars.COPIED_BARS,
        at_least=False,
        people="-",
        controls=(Control("parts shuffled apart", _scores(disfigured.shuffled_parts), "lower"), _LOOPED),
        seconds=180.0,
    ),
)
