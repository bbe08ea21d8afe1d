"""ACE-Step 1.5: songs with vocals, by diffusers."""

import dataclasses
from collections.abc import Hashable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Final, Self

import torch
from diffusers import AceStepPipeline
from diffusers.pipelines.ace_step.modeling_ace_step import AceStepAudioTokenDetokenizer, AceStepAudioTokenizer

from generation.diffusion.catalog import Model
from generation.diffusion.devices import model_dtype, seeded
from generation.diffusion.errors import UnfitRequest
from generation.diffusion.pipelines import after_each_step, decoded, load_pipeline
from generation.diffusion.plan_text import Plan
from generation.diffusion.planner import Planner
from generation.diffusion.prompts import AceStepWords, ace_step_words, cut_to_fit
from generation.diffusion.request_check import asked_seconds
from generation.diffusion.runner import Generated, OnStep, Runner
from generation.diffusion.songs import SongRequest
from generation.diffusion.weights import PlannerFiles

# As published for the turbo models, which have guidance in their weights.
STEPS: Final = 8
SHIFT: Final = 3.0
GUIDANCE: Final = 1.0
TEXT_TOKENS: Final = 256
LYRICS_TOKENS: Final = 2048
# The part of the time that planning is taken to need where there is a planner. Not measured.
PLANNING: Final = 0.75


class AceStepRunner(Runner):
    """ACE-Step in memory, with its planner where it was loaded with one."""

    def __init__(
        self,
        pipeline: Any,
        model: Model,
        revision: str,
        max_batch: int | None,
        planner: Planner | None = None,
    ) -> None:
        super().__init__(model, revision, max_batch)
        self._pipeline = pipeline
        self._planner = planner

    @staticmethod
    def read(folder: Path, device: str, later: str) -> Any:
        pipeline = load_pipeline(AceStepPipeline, folder, device, later)
        pipeline.vae.enable_tiling()
        return pipeline

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        model: Model,
        revision: str,
        device: str,
        later: str,
        max_batch: int | None = None,
        planner: PlannerFiles | None = None,
    ) -> Self:
        pipeline = cls.read(folder, device, later)
        if planner is None:
            return cls(pipeline, model, revision, max_batch)
        _give_codes(pipeline, planner.codes, device, later)
        loaded = Planner.load(
            planner.writer,
            device=device,
            later=later,
            codebook=pipeline.audio_tokenizer.quantizer.codebook_size,
            songs=max_batch or model.max_batch,
        )
        return cls(pipeline, model, f"{revision}+{planner.revision}", max_batch, loaded)

    def move_to(self, device: str) -> None:
        self._pipeline.to(device)
        if self._planner is not None:
            self._planner.move_to(device)

    def batch_key(self, request: SongRequest) -> Hashable:
        """The pipeline takes one tempo and key for all, and what it pads with is heard: so equal token counts.

        With a planner these are known only once it has planned: so what was asked must be the same, but for the seed.
        """
        words = self._words(request)
        tokens = [self._tokens(text) for text in self._texts(words, request)]
        if tokens[1] > LYRICS_TOKENS:
            raise UnfitRequest(
                f"The lyrics are too long: {self.model.title} reads {LYRICS_TOKENS} tokens, these are {tokens[1]}. "
                "Shorten them."
            )
        if self._planner is not None:
            return dataclasses.replace(request, seed=0)
        return (words.bpm, words.key, *tokens)

    def make(self, requests: Sequence[SongRequest], on_step: OnStep) -> list[Generated]:
        if self._planner is None:
            return self._made(requests, [self._words(request) for request in requests], (), on_step)
        plans = self._planner.plan(
            ace_step_words(requests[0]),
            asked_seconds(requests[0]),
            [request.seed for request in requests],
            lambda part: on_step(PLANNING * part),
        )
        words = [self._fitted(_words_of(plan), requests[0]) for plan in plans]
        return self._made(requests, words, plans, lambda part: on_step(PLANNING + (1 - PLANNING) * part))

    def _made(
        self,
        requests: Sequence[SongRequest],
        words: Sequence[AceStepWords],
        plans: Sequence[Plan],
        on_step: OnStep,
    ) -> list[Generated]:
        """The songs of these words, as planned where there are plans."""
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
            **_inputs_of(plans),
        ).audios
        songs = []
        for place, request in enumerate(requests):
            used = {
                **dataclasses.asdict(words[place]),
                "seconds": seconds,
                "seed": request.seed,
                "steps": STEPS,
            }
            if plans:
                used |= {"time_signature": plans[place].time_signature, "reasons": list(plans[place].reasons)}
            songs.append(Generated(decoded(self._pipeline.vae, latents[place].T), used))
            on_step((STEPS + place + 1) / parts)
        return songs

    def _noise(self, seeds: Sequence[int], seconds: int) -> torch.Tensor:
        """Made here, because the pipeline rounds its length twice and fails where the two differ."""
        frames = ceil(seconds * self._pipeline.latents_per_second)
        shape = (frames, self._pipeline.transformer.config.audio_acoustic_hidden_dim)
        return torch.stack([torch.randn(shape, generator=seeded(seed)) for seed in seeds])

    def _words(self, request: SongRequest) -> AceStepWords:
        return self._fitted(ace_step_words(request), request)

    def _fitted(self, words: AceStepWords, request: SongRequest) -> AceStepWords:
        """Tempo, key and duration stand behind the caption: so a long one must not push them out."""

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
            # As long as the longest that may stand there.
            timesignature="N/A",
            instruction=self._pipeline._get_task_instruction(
                "text2music" if self._planner is None else "cover"
            ),
        )
        return text, lyrics

    def _tokens(self, text: str) -> int:
        return len(self._pipeline.tokenizer(text).input_ids)


def _give_codes(pipeline: Any, folder: Path, device: str, later: str) -> None:
    """What makes latents of codes, which is published apart from the pipeline."""
    parts = {
        "audio_tokenizer": AceStepAudioTokenizer,
        "audio_token_detokenizer": AceStepAudioTokenDetokenizer,
    }
    for name, kind in parts.items():
        part = kind.from_pretrained(
            folder, subfolder=name, torch_dtype=model_dtype(later), local_files_only=True
        )
        pipeline.register_modules(**{name: part.to(device).eval()})


def _words_of(plan: Plan) -> AceStepWords:
    return AceStepWords(plan.caption, plan.lyrics, plan.language, plan.bpm, plan.key)


def _inputs_of(plans: Sequence[Plan]) -> dict[str, Any]:
    """What the pipeline takes of plans beside the words."""
    if not plans:
        return {}
    codes = ["".join(f"<|audio_code_{code}|>" for code in plan.audio_codes) for plan in plans]
    return {"timesignature": plans[0].time_signature, "audio_codes": codes}
