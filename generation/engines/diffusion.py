"""Music made by an open model on this machine's own GPU: what `modal_app` runs at Modal, in the worker itself."""

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from generation.diffusion.catalog import ACE_STEP, MODELS
from generation.engines.base import EngineError, InProcessEngine, Music, Resolution, Stopped
from generation.engines.open_models import capabilities_of, notices_about, song_of
from generation.engines.request import MusicRequest
from generation.engines.song_errors import refusal
from generation.engines.spelling import spelled

if TYPE_CHECKING:
    from generation.diffusion.runner import Runner

logger = logging.getLogger(__name__)


class DiffusionEngine(InProcessEngine):
    """Runs a model of the catalogue, from the folder that `manage.py download_model` fills.

    `device` as torch names it; without one the GPU, or the CPU where there is none. With `planner` the model's
    songs are planned first, where it has a planner and that was downloaded. The model is loaded by the
    process that makes the first song: what was on a GPU before a fork is of no use after it.
    """

    def __init__(
        self,
        model: str = ACE_STEP.name,
        cache_dir: str | Path = "models",
        device: str | None = None,
        planner: bool = True,
    ) -> None:
        self.model = MODELS[model]
        self.capabilities = capabilities_of(self.model)
        self._cache_dir = Path(cache_dir)
        self._device = device
        self._planner = planner
        self._lock = threading.Lock()
        self._loaded: tuple[int, Runner] | None = None

    def normalize(self, request: MusicRequest) -> MusicRequest:
        return spelled(request)

    def resolve(self, request: MusicRequest) -> Resolution:
        return replace(super().resolve(request), notices=notices_about(request, self.model))

    def generate(
        self, request: MusicRequest, on_progress: Callable[[float], None], should_stop: Callable[[], bool]
    ) -> Music:
        from generation.diffusion.errors import DiffusionError, Interrupted, NotDownloaded, SongError
        from generation.diffusion.key import measure_key
        from generation.diffusion.takes import make_best
        from generation.diffusion.tempo import measure_bpm

        try:
            [made] = make_best(self._runner(), [song_of(request)], on_progress, should_stop)
            if isinstance(made, SongError):
                raise made
        except Interrupted as error:
            raise Stopped from error
        except DiffusionError as error:
            refused = refusal(error)
            detail = f"{error} {self._how_to_download}" if isinstance(error, NotDownloaded) else str(error)
            raise EngineError(
                refused.code, refused.message, retryable=refused.retryable, detail=detail
            ) from error
        audio = made.song.audio
        return Music(
            audio,
            bpm=measure_bpm(audio),
            key=measure_key(audio),
            seed=made.seed,
            takes=made.takes,
            reasons=tuple(made.song.used.get("reasons", ())),
        )

    @property
    def _how_to_download(self) -> str:
        return f"Run “python manage.py download_model {self.model.name}” on the machine of the worker."

    def _runner(self) -> "Runner":
        from generation.diffusion.loading import load

        with self._lock:
            if self._loaded is None or self._loaded[0] != os.getpid():
                device = self._device or _best_device()
                logger.info("Loading %s on %s", self.model.title, device)
                runner = load(self.model, cache_dir=self._cache_dir, device=device, planner=self._planner)
                self._loaded = os.getpid(), runner
            return self._loaded[1]


def _best_device() -> str:
    import torch

    if torch.cuda.is_available():
        return "cuda"
    logger.warning("torch finds no GPU here: songs are made on the CPU, which takes many times their length")
    return "cpu"
