"""People's own tunes by the measures of melodies, to see that these say of people's music what they are said to.

    python -m benchmarks.music_people CORPUS

CORPUS is as generation/composer/learned/learn.py says. The collections kept apart are measured by a model of the
other nine tenths of them, what was learned by the whole. Bars are compared of tunes in fours alone: in 4/4, or 2/4 by
pairs of bars.
"""

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.composer.learned.collections_of_tunes import learned_tunes, tunes_apart
from generation.composer.learned.counting import METRES, count_pitches
from generation.composer.learned.learn import ORDER_APART
from generation.composer.learned.pitches import PitchModel
from generation.composer.learned.tune import Tune, steps_per_bar
from generation.composer.score import Note, Part, Score, Section
from generation.tests.measures import melody

_PARTS = 10
_SIXTEENTHS = 4
_MOST_PAIRED = 60


def as_score(tune: Tune) -> Score | None:
    """The tune as a lead alone, strain after strain; None for one that is not in fours."""
    notes: list[Note] = []
    start = steps_per_bar("4/4")
    for strain in tune.strains:
        if strain.metre not in METRES["4/4"]:
            return None
        notes += [
            Note(
                float(start + tone.start) / _SIXTEENTHS, float(tone.length) / _SIXTEENTHS, 60 + tone.pitch, 80
            )
            for tone in strain.tones
        ]
        start += strain.bars * steps_per_bar(strain.metre)
    bars = -int(-start // steps_per_bar("4/4"))
    section = (Section("A", 0, bars, 0.5),)
    part = Part("lead", "violin", tuple(sorted(notes)))
    return Score("folk", 0, 2.0 * bars, 120.0, 0, tune.strains[0].mode, 0.5, bars, 0.0, section, (part,))


def bits_apart(tunes: Sequence[Tune]) -> float:
    """Bits a pitch of each tenth by a model of the others."""
    tenths = [tunes[number::_PARTS] for number in range(_PARTS)]
    found: list[float] = []
    for number, tenth in enumerate(tenths):
        others = [tune for place, other in enumerate(tenths) if place != number for tune in other]
        found += bits(tenth, PitchModel(count_pitches(others, ORDER_APART)))
    return statistics.fmean(found)


def bits(tunes: Sequence[Tune], model: PitchModel) -> Iterator[float]:
    """Bits a pitch of each tune."""
    for tune in tunes:
        notes = tuple(
            Note(float(place), 1.0, 60 + tone.pitch, 80)
            for place, tone in enumerate(tone for strain in tune.strains for tone in strain.tones)
        )
        section = (Section("A", 0, len(notes), 0.5),)
        mode = tune.strains[0].mode
        score = Score(
            "folk", 0, 1.0, 120.0, 0, mode, 0.5, len(notes), 0.0, section, (Part("lead", "violin", notes),)
        )
        found = melody.bits_per_pitch(score, model)
        if found is not None:
            yield found


def early_share(tunes: Sequence[Tune]) -> float:
    """The share of tunes that begin before the bar; or of phrases, where the source says where they end."""
    begun = []
    for tune in tunes:
        strain = tune.strains[0]
        bar = steps_per_bar(strain.metre)
        starts = [strain.tones[0].start] if strain.tones else []
        starts += [
            after.start
            for before, after in zip(strain.tones, strain.tones[1:], strict=False)
            if before.breath
        ]
        begun += [start % bar >= bar / 2 for start in starts]
    return statistics.fmean(begun)


def report(name: str, tunes: Sequence[Tune], bits_of_pitch: float) -> None:
    """Print what is measured of a collection."""
    scores = [score for tune in tunes if (score := as_score(tune)) is not None]
    lines = [melody.lines_across(score) for score in scores]
    shares = [share for score in scores if (share := melody.distinct_share(score)) is not None]
    shared = melody.shared_rhythms(scores[:: max(1, len(scores) // _MOST_PAIRED)])
    print(
        f"{name:8} {len(tunes):5} {bits_of_pitch:6.2f} {early_share(tunes):7.2f} {len(scores):8} "
        f"{sum(crossed for crossed, _ in lines) / max(1, sum(of for _, of in lines)):7.3f} "
        f"{statistics.fmean(shares) if shares else 0:9.2f} {shared or 0:7.2f}",
        flush=True,
    )


def main() -> None:
    """Measure every collection and print a line of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="the wheel's folder music21/corpus")
    options = parser.parse_args()
    print("         tunes   bits   early in fours  across  distinct  shared")
    for name, tunes in tunes_apart(options.corpus).items():
        report(name, tunes, bits_apart(tunes))
    for name, tunes in learned_tunes(options.corpus).items():
        report(name, tunes, statistics.fmean(bits(tunes, melody.kept_apart())))


if __name__ == "__main__":
    main()
