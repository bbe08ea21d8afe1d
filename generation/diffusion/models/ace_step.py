"""ACE-Step 1.5: songs with vocals, by diffusers."""

import dataclasses
from collections.abc import Hashable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import AceStepPipeline

from generation.diffusion.catalog import Model
from generation.diffusion.devices import seeded
from generation.diffusion.errors import UnfitRequest
from generation.diffusion.pipelines import after_each_step, decoded, load_pipeline
from generation.diffusion.prompts import AceStepWords, ace_step_words, cut_to_fit
from generation.diffusion.request_check import asked_seconds
from generation.diffusion.runner import Generated, OnStep, Runner
from generation.diffusion.songs import SongRequest

# As published for the turbo models, which have guidance in their weights.
STEPS: Final = 8
SHIFT: Final = 3.0
GUIDANCE: Final = 1.0
TEXT_TOKENS: Final = 256
LYRICS_TOKENS: Final = 2048


class AceStepRunner(Runner):
    """ACE-Step in memory."""

    def __init__(self, pipeline: Any, model: Model, revision: str, max_batch: int | None) -> None:
        super().__init__(model, revision, max_batch)
        self._pipeline = pipeline

    @staticmethod
    def read(folder: Path, device: str, later: str) -> Any:
        pipeline = load_pipeline(AceStepPipeline, folder, device, later)
        pipeline.vae.enable_tiling()
        return pipeline

    def move_to(self, device: str) -> None:
        self._pipeline.to(device)

    def batch_key(self, request: SongRequest) -> Hashable:
        """The pipeline takes one tempo and key for all, and what it pads with is heard: so equal token counts."""
        words = self._words(request)
        tokens = [self._tokens(text) for text in self._texts(words, request)]
        if tokens[1] > LYRICS_TOKENS:
            raise UnfitRequest(
                f"The lyrics are too long: {self.model.title} reads {LYRICS_TOKENS} tokens, these are {tokens[1]}. "
                "Shorten them."
            )
        return (words.bpm, words.key, *tokens)

    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        words = [self._words(request) for request in requests]
        seconds = asked_seconds(requests[0])
        # One part of the way for each step, and one for each decoding.
        parts = STEPS + len(requests)
        latents = self._pipeline(
            prompt=[each.caption for each in words],
            lyrics=[each.lyrics for each in words],
            vocal_language=[each.language for each in words],
            audio_duration=float(seconds),
            bpm=words[0].bpm,
            keyscale=words[0].key,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            shift=SHIFT,
            latents=self._noise([request.seed for request in requests], seconds),
            callback_on_step_end=after_each_step(lambda steps: on_step(steps / parts)),
            max_text_length=TEXT_TOKENS,
            max_lyric_length=LYRICS_TOKENS,
            output_type="latent",
        ).audios
        songs = []
        for place, request in enumerate(requests):
            used = {
                **dataclasses.asdict(words[place]),
                "seconds": seconds,
                "seed": request.seed,
                "steps": STEPS,
            }
            songs.append(Generated(decoded(self._pipeline.vae, latents[place].T), used))
            on_step((STEPS + place + 1) / parts)
        return songs

    def _noise(self, seeds: Sequence[int], seconds: int) -> torch.Tensor:
        """Made here, because the pipeline rounds its length twice and fails where the two differ."""
        frames = ceil(seconds * self._pipeline.latents_per_second)
        shape = (frames, self._pipeline.transformer.config.audio_acoustic_hidden_dim)
        return torch.stack([torch.randn(shape, generator=seeded(seed)) for seed in seeds])

    def _words(self, request: SongRequest) -> AceStepWords:
        """Tempo, key and duration stand behind the caption: so a long one must not push them out."""
        words = ace_step_words(request)

        def fits(caption: str) -> bool:
            text, _ = self._texts(dataclasses.replace(words, caption=caption), request)
            return self._tokens(text) <= TEXT_TOKENS

        return dataclasses.replace(words, caption=cut_to_fit(words.caption, fits))

    def _texts(self, words: AceStepWords, request: SongRequest) -> tuple[str, str]:
        """What the pipeline puts before the tokenizer: caption and fields, and the lyrics."""
        text, lyrics = self._pipeline._format_prompt(
            prompt=words.caption,
            lyrics=words.lyrics,
            vocal_language=words.language,
            audio_duration=float(asked_seconds(request)),
            bpm=words.bpm,
            keyscale=words.key,
        )
        return text, lyrics

    def _tokens(self, text: str) -> int:
        return len(self._pipeline.tokenizer(text).input_ids)
