"""Gains that are decided once a control hop and move in straight lines between."""

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples


def control_hop(sample_rate: int) -> int:
    """Frames of a control hop: 5 ms."""
    return max(1, round(sample_rate * 0.005))


def straight(steps: npt.NDArray[np.float64], hop: int) -> Samples:
    """Values (hops + 1,) at the hops' edges become values (hops * hop,) at every frame."""
    part = np.arange(hop, dtype=np.float32) / np.float32(hop)
    known = steps.astype(np.float32)
    return (known[:-1, None] + np.diff(known)[:, None] * part).reshape(-1)
