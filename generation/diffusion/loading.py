"""Downloads a model and loads it into the memory of a device. Imports torch only when loading."""

import logging
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
    planning = _planning(model, cache_dir) if planner else {}
    module, name = _RUNNERS[model.family]
    try:
        runner: Any = getattr(import_module(module), name)
        devices = import_module("generation.diffusion.devices")
    except ImportError as error:
        raise ModelUnavailable(f"{model.title} needs what requirements-gpu.txt lists: {error}.") from error
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
    return loaded


def _planning(model: Model, cache_dir: Path) -> dict[str, PlannerFiles]:
    """What the runner of a model with a planner takes beside the others."""
    files = find_planner(model, cache_dir=cache_dir)
    if model.planner is not None and files is None:
        logger.warning(
            "%s is not in %s: songs are made without a plan, with less musical sense. Download the model again.",
            model.planner.writer.title,
            cache_dir,
        )
    return {} if files is None else {"planner": files}
