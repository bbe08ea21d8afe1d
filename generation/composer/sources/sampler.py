"""Recorded instruments: presets of the sound bank played by reading their samples at another speed."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples
from generation.composer.dsp.filters import Filter, butterworth
from generation.composer.dsp.interpolation import hermite
from generation.composer.sources.drums import PANS
from generation.composer.sources.envelope import SampledEnvelope, release, sampled_envelope
from generation.composer.sources.pitched import LAYERS, Manner, ToneMaker, pan_gains
from generation.composer.sources.player import SHELF, Instrument, Strike
from generation.composer.sources.soundfont import Generator, Recording, SoundFont, Zone
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import ENDLESS, Growing, Recorded, Tone
from generation.composer.sources.vibrato import Vibrato

BANK = Path(__file__).parent.parent / "soundbank"

_KEPT_BYTES = 24 << 20
# The reference players scale the specification's attenuation by this, as the hardware it was written for did.
_ATTENUATION_SHARE = 0.4
_HIGHEST_CUTOFF = 18_000.0
_EDGE = 4
Places = npt.NDArray[np.float64]
_SILENCE = Recorded(np.zeros((1, 64), np.float32))


@dataclass(frozen=True, slots=True)
class Sampled:
    """A preset of the bank and how it is played.

    `dull` is by how many octaves the softest stroke is darker; `attack` and `decay` in seconds, where given,
    replace the preset's own (a decay then goes to silence); `skip` seconds of each recording are left out;
    `muted` is the preset that plays notes marked "mute"; `tune` in cents rights a recording off pitch.
    """

    preset: str
    manner: Manner
    dull: float = 2.0
    attack: float | None = None
    decay: float | None = None
    skip: float = 0.0
    vibrato: Vibrato | None = None
    muted: str | None = None
    tune: float = 0.0


@dataclass(slots=True)
class Preset:
    """A file of the bank, its zones, and its recordings as far as they were heard."""

    name: str
    font: SoundFont
    zones: list[Zone] = field(default_factory=list)

    def answering(self, key: int, velocity: int) -> list[Zone]:
        """The zones for a key and velocity; for a key outside all, those of the nearest key."""
        found = [zone for zone in self.zones if zone.answers(key, velocity)]
        if found or not self.zones:
            return found
        nearest = min(self.zones, key=lambda zone: max(zone.keys[0] - key, key - zone.keys[1], 0))
        return [nearest]

    def recording(self, zone: Zone) -> Recording:
        return _recordings.get(self, zone.sample)


class _RecordingShelf:
    """Decoded recordings of all presets, shared by the renders of a process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = Lock()
        self._held: OrderedDict[tuple[str, int], Recording] = OrderedDict()

    def get(self, preset: Preset, sample: int) -> Recording:
        key = (preset.name, sample)
        with self._lock:
            recording = self._held.get(key)
            if recording is None:
                recording = self._held[key] = preset.font.recording(sample)
                held = sum(other.nbytes for other in self._held.values())
                while held > self._limit and len(self._held) > 1:
                    held -= self._held.popitem(last=False)[1].nbytes
            self._held.move_to_end(key)
            return recording


_recordings = _RecordingShelf(_KEPT_BYTES)


@lru_cache(maxsize=64)
def load(name: str) -> Preset:
    """A preset of the bank by name. Raises OSError or SoundFontError where it is missing or unreadable."""
    font = SoundFont.open(BANK / f"{name}.sf3")
    return Preset(name, font, font.zones())


def tone_maker(sampled: Sampled, sample_rate: int, detune_cents: float = 0.0) -> ToneMaker:
    """A maker of tones of a recorded instrument. Raises as `load` does."""
    preset = load(sampled.preset)
    muted = load(sampled.muted) if sampled.muted else preset

    def make(pitch: int, velocity: int, articulation: str) -> Tone:
        chosen = muted if articulation == "mute" else preset
        readers = [
            _ZoneReader(chosen, zone, pitch + detune_cents / 100, velocity, sampled, sample_rate)
            for zone in chosen.answering(pitch, velocity)
        ]
        return _together(readers, sample_rate)

    return make


def _together(readers: Sequence["_ZoneReader"], sample_rate: int) -> Tone:
    if not readers:
        return _SILENCE
    if len(readers) == 1:
        render = readers[0].render
    else:

        def render(start: int, stop: int) -> Samples:
            return np.asarray(np.sum([reader.render(start, stop) for reader in readers], axis=0))

    return Growing(render, 1, max(reader.frames for reader in readers), sample_rate // 2)


class _ZoneReader:
    """One recording at one pitch and velocity, with its envelope and filter."""

    def __init__(
        self, preset: Preset, zone: Zone, pitch: float, velocity: int, sampled: Sampled, sample_rate: int
    ) -> None:
        header = preset.font.headers[zone.sample]
        root = zone.value(Generator.ROOT_KEY)
        cents = (pitch - (root if root >= 0 else header.root)) * zone.value(Generator.SCALE_TUNING)
        cents += (
            zone.value(Generator.COARSE_TUNE) * 100
            + zone.value(Generator.FINE_TUNE)
            + header.correction
            + sampled.tune
        )
        self._preset, self._zone = preset, zone
        self._ratio = 2 ** (cents / 1200) * header.rate / sample_rate
        recorded = preset.recording(zone).frames
        self._last = recorded - _EDGE
        self._loop = _loop(zone, header.loop_start, header.loop_end, recorded)
        self._skip = sampled.skip * header.rate + zone.value(Generator.START)
        self._bend = sampled.vibrato.course(sample_rate) if sampled.vibrato else None
        self._envelope = _envelope(zone, sampled, sample_rate)
        self._filter = _brightness(zone, velocity, sampled.dull, sample_rate)
        attenuation = zone.value(Generator.ATTENUATION) * _ATTENUATION_SHARE / 200
        self._gain = np.float32(10**-attenuation)
        last = (recorded - self._skip - 2 * _EDGE) / self._ratio
        self.frames = ENDLESS if self._loop else max(64, int(last))
        self._fade = max(32, sample_rate // 200)

    def render(self, start: int, stop: int) -> Samples:
        places = _ramp(stop - start) * self._ratio
        places += start * self._ratio + self._skip
        if self._bend is not None:
            places += self._bend.read(start, stop) * self._ratio
        if places.min() < 1:
            np.maximum(places, 1, out=places)
        sound = self._looped(places) if self._loop else self._once(places)
        sound *= self._envelope.read(start, stop)
        sound *= self._gain
        if stop > self.frames - self._fade:
            left = self.frames - np.arange(start, stop, dtype=np.float32)
            sound *= np.clip(left / np.float32(self._fade), 0, 1)
        return self._filter(sound[None]) if self._filter else sound[None]

    def _once(self, places: Places) -> Samples:
        known = self._upto(min(self._last, int(places.max())) + _EDGE)
        return hermite(known, np.minimum(places, self._last))

    def _looped(self, places: Places) -> Samples:
        begin, end = self._loop or (0, 0)
        furthest = int(places.max())
        if furthest < end - _EDGE:
            return hermite(self._upto(furthest + _EDGE), places)
        turns = np.floor((places - begin) * (1 / (end - begin)))
        places = places - np.maximum(turns, 0, out=turns) * (end - begin)
        known = self._upto(end)
        lowest = max(0, int(places.min()) - _EDGE)
        once_more = np.concatenate([known[lowest:end], known[begin : begin + _EDGE]])
        return hermite(once_more, places - lowest)

    def _upto(self, frames: int) -> Samples:
        # Asked for anew each time: tones last longer than recordings may be held in memory.
        return self._preset.recording(self._zone).upto(frames)


@lru_cache(maxsize=8)
def _ramp(frames: int) -> Places:
    return np.arange(frames, dtype=np.float64)


def _loop(zone: Zone, begin: int, end: int, frames: int) -> tuple[int, int] | None:
    begin += zone.value(Generator.START_LOOP) + 32768 * zone.value(Generator.START_LOOP_COARSE)
    end += zone.value(Generator.END_LOOP) + 32768 * zone.value(Generator.END_LOOP_COARSE)
    end = min(end, frames)
    return (begin, end) if zone.value(Generator.SAMPLE_MODES) in (1, 3) and end > begin + 8 else None


def _seconds(timecents: int) -> float:
    return float(2 ** (timecents / 1200))


def _envelope(zone: Zone, sampled: Sampled, sample_rate: int) -> SampledEnvelope:
    """Linear attack, hold, then a decay linear in dB, 100 dB in the decay time (specification 8.1.2)."""
    attack = _seconds(zone.value(Generator.ATTACK)) if sampled.attack is None else sampled.attack
    hold = _seconds(zone.value(Generator.HOLD))
    decay = _seconds(zone.value(Generator.DECAY)) if sampled.decay is None else sampled.decay
    depth = min(100.0, max(0.0, zone.value(Generator.SUSTAIN) / 10)) if sampled.decay is None else 100.0
    return sampled_envelope(round(attack, 4), round(hold, 3), round(decay, 3), depth, sample_rate)


def _brightness(zone: Zone, velocity: int, dull: float, sample_rate: int) -> Filter | None:
    """The zone's low-pass, closed further for a soft stroke; None where it would change nothing."""
    cents = float(zone.value(Generator.FILTER_CUTOFF))
    opening = zone.value(Generator.MOD_ENVELOPE_TO_CUTOFF)
    cents += max(0, opening) + min(0, opening) * (1 - zone.value(Generator.MOD_ENVELOPE_SUSTAIN) / 1000)
    cutoff = min(_HIGHEST_CUTOFF, 8.176 * 2 ** (cents / 1200)) * 2 ** (-dull * (1 - velocity / 127))
    if cutoff > 0.9 * _HIGHEST_CUTOFF:
        return None
    return Filter(butterworth("lowpass", float(round(cutoff, -1)), 2, sample_rate), channels=1)


class SampledKit:
    """A recorded drum kit; what it lacks, `stand_in` plays."""

    channels = 2

    def __init__(self, preset: str, keys: Mapping[str, int], stand_in: Instrument, sample_rate: int) -> None:
        self._preset = load(preset)
        self._keys = keys
        self._stand_in = stand_in
        self._sample_rate = sample_rate
        self._release = release(0.12, sample_rate)
        self._sampled = Sampled(preset, Manner(0.1), dull=1.5)

    def strike(self, note: TimedNote) -> Strike:
        key = self._keys.get(note.voice)
        if key is None:
            return self._stand_in.strike(note)
        layer = min(LAYERS, key=lambda velocity: abs(velocity - note.velocity))
        tone = SHELF.get((self._sampled, self._sample_rate, key, layer), partial(self._tone, key, layer))
        level = (note.velocity / 127) ** self._sampled.manner.touch
        left, right = pan_gains(PANS.get(note.voice, 0.0))
        hold = (
            int(note.duration * self._sample_rate)
            if note.voice == "open_hat"
            else int(3.5 * self._sample_rate)
        )
        return Strike(tone, level * left, level * right, hold, self._release)

    def _tone(self, key: int, velocity: int) -> Tone:
        readers = [
            _ZoneReader(self._preset, zone, key, velocity, self._sampled, self._sample_rate)
            for zone in self._preset.answering(key, velocity)
        ]
        return _together(readers, self._sample_rate)
