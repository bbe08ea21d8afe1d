"""MiniMax Music 3: songs with vocals, by diffusers.

A language model writes 25 frames of codes for each second of music, a transformer makes latents of them in windows
that overlap, and a vocoder makes samples of these. The pipeline makes one song at a time and knows no callback: steps
are counted by hooks on the three, which also can stop it.

The model decides itself when a song has ended, and the pipeline's duration is only the longest that it may be. So the
end is ruled out until shortly before the length that was asked for; what is left after it is silence.
"""

import dataclasses
import logging
import sys
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import MiniMaxMusic3Blocks, MiniMaxMusic3ModularPipeline
from diffusers.modular_pipelines.minimax_music3 import encoders

from generation.audio.types import Samples
from generation.diffusion.catalog import Model
from generation.diffusion.devices import as_samples, model_dtype, seeded
from generation.diffusion.errors import Interrupted, ModelUnavailable, UnfitRequest
from generation.diffusion.minimax_words import MiniMaxWords, minimax_words
from generation.diffusion.request_check import asked_seconds
from generation.diffusion.runner import Generated, OnStep, Runner
from generation.diffusion.songs import SongRequest

# The published recipe; guidance stands in the configuration of the pipeline.
STEPS: Final = 30
# Room for any prompt in most languages, and for the lyrics beside it.
CAPTION_TOKENS: Final = 1024
# The tokens around caption and lyrics, and "[start]" before these.
FRAME_TOKENS: Final = 16
# A song may end by itself in its last tenth, in its last five seconds at most.
LONGEST_ENDING: Final = 5.0
# Frames of a window, and from one window to the next.
WINDOW: Final = 200
HOP: Final = 100


class MiniMaxMusicRunner(Runner):
    """MiniMax Music 3 in memory."""

    def __init__(self, pipeline: Any, model: Model, revision: str, max_batch: int | None) -> None:
        super().__init__(model, revision, max_batch)
        self._pipeline = pipeline

    @staticmethod
    def read(folder: Path, device: str, later: str) -> Any:
        logging.getLogger("diffusers.modular_pipelines.modular_pipeline").addFilter(_is_no_interruption)
        blocks = MiniMaxMusic3Blocks()
        blocks.sub_blocks["denoise"].sub_blocks["denoise"].set_progress_bar_config(disable=True)
        pipeline = MiniMaxMusic3ModularPipeline(blocks, str(folder), local_files_only=True)
        # The vocoder makes the samples themselves: with the eight bits of bfloat16 they would hiss. The folder is
        # named again, because the index in it names the place where it was downloaded from.
        pipeline.load_components(
            pretrained_model_name_or_path=str(folder),
            dtype={"default": model_dtype(later), "vocoder": torch.float32},
            local_files_only=True,
        )
        # The pipeline only logs what it could not load.
        if missing := pipeline.null_component_names:
            raise ModelUnavailable(
                f"{', '.join(missing)} cannot be loaded from {folder}. Download the model again."
            )
        pipeline.to(device)
        return pipeline

    def move_to(self, device: str) -> None:
        self._pipeline.to(device)

    def batch_key(self, request: SongRequest) -> Hashable:
        """Songs are made one after another: none changes another."""
        words = self._words(request)
        tokens = FRAME_TOKENS + self._tokens(words.caption) + self._tokens(words.lyrics)
        positions = self._pipeline.language_model.config.max_position_embeddings
        most = min(encoders._MAX_PROMPT_TOKENS, positions - self._frames(request) - 1)
        if tokens > most:
            raise UnfitRequest(
                f"The lyrics are too long: for {request.duration:g} seconds of music {self.model.title} reads {most} "
                f"tokens, these are {tokens}. Shorten them."
            )
        return None

    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        def after(songs: int, part: float) -> None:
            on_step((songs + part) / len(requests))

        return [self._one(request, partial(after, place)) for place, request in enumerate(requests)]

    def _one(self, request: SongRequest, on_step: OnStep) -> Generated:
        words, seconds, frames = self._words(request), asked_seconds(request), self._frames(request)
        rate = self._pipeline.frame_rate
        least = frames - round(min(LONGEST_ENDING, seconds / 10) * rate)
        steps = _Steps(frames, on_step)
        with self._hooks(least, steps):
            waveform = self._pipeline(
                prompt=words.caption,
                lyrics=words.lyrics,
                # The half is for the rounding down of what it makes of this.
                audio_duration=(frames + 0.5) / rate,
                generator=seeded(request.seed),
                num_inference_steps=STEPS,
                output_type="pt",
                output="audios",
            )[0]
        on_step(1.0)
        used = {**dataclasses.asdict(words), "seconds": seconds, "seed": request.seed, "steps": STEPS}
        return Generated(_lasting(as_samples(waveform), seconds * self.model.sample_rate), used)

    @contextmanager
    def _hooks(self, least: int, steps: "_Steps") -> Iterator[None]:
        """Inside, steps are counted, and a song has at least so many frames."""
        pipeline = self._pipeline
        written = -1  # the first is not part of the song

        def frame(module: Any, inputs: Any, logits: torch.Tensor) -> None:
            nonlocal written
            steps.done(1)
            if written < least:
                logits[..., encoders._AUDIO_END_TOKEN_ID] = -torch.inf
            written += 1

        handles = [
            pipeline.language_model.lm_head.register_forward_hook(frame),
            # With the song's conditions and without.
            pipeline.transformer.register_forward_hook(lambda *_: steps.done(0.5)),
            pipeline.vocoder.register_forward_hook(lambda *_: steps.done(1)),
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _frames(self, request: SongRequest) -> int:
        """One frame more than the seconds have, because the windows' latents are rounded down."""
        return ceil(asked_seconds(request) * self._pipeline.frame_rate) + 1

    def _words(self, request: SongRequest) -> MiniMaxWords:
        return minimax_words(request, lambda caption: self._tokens(caption) <= CAPTION_TOKENS)

    def _tokens(self, text: str) -> int:
        return len(self._pipeline.tokenizer(text).input_ids)


class _Steps:
    """How far a song is. A frame takes about as long as a step in a window, or as making sound of a window."""

    def __init__(self, frames: int, on_step: OnStep) -> None:
        windows = 1 if frames <= WINDOW else ceil((frames - HOP) / HOP)
        self._all = frames + 1 + windows * (STEPS + 1)
        self._done = 0.0
        self._on_step = on_step

    def done(self, steps: float) -> None:
        self._done += steps
        self._on_step(min(1.0, self._done / self._all))


def _lasting(samples: Samples, frames: int) -> Samples:
    """Samples (channels, frames) with silence behind them where they are fewer."""
    return np.pad(samples, ((0, 0), (0, max(0, frames - samples.shape[1]))))


def _is_no_interruption(record: logging.LogRecord) -> bool:
    """The pipeline logs every exception as an error of its own; that somebody stopped it is none."""
    return not isinstance(sys.exc_info()[1], Interrupted)
