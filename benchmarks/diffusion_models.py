"""The models that are timed, loaded as the site loads them, and the plain calls they are timed against."""

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.diffusion_full_size import (
    FULL_CODES,
    SIZES,
    full_ace_step,
    full_minimax_music,
    full_musicgen,
    full_planner,
    full_stable_audio,
)
from generation.diffusion import loading
from generation.diffusion.runner import Runner
from generation.diffusion.songs import SongRequest
from generation.tests.tiny_models import TINY_MODELS, download_tiny

MOST_AT_ONCE: Final = 64
SteppingAndPlain = tuple[Any, Callable[[Sequence[SongRequest]], None]]


@dataclass(frozen=True)
class Subject:
    """A loaded model, the part of it that runs at every step, and the call that its library documents."""

    runner: Runner
    stepping: Any
    plain: Callable[[Sequence[SongRequest]], None]
    sizes: str

    def __str__(self) -> str:
        millions = sum(each.numel() for each in self.stepping.parameters()) / 1e6
        return f"{self.runner.model.title}: {millions:,.2f} million parameters at every step; {self.sizes}"


def subject(family: str, device: str, *, is_full: bool) -> Subject:
    """A model of this family in the memory of the device. In full size it takes the place of the tiny one loaded."""
    model = dataclasses.replace(TINY_MODELS[family], max_batch=MOST_AT_ONCE)
    with tempfile.TemporaryDirectory() as folder:
        download_tiny(model, Path(folder))
        runner = loading.load(model, cache_dir=Path(folder), device=device)
    stepping, plain = _SUBJECTS[family](runner, device, is_full)
    return Subject(runner, stepping, plain, SIZES[family] if is_full else "tiny, as the tests have it")


def planner_parts(device: str, *, is_full: bool) -> tuple[Any, Any, int]:
    """A planner's language model with random weights, a tokenizer of bytes, and how many codes they know."""
    from generation.tests.tiny_planner import CODEBOOK, planner_tokenizer, tiny_writer

    if not is_full:
        tokenizer = planner_tokenizer()
        return tiny_writer(len(tokenizer)), tokenizer, CODEBOOK
    from generation.diffusion.devices import model_dtype

    return full_planner(device, model_dtype(device)), planner_tokenizer(FULL_CODES), FULL_CODES


def _ace_step(runner: Any, device: str, is_full: bool) -> SteppingAndPlain:
    import torch

    from generation.diffusion.devices import model_dtype
    from generation.diffusion.models.ace_step import GUIDANCE, SHIFT, STEPS

    pipeline = runner._pipeline
    if is_full:
        pipeline.register_modules(**full_ace_step(device, model_dtype(device)))
        pipeline.vae.enable_tiling()

    def plain(requests: Sequence[SongRequest]) -> None:
        pipeline.vae.disable_tiling()
        pipeline(
            prompt=[request.prompt for request in requests],
            lyrics=["[Instrumental]"] * len(requests),
            audio_duration=requests[0].duration,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            shift=SHIFT,
            generator=[torch.Generator(device).manual_seed(request.seed) for request in requests],
        ).audios.cpu()
        pipeline.vae.enable_tiling()

    return pipeline.transformer, plain


def _minimax_music(runner: Any, device: str, is_full: bool) -> SteppingAndPlain:
    import torch

    from generation.diffusion.devices import model_dtype
    from generation.diffusion.minimax_words import UNSUNG
    from generation.diffusion.models.minimax_music import STEPS

    pipeline = runner._pipeline
    if is_full:
        pipeline.update_components(**full_minimax_music(device, model_dtype(device)))

    def plain(requests: Sequence[SongRequest]) -> None:
        for request in requests:
            pipeline(
                prompt=request.prompt,
                lyrics=UNSUNG,
                audio_duration=request.duration,
                num_inference_steps=STEPS,
                generator=torch.Generator(device).manual_seed(request.seed),
                output="audios",
            )

    return pipeline.language_model.model, plain


def _stable_audio(runner: Any, device: str, is_full: bool) -> SteppingAndPlain:
    import torch

    from generation.diffusion.devices import model_dtype
    from generation.diffusion.models.stable_audio import GUIDANCE, STEPS

    pipeline = runner._pipeline
    if is_full:
        pipeline.register_modules(**full_stable_audio(device, model_dtype(device)))

    def plain(requests: Sequence[SongRequest]) -> None:
        pipeline(
            prompt=[request.prompt for request in requests],
            duration=requests[0].duration,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=[torch.Generator(device).manual_seed(request.seed) for request in requests],
        ).audios.cpu()

    return pipeline.transformer, plain


def _musicgen(runner: Any, device: str, is_full: bool) -> SteppingAndPlain:
    from generation.diffusion.devices import model_dtype
    from generation.diffusion.models.musicgen import GUIDANCE

    if is_full:
        runner._music = full_musicgen(device, model_dtype(device))
    music, tokenizer = runner._music, runner._tokenizer

    def plain(requests: Sequence[SongRequest]) -> None:
        text = tokenizer([request.prompt for request in requests], padding=True, return_tensors="pt")
        steps = (
            round(requests[0].duration * music.config.audio_encoder.frame_rate)
            + music.decoder.num_codebooks
            - 1
        )
        music.generate(**text.to(device), max_new_tokens=steps, do_sample=True, guidance_scale=GUIDANCE).cpu()

    return music.decoder, plain


_SUBJECTS: dict[str, Callable[[Any, str, bool], SteppingAndPlain]] = {
    "ace_step": _ace_step,
    "minimax_music": _minimax_music,
    "stable_audio": _stable_audio,
    "musicgen": _musicgen,
}
