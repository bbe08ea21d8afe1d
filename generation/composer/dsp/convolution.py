"""Uniformly partitioned convolution: several inputs, each with its own long response, one stereo output.

W. G. Gardner, "Efficient convolution without input-output delay" (1995), the uniform case: as the block that
comes in is the block that goes out, nothing is late. One transform per input and one back serve equaliser and
reverb alike.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy import fft

from generation.audio.types import Samples

Spectra = npt.NDArray[np.complex64]


def partitions(response: Samples, block: int) -> Spectra:
    """`response` (2, frames) cut into pieces of `block` frames: spectra of shape (pieces, 2, block + 1)."""
    pieces = max(1, -(-response.shape[1] // block))
    padded = np.zeros((2, pieces * block), np.float32)
    padded[:, : response.shape[1]] = response
    cut = padded.reshape(2, pieces, block).transpose(1, 0, 2)
    return np.asarray(fft.rfft(cut, 2 * block, axis=-1), dtype=np.complex64)


class Convolver:
    """Convolves named inputs with their responses and adds them up.

    `responses` maps an input's name to what `partitions(response, block)` gave.
    """

    def __init__(self, responses: Mapping[str, Spectra], block: int) -> None:
        self._responses = responses
        self._block = block
        longest = max(len(response) for response in responses.values())
        self._pending: list[Spectra | None] = [None] * longest
        self._overlap = np.zeros((2, block), np.float32)

    def __call__(self, inputs: Mapping[str, Samples]) -> Samples:
        """One block: each input (2, block), the sum of all convolved (2, block)."""
        for name, samples in inputs.items():
            if samples.any():
                spectrum = fft.rfft(samples, 2 * self._block, axis=-1)
                self._schedule(spectrum, self._responses[name])
        now = self._pending.pop(0)
        self._pending.append(None)
        output = self._overlap
        if now is None:
            self._overlap = np.zeros_like(output)
            return output
        both = np.asarray(fft.irfft(now, 2 * self._block, axis=-1), dtype=np.float32)
        output = output + both[:, : self._block]
        self._overlap = both[:, self._block :]
        return output

    def _schedule(self, spectrum: Spectra, response: Sequence[Spectra] | Spectra) -> None:
        for ahead, piece in enumerate(response):
            product = spectrum * piece
            waiting = self._pending[ahead]
            if waiting is None:
                self._pending[ahead] = product
            else:
                waiting += product
