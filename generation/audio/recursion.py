"""Recursive filters as matrix products: any order at the price of one, at the speed of BLAS.

Over a hop of frames the output is the hop times a matrix of the impulse response, plus what the state before the
hop rings on. The states at all hops' borders follow by recursive doubling: P. M. Kogge, H. S. Stone, "A parallel
algorithm for the efficient solution of a general class of recurrence equations" (1973).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples

Sections = npt.NDArray[np.float64]
"""Second-order sections, rows of b0 b1 b2 a0 a1 a2 with a0 = 1, applied one after the other."""

Matrix = npt.NDArray[np.float64]

_HOP = 32
_FORGOTTEN = 1e-12
# States below this are nought: denormal numbers, in a long silence, are a hundred times slower.
_TINY = 1e-30


class Recursion:
    """Sections with memory: each call goes on where the last one ended, from silence at first."""

    def __init__(self, sections: Sections, channels: int) -> None:
        self._system = _system(sections.tobytes())
        self._state = np.zeros((channels, self._system.order))

    def __call__(self, block: Samples) -> Samples:
        """The next block (channels, frames), filtered."""
        channels, frames = block.shape
        hops, rest = divmod(frames, _HOP)
        output = np.empty((channels, frames), np.float32)
        if hops:
            whole = block[:, : hops * _HOP].reshape(channels, hops, _HOP)
            output[:, : hops * _HOP] = self._hops(whole).reshape(channels, hops * _HOP)
        if rest:
            output[:, hops * _HOP :] = self._rest(block[:, hops * _HOP :])
        self._state[np.abs(self._state) < _TINY] = 0
        return output

    def _hops(self, hops: Samples) -> Samples:
        """(channels, hops, _HOP) of input to the same of output."""
        system = self._system
        channels, count, _ = hops.shape
        rows = np.ascontiguousarray(hops, dtype=np.float32).reshape(-1, _HOP)
        states = np.empty((channels, count + 1, system.order))
        states[:, 0] = self._state
        states[:, 1:] = (rows.astype(np.float64) @ system.enters).reshape(channels, count, -1)
        distance = 1
        for power in system.powers:
            if distance > count:
                break
            states[:, distance:] += states[:, :-distance] @ power
            distance *= 2
        self._state = states[:, -1].copy()
        output = rows @ system.response
        output += states[:, :-1].reshape(-1, system.order) @ system.rings
        return output.reshape(hops.shape)

    def _rest(self, rest: Samples) -> Samples:
        """Fewer frames than a hop."""
        system, count = self._system, rest.shape[1]
        output = rest @ system.response[:count, :count] + self._state @ system.rings[:, :count]
        self._state = self._state @ np.linalg.matrix_power(system.step, count) + rest @ system.enters[-count:]
        return np.asarray(output, dtype=np.float32)


class _System:
    """A filter as matrices, for states written as rows.

    `response` (hop, hop) takes a hop of input to its output; `rings` (order, hop) takes a state to the output it
    gives with no input; `enters` (hop, order) takes a hop to the state it leaves; `step` is a state one frame
    later without input, `powers` are those one hop later, two, four and so on until nothing is left.
    """

    def __init__(self, sections: Sections) -> None:
        step, into, out, direct = _state_space(sections)
        self.order = len(step)
        self.step = np.ascontiguousarray(step.T)
        observed, reached, power = out[None], into[None], self.step
        while len(observed) < _HOP:
            observed = np.concatenate([observed, observed @ power.T])
            reached = np.concatenate([reached, reached @ power])
            power = power @ power
        impulse = np.concatenate([np.zeros(_HOP - 1), [direct], observed[:-1] @ into])
        windows = np.lib.stride_tricks.sliding_window_view(impulse, _HOP)
        self.response = np.ascontiguousarray(windows[::-1], dtype=np.float32)
        self.rings = np.ascontiguousarray(observed.T)
        self.enters = np.ascontiguousarray(reached[::-1])
        self.powers = [power]
        while np.abs(self.powers[-1]).max() > _FORGOTTEN and len(self.powers) < 32:
            self.powers.append(self.powers[-1] @ self.powers[-1])


@lru_cache(maxsize=256)
def _system(sections: bytes) -> _System:
    return _System(np.frombuffer(sections).reshape(-1, 6))


def _state_space(sections: Sections) -> tuple[Matrix, Matrix, Matrix, float]:
    """(A, B, C, D) of all sections in a row, each in the transposed direct form II."""
    step, into, out, direct = np.zeros((0, 0)), np.zeros(0), np.zeros(0), 1.0
    for b0, b1, b2, _, a1, a2 in sections:
        own_step = np.array([[-a1, 1.0], [-a2, 0.0]])
        own_into = np.array([b1 - a1 * b0, b2 - a2 * b0])
        step = np.block([[step, np.zeros((len(step), 2))], [np.outer(own_into, out), own_step]])
        into = np.concatenate([into, own_into * direct])
        out = np.concatenate([out * b0, [1.0, 0.0]])
        direct *= b0
    return step, into, out, float(direct)
