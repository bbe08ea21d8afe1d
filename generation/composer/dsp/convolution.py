"""Uniformly partitioned convolution of a stereo sound with a long stereo response.

W. G. Gardner, "Efficient convolution without input-output delay" (1995), the uniform case: as the block that
comes in is the block that goes out, nothing is late.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples

Spectrum = npt.NDArray[np.complex64]

# Of the whole response's energy, what the top of one piece's spectrum may hold to be left out.
_UNHEARD = 1e-9


def partitions(response: Samples, block: int) -> list[Spectrum]:
    """`response` (2, frames) cut into pieces of `block` frames: the spectra (2, bins) of each.

    The higher a tone, the sooner a hall swallows it: a spectrum ends where what lies above would not be heard.
    """
    pieces = max(1, -(-response.shape[1] // block))
    padded = np.zeros((2, pieces, 2 * block), np.float32)
    for piece in range(pieces):
        part = response[:, piece * block : (piece + 1) * block]
        padded[:, piece, : part.shape[1]] = part
    spectra = [forward(padded[:, piece]) for piece in range(pieces)]
    powers = [np.square(np.abs(spectrum)).sum(axis=0) for spectrum in spectra]
    unheard = _UNHEARD * sum(float(power.sum()) for power in powers)
    return [
        spectrum[:, : _heard_bins(power, unheard)].copy()
        for spectrum, power in zip(spectra, powers, strict=True)
    ]


def _heard_bins(power: npt.NDArray[np.float32], unheard: float) -> int:
    from_above = np.cumsum(power[::-1], dtype=np.float64)
    return len(power) - int(np.searchsorted(from_above, unheard))


def forward(samples: Samples) -> Spectrum:
    """Spectra (2, frames // 2 + 1) of two channels, one by one, which numpy does faster than both at once."""
    spectra = np.empty((2, samples.shape[1] // 2 + 1), np.complex64)
    for channel, spectrum in zip(samples, spectra, strict=True):
        np.fft.rfft(channel, out=spectrum)
    return spectra


class Convolver:
    """Convolves blocks of `block` frames with the response that `partitions(response, block)` was made of."""

    def __init__(self, response: Sequence[Spectrum], block: int) -> None:
        self._response = response
        self._block = block
        self._pending = [np.zeros((2, block + 1), np.complex64) for _ in response]
        self._product = np.empty((2, block + 1), np.complex64)
        self._padded = np.zeros((2, 2 * block), np.float32)
        self._overlap = np.zeros((2, block), np.float32)
        self._left = 0

    def __call__(self, samples: Samples) -> Samples:
        """One block in, one block out, both (2, block)."""
        if samples.any():
            self._padded[:, : self._block] = samples
            self._schedule(forward(self._padded))
            self._left = len(self._response)
        output = self._overlap
        if not self._left:
            self._overlap = np.zeros_like(output)
            return output
        self._left -= 1
        now = self._pending.pop(0)
        both = np.asarray(np.fft.irfft(now, 2 * self._block, axis=-1), dtype=np.float32)
        now[:] = 0
        self._pending.append(now)
        self._overlap = both[:, self._block :]
        return output + both[:, : self._block]

    def _schedule(self, spectrum: Spectrum) -> None:
        for piece, waiting in zip(self._response, self._pending, strict=True):
            bins = piece.shape[1]
            product = np.multiply(spectrum[:, :bins], piece, out=self._product[:, :bins])
            waiting[:, :bins] += product
