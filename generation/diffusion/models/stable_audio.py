"""Stable Audio 3: instrumental music, by diffusers.

It is published in a layout of its own. The script that converts it is part of the diffusers repository, not of the
package, so it cannot be run when downloading; the error of `weights.find` says how to run it.
"""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, Final

from diffusers import StableAudio3Pipeline

from generation.diffusion.catalog import Model
from generation.diffusion.chunked_decoding import decoded_in_chunks
from generation.diffusion.devices import seeded
from generation.diffusion.pipelines import after_each_step, load_pipeline
from generation.diffusion.prompts import caption_with_tempo_and_key
from generation.diffusion.request_check import asked_seconds
from generation.diffusion.runner import Generated, OnStep, Runner
from generation.diffusion.songs import SongRequest

# As published for the distilled model, which has guidance in its weights.
STEPS: Final = 8
GUIDANCE: Final = 1.0
TEXT_TOKENS: Final = 256


class StableAudioRunner(Runner):
    """Stable Audio 3 in memory."""

    def __init__(self, pipeline: Any, model: Model, revision: str, max_batch: int | None) -> None:
        super().__init__(model, revision, max_batch)
        self._pipeline = pipeline

    @staticmethod
    def read(folder: Path, device: str, later: str) -> Any:
        return load_pipeline(StableAudio3Pipeline, folder, device, later)

    def move_to(self, device: str) -> None:
        self._pipeline.to(device)

    def batch_key(self, request: SongRequest) -> Hashable:
        """Every prompt is padded to the same length, and the padding is learned: all can be made together."""
        return None

    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        prompts = [self._prompt(request) for request in requests]
        seconds = asked_seconds(requests[0])
        # One part of the way for each step, and one for each decoding.
        parts = STEPS + len(requests)
        latents = self._pipeline(
            prompt=prompts,
            duration=float(seconds),
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[seeded(request.seed) for request in requests],
            callback_on_step_end=after_each_step(lambda steps: on_step(steps / parts)),
            output_type="latent",
        ).audios
        songs = []
        for place, request in enumerate(requests):
            used = {"caption": prompts[place], "seconds": seconds, "seed": request.seed, "steps": STEPS}
            songs.append(Generated(decoded_in_chunks(self._pipeline.vae, latents[place]), used))
            on_step((STEPS + place + 1) / parts)
        return songs

    def _prompt(self, request: SongRequest) -> str:
        tokenizer = self._pipeline.tokenizer
        return caption_with_tempo_and_key(request, lambda text: len(tokenizer(text).input_ids) <= TEXT_TOKENS)
