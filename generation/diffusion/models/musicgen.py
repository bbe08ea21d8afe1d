"""MusicGen: short instrumental pieces, by transformers."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from transformers import AutoTokenizer, LogitsProcessorList, MusicgenForConditionalGeneration

from generation.diffusion.catalog import Model
from generation.diffusion.devices import as_samples, model_dtype, seeded
from generation.diffusion.prompts import caption_of, cut_to_fit
from generation.diffusion.request_check import asked_seconds
from generation.diffusion.runner import Generated, OnStep, Runner
from generation.diffusion.sampling import GuidedSampling
from generation.diffusion.songs import SongRequest

GUIDANCE: Final = 3.0
TEXT_TOKENS: Final = 256


class MusicGenRunner(Runner):
    """MusicGen in memory."""

    def __init__(self, parts: Any, model: Model, revision: str, max_batch: int | None) -> None:
        super().__init__(model, revision, max_batch)
        self._music, self._tokenizer = parts

    @staticmethod
    def read(folder: Path, device: str, later: str) -> Any:
        music: Any = MusicgenForConditionalGeneration.from_pretrained(
            folder, dtype=model_dtype(later), local_files_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        music.to(device).eval()
        # The decoder makes the samples themselves: with the eight bits of bfloat16 they would hiss.
        music.audio_encoder.to(torch.float32)
        return music, tokenizer

    def move_to(self, device: str) -> None:
        self._music.to(device)

    def batch_key(self, request: SongRequest) -> Hashable:
        """What is padded is masked: all can be made together."""
        return None

    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        prompts = [self._prompt(request) for request in requests]
        seconds = asked_seconds(requests[0])
        decoder = self._music.decoder
        codebooks = decoder.num_codebooks
        # Each codebook lags one step behind the one before it.
        steps = seconds * self._music.config.audio_encoder.frame_rate + codebooks - 1
        sampling = GuidedSampling(
            [seeded(request.seed) for request in requests], GUIDANCE, lambda step: on_step(step / (steps + 1))
        )
        text = self._tokenizer(prompts, padding=True, return_tensors="pt").to(self._music.device)
        waveforms = self._music.generate(
            **text,
            max_new_tokens=steps,
            do_sample=False,
            guidance_scale=GUIDANCE,
            logits_processor=LogitsProcessorList([sampling]),
        )
        on_step(1.0)
        return [
            Generated(as_samples(waveform), {"caption": prompt, "seconds": seconds, "seed": request.seed})
            for waveform, prompt, request in zip(waveforms, prompts, requests, strict=True)
        ]

    def _prompt(self, request: SongRequest) -> str:
        return cut_to_fit(
            caption_of(request), lambda text: len(self._tokenizer(text).input_ids) <= TEXT_TOKENS
        )
