"""Plays one part: notes in seconds become blocks of samples, in bounded memory."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from generation.audio.types import Samples
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import Tone

_KEPT_BYTES = 56 << 20


@dataclass(frozen=True, slots=True)
class Strike:
    """How one note sounds: its tone, gains to the left and right, and the release after `hold` frames."""

    tone: Tone
    left: float
    right: float
    hold: int
    release: Samples


class Instrument(Protocol):
    """Turns a note into a strike. `channels` is 1 where every note sits in the middle, else 2."""

    channels: int

    def strike(self, note: TimedNote) -> Strike: ...


class ToneShelf:
    """Tones by key, the least recently used dropped once they hold more than `limit` bytes.

    May be shared between threads. A tone that still sounds outlives its place on the shelf.
    """

    def __init__(self, limit: int = _KEPT_BYTES) -> None:
        self._limit = limit
        self._lock = Lock()
        self._tones: OrderedDict[Hashable, Tone] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Tone]) -> Tone:
        with self._lock:
            tone = self._tones.get(key)
            if tone is None:
                tone = self._tones[key] = make()
                self._trim()
            else:
                self._tones.move_to_end(key)
            return tone

    def _trim(self) -> None:
        held = sum(tone.nbytes for tone in self._tones.values())
        while held > self._limit and len(self._tones) > 1:
            held -= self._tones.popitem(last=False)[1].nbytes


SHELF = ToneShelf()
"""The tones of all instruments, for all pieces of a process: keys name all that a tone depends on."""


@dataclass(slots=True)
class _Sounding:
    strike: Strike
    onset: int
    end: int


class Player:
    """A part on an instrument. Each `pull` gives the next block."""

    def __init__(self, instrument: Instrument, notes: Sequence[TimedNote], sample_rate: int) -> None:
        self._instrument = instrument
        self._notes = notes
        self._sample_rate = sample_rate
        self._next = 0
        self._frame = 0
        self._sounding: list[_Sounding] = []

    def pull(self, frames: int) -> Samples | None:
        """The next `frames` samples, with as many channels as the instrument has; None for silence."""
        stop = self._frame + frames
        self._start_notes(stop)
        block = None
        if self._sounding:
            block = np.zeros((self._instrument.channels, frames), np.float32)
            for sounding in self._sounding:
                self._add(sounding, block, stop)
            self._sounding = [sounding for sounding in self._sounding if sounding.end > stop]
        self._frame = stop
        return block

    def _start_notes(self, stop: int) -> None:
        while self._next < len(self._notes):
            note = self._notes[self._next]
            onset = max(0, round(note.time * self._sample_rate))
            if onset >= stop:
                return
            strike = self._instrument.strike(note)
            length = min(strike.tone.frames, strike.hold + len(strike.release))
            self._sounding.append(_Sounding(strike, onset, onset + length))
            self._next += 1

    def _add(self, sounding: _Sounding, block: Samples, stop: int) -> None:
        strike, onset = sounding.strike, sounding.onset
        begin, end = max(self._frame, onset), min(stop, sounding.end)
        if end <= begin:
            return
        piece = strike.tone.read(begin - onset, end - onset)
        off = onset + strike.hold
        if end > off:
            piece = piece.copy()
            first = max(begin, off)
            piece[:, first - begin :] *= strike.release[first - off : end - off]
        spot = slice(begin - self._frame, end - self._frame)
        block[0, spot] += piece[0] * np.float32(strike.left)
        if len(block) == 2:
            block[1, spot] += piece[-1] * np.float32(strike.right)
