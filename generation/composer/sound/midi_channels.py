"""Which part plays on which channel of a MIDI file, of which there are 16."""

from collections.abc import Sequence
from itertools import combinations

from ..score import Part
from .general_midi import DRUM_CHANNEL, KITS

PITCHED_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)

_STEPS_PER_BEAT = 4

Sharing = list[tuple[int, list[int]]]
"""Channels, each with the places of the parts that play on it."""


def channels_of(parts: Sequence[Part]) -> Sharing:
    """A channel for each part.

    Kits share the tenth. Of more than 15 other parts those share a channel that least sound together.
    """
    groups = [[place] for place, part in enumerate(parts) if part.instrument not in KITS]
    sounding = {place: _steps(parts[place]) for [place] in groups}
    while len(groups) > len(PITCHED_CHANNELS):
        one, other = min(
            combinations(groups, 2),
            key=lambda pair: sum(len(sounding[a] & sounding[b]) for a in pair[0] for b in pair[1]),
        )
        groups.remove(other)
        one.extend(other)
    drums = [place for place, part in enumerate(parts) if part.instrument in KITS]
    pitched = [(channel, sorted(group)) for channel, group in zip(PITCHED_CHANNELS, groups, strict=False)]
    return [*pitched, (DRUM_CHANNEL, drums)] if drums else pitched


def _steps(part: Part) -> frozenset[int]:
    """The sixteenths in which a part is heard, from the start of the piece."""
    return frozenset(
        step
        for note in part.notes
        for step in range(
            int(note.start * _STEPS_PER_BEAT), int((note.start + note.length) * _STEPS_PER_BEAT) + 1
        )
    )
