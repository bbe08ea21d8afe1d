"""The mixing desk: gain, pan, ducking, sends, reverb, echo, tape and bus compressor, block by block."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples
from generation.composer.dsp.control import control_hop, straight
from generation.composer.dsp.convolution import Convolver, Spectrum, partitions
from generation.composer.dsp.delay import PingPong
from generation.composer.dsp.dynamics import Compressor
from generation.composer.dsp.filters import (
    Filter,
    Sections,
    butterworth,
    filtered,
    high_shelf,
    low_shelf,
)
from generation.composer.dsp.reverb import hall
from generation.composer.dsp.tape import Tape
from generation.composer.score import Score
from generation.composer.sound.mix_table import GenreMix, Reverb, RoleMix

_LOW_ROLES = frozenset({"drums", "bass", "timpani"})
_LOW_CUT = 28.0
_ECHO_INTO_REVERB = np.float32(0.35)
# A section's gain moves within this many seconds of its border.
_SECTION_RAMP = 0.03
_DUCK_ATTACK = 0.004
_DUCK_LONGEST = 0.25


def decibels(value: float) -> float:
    """A level in dB as a factor."""
    return float(10 ** (value / 20))


class Strip:
    """One role's way to the buses: tone, gain, pan."""

    def __init__(self, place: RoleMix, gain_db: float, channels: int, sample_rate: int) -> None:
        self.place = place
        gain = decibels(gain_db)
        self._gains = np.array([[gain * (1 - place.pan) ** 0.5], [gain * (1 + place.pan) ** 0.5]], np.float32)
        self._drive = np.float32(place.drive)
        self._top = Filter(butterworth("lowpass", place.top, 1, sample_rate), channels) if place.top else None

    def __call__(self, block: Samples) -> Samples:
        """A block (1 or 2, frames) of the role as (2, frames) at its level and place."""
        if self._top:
            block = self._top(block)
        placed = block * self._gains
        if self._drive:
            # A role is driven where its level is known: behind its gain.
            placed = np.tanh(placed * self._drive) / self._drive
        return placed


class Desk:
    """Mixes the strips' blocks of `block` frames. `kicks` are onsets in seconds that duck other roles."""

    def __init__(
        self, score: Score, mix: GenreMix, kicks: Sequence[float], sample_rate: int, block: int
    ) -> None:
        self._mix = mix
        self._block = block
        self._sample_rate = sample_rate
        self._hop = control_hop(sample_rate)
        self._frame = 0
        self._sections = _section_gains(score, mix.energy_db)
        self._ducking = _Ducking(kicks, score.beat_seconds, sample_rate, block)
        self._echo = PingPong(score.beat_seconds * mix.delay_beats, sample_rate)
        colour = _colour(mix.low_db, mix.high_db, sample_rate)
        self._equalisers = {
            bus: Filter(np.concatenate([butterworth("highpass", cut, 2, sample_rate), colour]), 2)
            for bus, cut in (("low", _LOW_CUT), ("rest", mix.low_cut))
        }
        self._space = Convolver(_room(mix, sample_rate, block), block)
        tape = mix.tape
        self.tape = Tape(tape.wow_cents, tape.drive, tape.top, sample_rate) if tape else None
        self.compressor = Compressor(mix.threshold_db, mix.ratio, self._hop, sample_rate)

    def __call__(self, roles: Mapping[str, tuple[RoleMix, Samples]]) -> Samples:
        """The mixed block (2, block) of placed blocks (2, block) by role."""
        mixed = self.spread(roles)
        if self.tape:
            mixed = self.tape(mixed)
        return self.compressor(mixed)

    def spread(self, roles: Mapping[str, tuple[RoleMix, Samples]]) -> Samples:
        """The next block as it comes to tape and compressor.

        Linear: what desks of some roles each give adds up to what one desk of all gives.
        """
        buses = {name: np.zeros((2, self._block), np.float32) for name in ("low", "rest", "send", "echo")}
        ducking = self._ducking(self._frame)
        for role, (place, samples) in roles.items():
            if place.duck_db and ducking is not None:
                samples = samples * (1 - np.float32(1 - decibels(-place.duck_db)) * ducking)
            buses["low" if role in _LOW_ROLES else "rest"] += samples
            if place.reverb_db is not None:
                buses["send"] += samples * np.float32(decibels(place.reverb_db))
            if place.delay_db is not None:
                buses["echo"] += samples * np.float32(decibels(place.delay_db))
        automation = self._automation()
        for bus in buses.values():
            bus *= automation
        echoes = self._echo(buses.pop("echo"))
        buses["rest"] += echoes
        buses["send"] += echoes * _ECHO_INTO_REVERB
        mixed = self._space(buses["send"])
        for name, equaliser in self._equalisers.items():
            mixed += equaliser(buses[name])
        self._frame += self._block
        return _widened(mixed, self._mix.width)

    def _automation(self) -> Samples:
        edges = np.arange(self._frame, self._frame + self._block + 1, self._hop) / self._sample_rate
        times, gains = self._sections
        return straight(np.interp(edges, times, gains), self._hop)


def _widened(block: Samples, width: float) -> Samples:
    """The block with the difference of its channels scaled."""
    if width == 1:
        return block
    middle = (block[:1] + block[1:]) * np.float32(0.5)
    return np.asarray(middle + (block - middle) * width, np.float32)


class _Ducking:
    """The shape that the kicks press into other roles: 0 where there is none, 1 right after a stroke."""

    def __init__(self, kicks: Sequence[float], beat: float, sample_rate: int, block: int) -> None:
        length = int(min(_DUCK_LONGEST, 0.8 * beat) * sample_rate)
        frames = np.arange(length, dtype=np.float32)
        opening = np.minimum(frames / np.float32(_DUCK_ATTACK * sample_rate), np.float32(1))
        self._shape = opening * (1 - (frames / np.float32(length)) ** np.float32(1.5))
        self._onsets = np.sort(np.round(np.asarray(kicks) * sample_rate)).astype(int)
        self._block = block

    def __call__(self, frame: int) -> Samples | None:
        """The shape over the block that begins at `frame`, None where nothing is pressed."""
        first, last = np.searchsorted(self._onsets, [frame - len(self._shape), frame + self._block])
        if first == last:
            return None
        pressed = np.zeros(self._block, np.float32)
        for onset in self._onsets[first:last]:
            begin, end = max(frame, onset), min(frame + self._block, onset + len(self._shape))
            if end > begin:
                spot = pressed[begin - frame : end - frame]
                np.maximum(spot, self._shape[begin - onset : end - onset], out=spot)
        return pressed


Automation = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def _section_gains(score: Score, energy_db: float) -> Automation:
    """(seconds, gain): each section quieter the further its energy lies below the piece's strongest.

    A piece too short for a bar is its last chord, at full gain.
    """
    if not score.sections:
        return np.zeros(1), np.ones(1)
    bar = score.bar_seconds
    strongest = max(section.energy for section in score.sections)
    times, gains = [], []
    for section in score.sections:
        gain = decibels(-energy_db * (strongest - section.energy))
        times += [
            section.start_bar * bar + _SECTION_RAMP,
            (section.start_bar + section.bars) * bar - _SECTION_RAMP,
        ]
        gains += [gain, gain]
    return np.array(times), np.array(gains)


def _colour(low_db: float, high_db: float, sample_rate: int) -> Sections:
    return np.concatenate([low_shelf(120, low_db, sample_rate), high_shelf(7500, high_db, sample_rate)])


def _room(mix: GenreMix, sample_rate: int, block: int) -> list[Spectrum]:
    """The hall, in the colour of the whole mix."""
    return _cached_room(mix.reverb, mix.low_db, mix.high_db, sample_rate, block)


@lru_cache(maxsize=16)
def _cached_room(
    reverb: Reverb, low_db: float, high_db: float, sample_rate: int, block: int
) -> list[Spectrum]:
    response = hall(reverb.seconds, reverb.predelay, reverb.brightness, sample_rate)
    return partitions(filtered(_colour(low_db, high_db, sample_rate), response), block)
