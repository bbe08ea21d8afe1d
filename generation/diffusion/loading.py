"""Downloads a model and loads it into the memory of a device. Imports torch only when loading."""

from importlib import import_module
from pathlib import Path
from typing import Any, Final

from generation.diffusion.catalog import Model
from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.runner import Runner
from generation.diffusion.weights import download, find

__all__ = ["download", "load"]

# By name, because these modules import torch.
_RUNNERS: Final = {
    "ace_step": ("generation.diffusion.models.ace_step", "AceStepRunner"),
    "minimax_music": ("generation.diffusion.models.minimax_music", "MiniMaxMusicRunner"),
    "musicgen": ("generation.diffusion.models.musicgen", "MusicGenRunner"),
    "stable_audio": ("generation.diffusion.models.stable_audio", "StableAudioRunner"),
}


def load(
    model: Model,
    *,
    cache_dir: Path,
    device: str,
    later: str | None = None,
    revision: str | None = None,
    max_batch: int | None = None,
) -> Runner:
    """A model in the memory of `device` ("cuda", "cuda:1", "cpu"), in the precision of that which it moves to `later`.

    Without a revision it is the commit last downloaded. `max_batch` replaces the model's own.
    Raises ModelUnavailable: NotDownloaded where files are missing.
    """
    folder, commit = find(model, cache_dir=cache_dir, revision=revision)
    module, name = _RUNNERS[model.family]
    try:
        runner: Any = getattr(import_module(module), name)
        devices = import_module("generation.diffusion.devices")
    except ImportError as error:
        raise ModelUnavailable(f"{model.title} needs what requirements-gpu.txt lists: {error}.") from error
    with devices.ready(model, device):
        loaded: Runner = runner.load(
            folder, model=model, revision=commit, device=device, later=later or device, max_batch=max_batch
        )
    return loaded
