"""Walking through long audio in pieces, so that no step needs memory for a second full copy."""

from collections.abc import Iterator

import numpy as np

from generation.audio.types import Audio

BLOCK = 65536


def spans(frames: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Start and stop of each piece of at most `size` frames, in order, covering all `frames`."""
    for start in range(0, frames, size):
        yield start, min(start + size, frames)


def require_finite(audio: Audio) -> None:
    """Raise ValueError, saying where, if any sample is NaN or infinite."""
    for start, stop in spans(audio.frames):
        finite = np.isfinite(audio.samples[:, start:stop]).all(axis=0)
        if not finite.all():
            at = (start + int(np.argmin(finite))) / audio.sample_rate
            raise ValueError(
                f"The audio holds a sample that is not a number, {at:.3f} s in. "
                f"What made it is at fault; it cannot be mended here."
            )
