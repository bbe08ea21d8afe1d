"""What audio is everywhere in this project: samples and their rate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Sampled sound.

    `samples` is float32 of shape (channels, frames), full scale at ±1; `sample_rate` is in Hz.
    Raises ValueError where the samples have another shape or type, or the rate is not positive.
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(
                f"Audio needs float32 samples of shape (channels, frames), "
                f"not {self.samples.dtype} of shape {self.samples.shape}."
            )
        if self.sample_rate <= 0:
            raise ValueError(f"A sample rate is a positive number of Hz, not {self.sample_rate}.")

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate
