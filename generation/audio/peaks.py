"""The picture of the wave that a player draws before it has the audio."""

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generation.audio.types import Audio, Samples


@dataclass(frozen=True, slots=True)
class Peaks:
    """The lowest and highest value in each `samples_per_pixel` frames of the mono mix.

    `data` holds them as signed bytes, min, max, min, max, …, with full scale at ±128.
    """

    samples_per_pixel: int
    data: bytes

    def as_json(self, sample_rate: int) -> dict[str, Any]:
        """The audiowaveform format, version 2, that web players read; `sample_rate` is the audio's, in Hz.

        https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md
        """
        return {
            "version": 2,
            "channels": 1,
            "sample_rate": sample_rate,
            "samples_per_pixel": self.samples_per_pixel,
            "bits": 8,
            "length": len(self.data) // 2,
            "data": array("b", self.data).tolist(),
        }


def compute_peaks(audio: "Audio", pixels: int = 1000) -> Peaks:
    """Peaks of all channels mixed to one, in at most `pixels` pairs and no more than there are frames.

    Works through the audio in blocks. Raises ValueError if `pixels` is under 1.
    """
    if pixels < 1:
        raise ValueError(f"A picture of the wave needs at least one pixel, not {pixels}.")
    import numpy as np

    from generation.audio.blocks import BLOCK, spans

    width = max(1, -(-audio.frames // pixels))
    pairs = [
        _pairs(audio.samples[:, start:stop].mean(axis=0), width)
        for start, stop in spans(audio.frames, max(1, BLOCK // width) * width)
    ]
    scaled = np.rint(np.concatenate([np.empty((0, 2), np.float32), *pairs]) * 128)
    return Peaks(width, np.clip(scaled, -128, 127).astype(np.int8).tobytes())


def _pairs(mono: "Samples", width: int) -> "Samples":
    import numpy as np

    starts = np.arange(0, len(mono), width)
    return np.stack([np.minimum.reduceat(mono, starts), np.maximum.reduceat(mono, starts)], axis=1)
