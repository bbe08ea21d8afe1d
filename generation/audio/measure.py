"""The two numbers that are kept with every track."""

from dataclasses import dataclass

from generation.audio.loudness import integrated_loudness, true_peak
from generation.audio.types import Audio


@dataclass(frozen=True, slots=True)
class Measured:
    """Integrated loudness in LUFS and true peak in dBTP; finite for every sound, so JSON can hold them."""

    lufs: float
    true_peak_db: float


def measure(audio: Audio) -> Measured:
    """Measure `audio`. Raises ValueError for more than two channels."""
    return Measured(integrated_loudness(audio), true_peak(audio))
