"""Loading, progress callbacks and decoding for the models that diffusers runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from generation.audio.types import Samples
from generation.diffusion.devices import as_samples, model_dtype


def load_pipeline(kind: Any, folder: Path, device: str, later: str) -> Any:
    """A pipeline of this class from a folder on this machine, in the memory of a device, to be moved to `later`."""
    # The decoder makes the samples themselves: with the eight bits of bfloat16 they would hiss.
    dtypes = {"default": model_dtype(later), "vae": torch.float32}
    pipeline = kind.from_pretrained(folder, dtype=dtypes, local_files_only=True)
    pipeline.to(device)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def after_each_step(on_step: Callable[[int], None]) -> Callable[..., dict[str, Any]]:
    """A callback for a pipeline, which calls `on_step` with the steps done and changes nothing."""

    def callback(pipeline: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        on_step(step + 1)
        return tensors

    return callback


def decoded(vae: Any, latents: torch.Tensor) -> Samples:
    """Latents (channels, frames) of one song as samples. One by one, because decoding takes the most memory."""
    with torch.no_grad():
        return as_samples(vae.decode(latents[None].to(vae.dtype)).sample[0])
