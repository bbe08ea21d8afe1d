"""A tone: one pitch of one instrument as it would sound if it were held for ever, read piece by piece."""

from collections.abc import Callable
from threading import Lock
from typing import Protocol

import numpy as np

from generation.audio.types import Samples

ENDLESS = 1 << 40


class Tone(Protocol):
    """Sound from its onset on. `frames` is where it has died away, ENDLESS where it never does."""

    @property
    def channels(self) -> int: ...

    @property
    def frames(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """Memory held, for the cap on what a source keeps."""

    def read(self, start: int, stop: int) -> Samples:
        """Samples (channels, stop - start), not to be written to; `stop` must not lie beyond `frames`."""


class Recorded:
    """A tone that is there as a whole: a drum, a pluck."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples if samples.ndim == 2 else samples[None]
        self.channels, self.frames = self._samples.shape
        self.nbytes = self._samples.nbytes

    def read(self, start: int, stop: int) -> Samples:
        return self._samples[:, start:stop]


class Curve:
    """A function of time since onset, sampled until it no longer changes."""

    def __init__(self, values: Samples) -> None:
        self._values = values
        self._last = values[-1]

    def read(self, start: int, stop: int) -> Samples:
        """Values (stop - start,), the last one held beyond the end."""
        known = self._values[start:stop]
        if len(known) == stop - start:
            return known
        held = np.full(stop - start, self._last, np.float32)
        held[: len(known)] = known
        return held


class Loop:
    """A seamless table (channels, frames) that goes round under an envelope."""

    frames = ENDLESS

    def __init__(self, table: Samples, envelope: Curve, phase: int = 0) -> None:
        self._table = table
        self._envelope = envelope
        self._phase = phase
        self.channels = table.shape[0]
        self.nbytes = table.nbytes

    def read(self, start: int, stop: int) -> Samples:
        return around(self._table, start + self._phase, stop + self._phase) * self._envelope.read(start, stop)


def around(table: Samples, start: int, stop: int) -> Samples:
    """Frames `start` to `stop` of a table (channels, frames) that repeats for ever."""
    length = table.shape[1]
    first = start % length
    if first + stop - start <= length:
        return table[:, first : first + stop - start]
    return table.take(np.arange(first, first + stop - start), axis=1, mode="wrap")


class Passing:
    """An endless stereo tone computed anew wherever it is read, for one long note that nothing else plays.

    `render(start, stop)` gives samples (2, stop - start).
    """

    channels = 2
    frames = ENDLESS
    nbytes = 0

    def __init__(self, render: Callable[[int, int], Samples]) -> None:
        self.read = render


class Growing:
    """A tone computed as far as it has been heard, and remembered. May be shared between threads.

    `render(start, stop)` gives samples (channels, stop - start). It is called for one `step` of frames after another,
    so it may carry state, and a tone is the same to the last bit whoever read how much of it before. `holding` is
    the bytes that `render` keeps for itself.
    """

    def __init__(
        self,
        render: Callable[[int, int], Samples],
        channels: int,
        frames: int,
        step: int,
        holding: int = 0,
    ) -> None:
        self._render = render
        self._step = step
        self._lock = Lock()
        self._pieces: list[Samples] = []
        self.channels = channels
        self.frames = frames
        self.nbytes = holding

    def read(self, start: int, stop: int) -> Samples:
        first, last = start // self._step, -(-stop // self._step)
        if last > len(self._pieces):
            with self._lock:
                self._grow(last)
        begin, end = start - first * self._step, stop - (last - 1) * self._step
        if last - first == 1:
            return self._pieces[first][:, begin:end]
        head, *middle, tail = self._pieces[first:last]
        return np.concatenate([head[:, begin:], *middle, tail[:, :end]], axis=1)

    def _grow(self, pieces: int) -> None:
        for number in range(len(self._pieces), pieces):
            start = number * self._step
            stop = min(self.frames, start + self._step)
            piece = np.asarray(self._render(start, stop), dtype=np.float32)
            self.nbytes += piece.nbytes
            self._pieces.append(piece)
