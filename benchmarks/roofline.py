"""What a device can do at most, measured, and what a model asks of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

REPEATS: Final = 5


@dataclass(frozen=True)
class Peaks:
    """What was measured of a device: FLOP per second of a matrix product, bytes per second read and written."""

    flops: float
    bandwidth: float


@dataclass
class Load:
    """What making songs asks of a device: the FLOPs of it all, and the steps' parameters, read at every step."""

    flops: float = 0.0
    steps: int = 0
    parameter_bytes: int = 0

    def floor(self, peaks: Peaks) -> tuple[float, str]:
        """The seconds below which it cannot be done with these peaks, and what sets them.

        Activations, caches, and what runs beside the steps are read too, so the bandwidth's part is a lower bound.
        """
        compute = self.flops / peaks.flops
        reading = self.steps * self.parameter_bytes / peaks.bandwidth
        return max((compute, "compute"), (reading, "bandwidth"))


def seconds(device: str, work: Callable[[], Any]) -> float:
    """How long a piece of work takes until the device is done with it."""
    import torch

    wait = torch.cuda.synchronize if torch.device(device).type == "cuda" else lambda: None
    wait()
    began = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - began


def measured_peaks(device: str, dtype: Any, *, size: int, mebibytes: int) -> Peaks:
    """The best of some matrix products of `size`² numbers and of some copies."""
    import torch

    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    source = torch.zeros(mebibytes << 20, device=device, dtype=torch.uint8)
    target = torch.empty_like(source)
    products = [seconds(device, lambda: left @ right) for _ in range(1 + REPEATS)]
    copies = [seconds(device, lambda: target.copy_(source)) for _ in range(1 + REPEATS)]
    return Peaks(flops=2 * size**3 / min(products), bandwidth=2 * source.nbytes / min(copies))


@contextmanager
def counted(stepping: Any) -> Iterator[Load]:
    """Count what is done inside, of which `stepping` is the module that runs at every step."""
    from torch.utils.flop_counter import FlopCounterMode

    load = Load(parameter_bytes=sum(each.numel() * each.element_size() for each in stepping.parameters()))

    def step(*_: Any) -> None:
        load.steps += 1

    hook = stepping.register_forward_pre_hook(step)
    try:
        with FlopCounterMode(display=False) as counter:
            yield load
    finally:
        hook.remove()
    load.flops = float(counter.get_total_flops())
