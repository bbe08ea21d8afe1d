"""What the parts of the benchmark of the open models share."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from benchmarks.diffusion_models import Subject, subject
from benchmarks.roofline import Peaks, measured_peaks, seconds
from generation.diffusion.songs import Song, SongRequest

PROMPT: Final = "warm rain over a slow piano"
Say = Callable[..., None]


class Bench:
    """What the parts share: the device, its limits, and ACE-Step in its memory."""

    def __init__(self, device: str, is_full: bool, say: Say) -> None:
        self.device = device
        self.is_full = is_full
        self.say = say

    @cached_property
    def peaks(self) -> Peaks:
        from generation.diffusion.devices import model_dtype

        size, mebibytes = (8192, 2048) if self.is_full else (256, 16)
        return measured_peaks(self.device, model_dtype(self.device), size=size, mebibytes=mebibytes)

    @cached_property
    def ace_step(self) -> Subject:
        return subject("ace_step", self.device, is_full=self.is_full)

    @property
    def pipeline(self) -> Any:
        runner: Any = self.ace_step.runner
        return runner._pipeline

    @property
    def short(self) -> int:
        """Seconds of a short song."""
        return 10 if self.is_full else 2

    def took(self, work: Callable[[], Any]) -> float:
        return seconds(self.device, work)

    def songs(self, length: float, count: int, first_seed: int = 1) -> list[Song]:
        """So many songs, made at once. Raises what kept one from being made."""
        return made(self.ace_step.runner, length, count, first_seed)

    def peak_gib(self) -> float:
        """The most memory that was allocated since the last time this was asked."""
        import torch

        if not self.is_full:
            return 0.0
        peak = torch.cuda.max_memory_allocated() / 2**30
        torch.cuda.reset_peak_memory_stats()
        return peak

    def latents(self, length: float) -> Any:
        import torch

        channels = self.pipeline.transformer.config.audio_acoustic_hidden_dim
        return torch.randn(1, channels, round(length * 25), device=self.device)


def requests(length: float, count: int, first_seed: int = 1) -> list[SongRequest]:
    return [SongRequest(PROMPT, float(length), seed) for seed in range(first_seed, first_seed + count)]


def made(runner: Any, length: float, count: int, first_seed: int = 1) -> list[Song]:
    outcomes = runner.generate(requests(length, count, first_seed), lambda part: None, lambda: False)
    for outcome in outcomes:
        if not isinstance(outcome, Song):
            raise outcome
    return list(outcomes)


def snr(wanted: Any, got: Any) -> float:
    """How far the difference lies below what is wanted, in dB; 999 where there is none."""
    import numpy as np

    error = float(np.square(wanted - got).mean())
    return 999.0 if error == 0 else float(10 * np.log10(np.square(wanted).mean() / error))
