"""The composer against its bars: every genre on seeds drawn by the clock, beside controls that must fail.

`make bench-music`, or `python -m benchmarks.music [--pieces 8] [--scores 60] [--composed 10] [--metres 4]`;
MUSIC_SEED repeats a run.
"""

import argparse
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from benchmarks import music_composition
from benchmarks.measuring import verdict
from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.metre import FOUR_FOUR
from generation.composer.writing.compose import compose
from generation.tests.measures import bars
from generation.tests.measures.genres import nearest_share, neighbours
from generation.tests.measures.hearing import Matrix
from generation.tests.measures.hearing import statistics as heard
from generation.tests.measures.key import key_rank, written_key_rank
from generation.tests.measures.loudness import lufs, true_peak
from generation.tests.measures.metre import Agreement, agreement, in_three
from generation.tests.measures.pieces import brief_of, played, sound_of
from generation.tests.measures.sections import likeness, likeness_by_chance
from generation.tests.measures.seeds import clock_seed, fresh_seeds
from generation.tests.measures.symbols import Writing, writing
from generation.tests.measures.tempo import shuffled, tempo_found

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured of one piece, and of the control made of it; None where a measure does not apply."""

    genre: str
    lufs: float
    peak: float
    tempo: bool | None
    tempo_shuffled: bool | None
    key: int
    key_off: int
    likeness: float | None
    likeness_shuffled: float | None
    numbers: Matrix


@dataclass(frozen=True, slots=True)
class Written:
    """What was measured of one score, and of the same with its tune a semitone off; its key by its notes."""

    genre: str
    right: Writing
    off: Writing
    key: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What was heard of one piece's metre, and of the control made of its sound: the same in another order."""

    genre: str
    metre: str
    right: Agreement
    shuffled: Agreement


def listen(order: tuple[str, int]) -> Heard:
    """Measure a genre's piece by a seed."""
    genre, seed = order
    piece = played(genre, seed, SECONDS)
    score = piece.score
    steady = piece.is_rhythmic
    return Heard(
        genre=genre,
        lufs=lufs(piece.audio),
        peak=true_peak(piece.audio),
        tempo=tempo_found(piece.audio, score.bpm) if steady else None,
        tempo_shuffled=tempo_found(shuffled(piece.audio, seed), score.bpm) if steady else None,
        key=key_rank(piece.pitched, score.tonic, score.mode),
        key_off=key_rank(piece.pitched, score.tonic + 6, score.mode),
        likeness=likeness(piece),
        likeness_shuffled=likeness_by_chance(piece, seed),
        numbers=heard(piece.audio),
    )


def read(order: tuple[str, int]) -> Written:
    """Measure a genre's score by a seed."""
    brief = brief_of(*order)
    key = written_key_rank(compose(brief), brief.tonic, brief.mode)
    return Written(order[0], writing(brief), writing(brief, lift=1), key)


def count(order: tuple[str, str, int]) -> Counted:
    """Measure a genre's piece in a metre by a seed."""
    genre, metre, seed = order
    score = compose(brief_of(genre, seed, SECONDS, metre))
    sound = sound_of(score)
    return Counted(genre, metre, agreement(sound, score), agreement(shuffled(sound, seed), score))


def of(genre: str, rows: Sequence[Heard]) -> list[Heard]:
    return [row for row in rows if row.genre == genre]


def share(found: Sequence[bool | None]) -> str:
    known = [each for each in found if each is not None]
    return f"{sum(known)}/{len(known)}"


def mean(found: Sequence[float | None]) -> float:
    """The mean of what is there; 0 where nothing is."""
    known = [each for each in found if each is not None]
    return statistics.mean(known) if known else 0.0


def report_heard(rows: list[Heard]) -> list[bool]:
    """Print what was heard, and say which bars were met."""
    print("\ngenre          LUFS              dBTP   tempo  key ranks        likeness  shuffled")
    for genre in sorted(GENRES):
        mine = of(genre, rows)
        print(
            f"{genre:13} {min(row.lufs for row in mine):.2f} to {max(row.lufs for row in mine):.2f}  "
            f"{max(row.peak for row in mine):5.2f}  {share([row.tempo for row in mine]):>5}  "
            f"{' '.join(str(row.key) for row in mine):16} {mean([row.likeness for row in mine]):7.2f} "
            f"{mean([row.likeness_shuffled for row in mine]):9.2f}"
        )
    print()
    return [
        level_bar(rows),
        peak_bar(rows),
        tempo_bar(rows),
        key_bar(rows),
        genre_bar(rows),
        likeness_bar(rows),
    ]


def level_bar(rows: list[Heard]) -> bool:
    off = max(abs(row.lufs - bars.LUFS) for row in rows)
    met = off <= bars.LUFS_OFF
    print(f"loudness, at most {off:.2f} off", verdict(met, "-14 ± 0.3"))
    return met


def peak_bar(rows: list[Heard]) -> bool:
    highest = max(row.peak for row in rows)
    met = highest <= bars.TRUE_PEAK
    print(f"true peak, at most {highest:.2f} dBTP", verdict(met, "-1.0"))
    return met


def tempo_bar(rows: list[Heard]) -> bool:
    steady = [row for row in rows if row.tempo is not None]
    met = all(row.tempo for row in steady)
    print(
        f"tempo found in {share([row.tempo for row in steady])}, shuffled in "
        f"{share([row.tempo_shuffled for row in steady])}",
        verdict(met, "all rhythmic"),
    )
    return met


def key_bar(rows: list[Heard]) -> bool:
    first, three = (statistics.mean(row.key <= limit for row in rows) for limit in (1, 3))
    met = first >= bars.KEY_FIRST and three >= bars.KEY_AMONG_THREE
    print(
        f"key first in {first:.1%}, among three in {three:.1%}; a tritone off, at best at rank "
        f"{min(row.key_off for row in rows)}",
        verdict(met, "87 % and 100 %"),
    )
    return met


def genre_bar(rows: list[Heard]) -> bool:
    numbers, labels = np.array([row.numbers for row in rows]), [row.genre for row in rows]
    share = nearest_share(numbers, labels)
    by_chance = nearest_share(numbers, list(np.random.default_rng(1).permutation(labels)))
    taken_for = [f"{own} for {other}" for own, other in neighbours(numbers, labels) if own != other]
    met = share >= bars.GENRES_TOLD_APART
    print(
        f"genres told apart in {share:.1%}, by shuffled names in {by_chance:.1%}; taken wrongly: "
        f"{', '.join(taken_for) or 'none'}",
        verdict(met, "95 %"),
    )
    return met


def likeness_bar(rows: list[Heard]) -> bool:
    short = [
        genre
        for genre in sorted(GENRES)
        if mean([row.likeness for row in of(genre, rows)]) < bars.likeness_bar(genre)
    ]
    print(
        f"bars of one section more alike than others, short of it: {', '.join(short) or 'none'}",
        verdict(not short, "1.3, ambient 1.15"),
    )
    return not short


def report_counted(rows: list[Counted]) -> list[bool]:
    """Print in which metre pieces were heard, and say which bars were met."""
    print("\ngenre          metre  beats  bar lines  heard as                        shuffled: beats  metre")
    for genre, metre in dict.fromkeys((row.genre, row.metre) for row in rows):
        mine = [row for row in rows if (row.genre, row.metre) == (genre, metre)]
        heard = Counter(row.right.heard for row in mine)
        print(
            f"{genre:13} {metre:>6} {share([row.right.beats_found for row in mine]):>6} "
            f"{share([row.right.bar_lines_found for row in mine]):>10}  "
            f"{', '.join(f'{name} {number}' for name, number in heard.most_common()):30} "
            f"{share([row.shuffled.beats_found for row in mine]):>16} "
            f"{share([row.shuffled.metre_heard for row in mine]):>6}"
        )
    print()
    others = [row for row in rows if row.metre != FOUR_FOUR.name]
    three = [row for row in others if in_three(row.metre)]
    four = [row for row in rows if row.metre == FOUR_FOUR.name]
    return [
        share_bar(
            "beats found, in other metres than four",
            [row.right.beats_found for row in others],
            bars.BEATS_FOUND,
        ),
        share_bar(
            "bar lines found there", [row.right.bar_lines_found for row in others], bars.BAR_LINES_FOUND
        ),
        share_bar("heard in their own metre", [row.right.metre_heard for row in others], bars.METRE_HEARD),
        share_bar("in three, heard in three", [row.right.heard_in_three for row in three], bars.THREE_HEARD),
        share_bar(
            "in four, not heard in three",
            [not row.right.heard_in_three for row in four],
            1 - bars.FOUR_AS_THREE,
        ),
        share_bar("shuffled, beats lost", [not row.shuffled.beats_found for row in rows], bars.SHUFFLED_LOST),
        share_bar("shuffled, metre lost", [not row.shuffled.metre_heard for row in rows], bars.SHUFFLED_LOST),
    ]


def share_bar(what: str, found: Sequence[bool], bar: float) -> bool:
    met = statistics.mean(found) >= bar
    print(f"{what}: {share(found)}", verdict(met, f"{bar:.0%}"))
    return met


def report_written(rows: list[Written]) -> list[bool]:
    """Print what was read in the scores, and say which bars were met."""
    print(
        "\ngenre          openings  foreign  clashes  at home  motion  key first  among three"
        "    a semitone off: foreign, clashes"
    )
    met = []
    for genre in sorted(GENRES):
        right = [row.right for row in rows if row.genre == genre]
        off = [row.off for row in rows if row.genre == genre]
        openings = len({each.opening for each in right})
        foreign, clashing = sum(each.foreign for each in right), sum(each.clashing for each in right)
        at_home = sum(each.ends_at_home for each in right)
        motion = statistics.mean(each.motion for each in right)
        keys = [row.key for row in rows if row.genre == genre]
        print(
            f"{genre:13} {openings:5}/{len(right)} {foreign:4}/{sum(each.strong for each in right):<5} {clashing:5} "
            f"{at_home:6}/{len(right)} {motion:6.2f} {keys.count(1):7}/{len(keys)} "
            f"{sum(key <= 3 for key in keys):10}/{len(keys)} {sum(each.foreign for each in off):24}, "
            f"{sum(each.clashing for each in off)}"
        )
        met.append(
            openings == len(right)
            and not foreign
            and not clashing
            and at_home == len(right)
            and motion <= bars.MOTION
            and sum(each.foreign for each in off) > 0
        )
    print(
        "openings differ, strong notes belong, no minor ninths, home at last",
        verdict(all(met), "without exception"),
    )
    return met


def main() -> None:
    """Measure and print everything; exit with 1 where a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pieces", type=int, default=8, help="pieces of each genre to hear")
    parser.add_argument("--scores", type=int, default=60, help="scores of each genre to read")
    parser.add_argument(
        "--composed",
        type=int,
        default=music_composition.SEEDS,
        help="scores of each genre to read as composition",
    )
    parser.add_argument(
        "--metres", type=int, default=4, help="pieces of each genre in each of its metres to hear"
    )
    options = parser.parse_args()
    print(
        f"{options.pieces} pieces of {SECONDS:g} s and {options.scores} scores a genre, {options.metres} pieces in "
        f"each metre, MUSIC_SEED={clock_seed()}"
    )
    pieces = [
        (genre, seed) for genre in sorted(GENRES) for seed in fresh_seeds(options.pieces, f"hear {genre}")
    ]
    scores = [
        (genre, seed) for genre in sorted(GENRES) for seed in fresh_seeds(options.scores, f"read {genre}")
    ]
    in_metres = [
        (genre, metre, seed)
        for genre in sorted(GENRES)
        for metre in metres_of(GENRES[genre])
        for seed in fresh_seeds(options.metres, f"count {genre} {metre}")
    ]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        written = list(pool.map(read, scores, chunksize=20))
        composition = music_composition.measured(pool, options.composed)
        rows = list(pool.map(listen, pieces, chunksize=2))
        counted = list(pool.map(count, in_metres, chunksize=2))
    met = [
        *report_written(written),
        *report_heard(rows),
        *report_counted(counted),
        *music_composition.report(composition, options.composed),
    ]
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
