"""Torch devices, number formats, seeded generators and tensors as samples, for every model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from generation.audio.types import Samples
from generation.diffusion.catalog import Model
from generation.diffusion.errors import ModelUnavailable


@contextmanager
def gpu_not_looked_for() -> Iterator[None]:
    """Answer whoever asks torch for a GPU that there is none, without looking.

    For loading where a GPU is to come later. Importing diffusers asks, and a CUDA build of torch remembers for the life
    of the process how many it found when it first looked.
    """
    asked: tuple[Any, ...] = (torch.cuda, torch.accelerator)
    answers = [each.is_available for each in asked]
    for each in asked:
        each.is_available = lambda: False
    try:
        yield
    finally:
        for each, answer in zip(asked, answers, strict=True):
            each.is_available = answer


@contextmanager
def ready(model: Model, device: str) -> Iterator[None]:
    """Raise ModelUnavailable where the device is not there, or has too little memory for what is loaded inside."""
    wanted = torch.device(device)
    if wanted.type == "cuda" and not (
        torch.cuda.is_available() and (wanted.index or 0) < torch.cuda.device_count()
    ):
        raise ModelUnavailable(
            f"{model.title} was to run on {device}, and torch {torch.__version__} finds {torch.cuda.device_count()} "
            "GPUs that it can use. Nothing is made on a processor in its place. Look at the machine's GPU and driver."
        )
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelUnavailable(
            f"{model.title} does not fit into the memory of {device}. Stop what else uses it, or take a larger one."
        ) from error


def model_dtype(device: str) -> torch.dtype:
    """bfloat16 on a GPU; float16 has too small a range for these models, which then make NaN."""
    return torch.bfloat16 if torch.device(device).type == "cuda" else torch.float32


def seeded(seed: int) -> torch.Generator:
    """Random numbers of a song of its own, on the CPU: the same ones on every device and in every batch."""
    return torch.Generator("cpu").manual_seed(seed)


def as_samples(waveform: Any) -> Samples:
    """A tensor (channels, frames) of any device and type as float32 samples."""
    samples: Samples = waveform.detach().to("cpu", torch.float32).numpy()
    return samples
