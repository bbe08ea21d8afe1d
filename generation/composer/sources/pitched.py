"""Instruments with pitches: what is the same for synthesised and sampled ones."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from generation.composer.sources.envelope import release
from generation.composer.sources.player import SHELF, Strike
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import Tone

# A tone is made for the nearest of these velocities and then scaled, so few tones serve many notes.
LAYERS = (34, 62, 84, 102, 120)

ToneMaker = Callable[[int, int, str], Tone]
"""(pitch, velocity layer, articulation) -> tone."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How an instrument answers to notes.

    A note is held from `shortest` to `longest` seconds (`mute` if muted) and dies in `release`; `spread` is
    how far an octave above middle C moves a mono tone to the right; gain is (velocity / 127) ** `touch`.
    """

    release: float
    channels: int = 1
    spread: float = 0.0
    touch: float = 1.6
    shortest: float = 0.03
    longest: float = math.inf
    mute: float = 0.11


def pan_gains(pan: float) -> tuple[float, float]:
    """Left and right gains of equal power, both 1 in the middle; `pan` from -1 (left) to 1."""
    turn = (max(-1.0, min(1.0, pan)) + 1) * math.pi / 4
    return math.sqrt(2) * math.cos(turn), math.sqrt(2) * math.sin(turn)


class Pitched:
    """An instrument of tones by pitch. `voice` names all that its tones depend on beside pitch and force."""

    def __init__(self, manner: Manner, make_tone: ToneMaker, voice: Hashable, sample_rate: int) -> None:
        self.channels = 2 if manner.spread else manner.channels
        self._manner = manner
        self._make_tone = make_tone
        self._sample_rate = sample_rate
        self._voice = voice
        self._release = release(manner.release, sample_rate)

    def strike(self, note: TimedNote) -> Strike:
        manner = self._manner
        layer = min(LAYERS, key=lambda velocity: abs(velocity - note.velocity))
        tone = SHELF.get(
            (self._voice, note.pitch, layer, note.voice),
            lambda: self._make_tone(note.pitch, layer, note.voice),
        )
        longest = manner.mute if note.voice == "mute" else manner.longest
        seconds = min(longest, max(manner.shortest, note.duration))
        level = (note.velocity / 127) ** manner.touch
        left, right = (
            pan_gains(manner.spread * (note.pitch - 60) / 12) if manner.channels == 1 else (1.0, 1.0)
        )
        return Strike(tone, level * left, level * right, int(seconds * self._sample_rate), self._release)


def frequency(pitch: float) -> float:
    """Hz of a MIDI number, A4 = 440."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))
