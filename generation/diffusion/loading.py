"""Downloads a model and loads it into the memory of a device. Imports torch only when loading."""

import logging
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from generation.diffusion.catalog import Model
from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.runner import Runner
from generation.diffusion.weights import PlannerFiles, download, find, find_planner

__all__ = ["download", "load"]
logger = logging.getLogger(__name__)

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
    planner: bool = False,
) -> Runner:
    """A model in the memory of `device` ("cuda", "cuda:1", "cpu"), in the precision of that which it moves to `later`.

    Without a revision it is the commit last downloaded. `max_batch` replaces the model's own. With `planner` the
    songs are planned first, where the model has a planner and it was downloaded.
    Raises ModelUnavailable: NotDownloaded where files are missing.
    """
    folder, commit = find(model, cache_dir=cache_dir, revision=revision)
    planning = _planning(model, cache_dir, revision) if planner else {}
    module, name = _RUNNERS[model.family]
    is_gpu_to_come = later is not None and later != device
    try:
        devices = import_module("generation.diffusion.devices")
        with devices.gpu_not_looked_for() if is_gpu_to_come else nullcontext():
            runner: Any = getattr(import_module(module), name)
            with devices.ready(model, device):
                loaded: Runner = runner.load(
                    folder,
                    model=model,
                    revision=commit,
                    device=device,
                    later=later or device,
                    max_batch=max_batch,
                    **planning,
                )
    except ImportError as error:
        raise ModelUnavailable(f"{model.title} needs what requirements-gpu.txt lists: {error}.") from error
    return loaded


def wake(runner: Runner, device: str) -> None:
    """Move a model that was loaded for later to the GPU. Raises ModelUnavailable where that is not there."""
    from generation.diffusion import devices

    with devices.ready(runner.model, device):
        runner.move_to(device)


def _planning(model: Model, cache_dir: Path, revision: str | None) -> dict[str, PlannerFiles]:
    """What the runner of a model with a planner takes beside the others."""
    files = find_planner(model, cache_dir=cache_dir, revision=revision)
    if model.planner is not None and files is None:
        logger.warning(
            "%s is not in %s: songs are made without a plan, with less musical sense. Download the model again.",
            model.planner.writer.title,
            cache_dir,
        )
    return {} if files is None else {"planner": files}
