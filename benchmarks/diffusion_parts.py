"""The parts of the benchmark of the open models. Each measures one thing and says it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, Final

from benchmarks.diffusion_models import Subject, planner_parts, subject
from benchmarks.measuring import alternating, ratio
from benchmarks.roofline import Peaks, counted, measured_peaks, seconds
from generation.diffusion.devices import model_dtype
from generation.diffusion.errors import Interrupted
from generation.diffusion.songs import Song, SongRequest
from generation.tests.tiny_models import TINY_MODELS

PROMPT: Final = "warm rain over a slow piano"
SNAPSHOT: Final = """
import os
import torch
from contextlib import nullcontext
from generation.diffusion import devices
with {guard}:
    from diffusers import AceStepPipeline
os.environ.pop("CUDA_VISIBLE_DEVICES")
print(torch.cuda.is_available())
"""
Say = Callable[..., None]


class Bench:
    """What the parts share: the device, its limits, and ACE-Step in its memory."""

    def __init__(self, device: str, is_full: bool, say: Say) -> None:
        self.device = device
        self.is_full = is_full
        self.say = say

    @cached_property
    def peaks(self) -> Peaks:
        size, mebibytes = (8192, 2048) if self.is_full else (256, 16)
        return measured_peaks(self.device, model_dtype(self.device), size=size, mebibytes=mebibytes)

    @cached_property
    def ace_step(self) -> Subject:
        return subject("ace_step", self.device, is_full=self.is_full)

    @property
    def pipeline(self) -> Any:
        runner: Any = self.ace_step.runner
        return runner._pipeline

    @property
    def short(self) -> int:
        """Seconds of a short song."""
        return 10 if self.is_full else 2

    def took(self, work: Callable[[], Any]) -> float:
        return seconds(self.device, work)

    def songs(self, length: float, count: int, first_seed: int = 1) -> list[Song]:
        """So many songs, made at once. Raises what kept one from being made."""
        return made(self.ace_step.runner, length, count, first_seed)

    def peak_gib(self) -> float:
        """The most memory that was allocated since the last time this was asked."""
        import torch

        if not self.is_full:
            return 0.0
        peak = torch.cuda.max_memory_allocated() / 2**30
        torch.cuda.reset_peak_memory_stats()
        return peak

    def latents(self, length: float) -> Any:
        import torch

        channels = self.pipeline.transformer.config.audio_acoustic_hidden_dim
        return torch.randn(1, channels, round(length * 25), device=self.device)


def requests(length: float, count: int, first_seed: int = 1) -> list[SongRequest]:
    return [SongRequest(PROMPT, float(length), seed) for seed in range(first_seed, first_seed + count)]


def made(runner: Any, length: float, count: int, first_seed: int = 1) -> list[Song]:
    outcomes = runner.generate(requests(length, count, first_seed), lambda part: None, lambda: False)
    for outcome in outcomes:
        if not isinstance(outcome, Song):
            raise outcome
    return list(outcomes)


def device(bench: Bench) -> None:
    """What it is, and what it can do at most."""
    import torch

    gpu = torch.cuda.get_device_name() if bench.is_full else "none"
    free = torch.cuda.mem_get_info()[0] / 2**30 if bench.is_full else 0.0
    bench.say(
        "device",
        gpu=gpu,
        torch=torch.__version__,
        tflops=bench.peaks.flops / 1e12,
        gb_per_s=bench.peaks.bandwidth / 1e9,
        free_gib=free,
    )


def snapshot(bench: Bench) -> None:
    """Whether a process finds a GPU that comes after diffusers was imported, as the app loads it and plainly."""
    found = {}
    ways = {"as loaded here": "devices.gpu_not_looked_for()", "plainly": "nullcontext()"}
    for name, guard in list(ways.items()) if bench.is_full else list(ways.items())[:1]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SNAPSHOT.format(guard=guard)],
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
        )
        found[name] = done.stdout.strip() or done.stderr.strip()[-200:]
    must = "True" if bench.is_full else "False, without a GPU"
    bench.say("snapshot", gpu_found_after_loading_without_one=found, as_loaded_here_must_be=must)


def weights(bench: Bench) -> None:
    """From memory to the GPU, as a container does when it wakes."""
    parts = [part for part in bench.pipeline.components.values() if hasattr(part, "parameters")]
    size = sum(each.numel() * each.element_size() for part in parts for each in part.parameters()) / 2**30
    runner = bench.ace_step.runner
    runner.move_to("cpu")
    up = bench.took(lambda: runner.move_to(bench.device))
    bench.say("weights to the GPU", gib=size, seconds=up, gib_per_s=size / up)


def songs(bench: Bench) -> None:
    """What songs of each length take, one and four at once, and what of that is decoding."""
    bench.songs(bench.short, 1)  # what is done only once falls on none of them
    lengths = ((30, 1), (30, 4), (120, 1), (120, 4), (240, 1), (240, 4), (600, 1), (600, 4))
    for length, count in lengths if bench.is_full else ((2, 1), (2, 2)):
        _song(bench, length, count)


def _song(bench: Bench, length: int, count: int) -> None:
    bench.peak_gib()
    total = bench.took(lambda: bench.songs(length, count))
    peak = bench.peak_gib()
    latents = bench.latents(length)
    decoding = bench.took(lambda: _decode(bench, latents))
    figures: dict[str, Any] = {
        "total_s": total,
        "decode_one_s": decoding,
        "music_per_s": count * length / total,
        "peak_gib": peak,
    }
    if length <= 120:
        with counted(bench.ace_step.stepping) as load:
            bench.songs(length, count)
        floor, limit = load.floor(bench.peaks)
        figures |= {"share_of_roofline": floor / total, "limit": limit}
    bench.say("song", seconds=length, songs=count, **figures)


def _decode(bench: Bench, latents: Any) -> Any:
    import torch

    from generation.diffusion.pipelines import decoded

    with torch.no_grad():
        return decoded(bench.pipeline.vae, latents[0])


def plain(bench: Bench) -> None:
    """Against the call that the libraries document, for each model."""
    for family in sorted(TINY_MODELS):
        if family == "ace_step":
            _against_plain(bench, family, bench.ace_step)
        else:
            _against_plain(bench, family, subject(family, bench.device, is_full=bench.is_full))


def _against_plain(bench: Bench, family: str, timed: Subject) -> None:
    length = 30.0 if bench.is_full else 1.0
    asked = requests(length, 2)
    timed.plain(asked)  # what is done only once falls on neither
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    work = {"ours": lambda: made(timed.runner, length, 2), "plain": lambda: timed.plain(asked)}
    for name in alternating(list(work), 2):
        took[name].append(bench.took(work[name]))
    bench.say(
        "against the plain call",
        family=family,
        seconds=length,
        songs=2,
        ours_s=min(took["ours"]),
        plain_s=min(took["plain"]),
        ratio=ratio(took["ours"], took["plain"]),
    )


def right(bench: Bench) -> None:
    """The same seed again, alone and in a batch; how late a cancel is heard."""
    import numpy as np

    def samples(count: int) -> Any:
        return bench.songs(bench.short, count)[0].audio.samples.astype(np.float64)

    first, again, together = samples(1), samples(1), samples(4)
    bench.say(
        "seeds",
        again_is_equal=bool((first == again).all()),
        again_snr_db=_snr(first, again),
        alone_against_batch_snr_db=_snr(first, together),
    )
    wanted = time.perf_counter() + (0.05 if bench.is_full else 0.0)
    try:
        bench.ace_step.runner.generate(
            requests(240 if bench.is_full else 4, 1), lambda part: None, lambda: time.perf_counter() > wanted
        )
    except Interrupted:
        bench.say("cancel", late_s=time.perf_counter() - wanted)


def _snr(wanted: Any, got: Any) -> float:
    import numpy as np

    error = float(np.square(wanted - got).mean())
    return 999.0 if error == 0 else float(10 * np.log10(np.square(wanted).mean() / error))


def decoder(bench: Bench) -> None:
    """Whether fewer bits, or weights normalised once, are good enough for the decoder, and how much quicker."""
    import torch

    latents = bench.latents(30 if bench.is_full else 2)

    def plainly(decoder: Any, dtype: Any) -> Any:
        with torch.no_grad():
            return decoder.decode(latents.to(dtype)).sample

    wanted = plainly(bench.pipeline.vae, torch.float32).double().cpu().numpy()

    def measured(name: str, decoder: Any, dtype: Any = torch.float32) -> None:
        plainly(decoder, dtype)
        took = min(bench.took(lambda: plainly(decoder, dtype)) for _ in range(3))
        sound = plainly(decoder, dtype).double().cpu().numpy()
        figures = {"seconds": took, "snr_db": _snr(wanted, sound), "finite": bool((sound == sound).all())}
        bench.say("decoder", how=name, **figures)

    measured("float32", bench.pipeline.vae)
    measured("float32, weights normalised once", _normalised_once(bench.pipeline.vae))
    if bench.is_full:
        for dtype in (torch.float16, torch.bfloat16):
            name = f"{str(dtype).removeprefix('torch.')}, weights normalised once"
            measured(name, _normalised_once(bench.pipeline.vae).to(dtype), dtype)
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
        measured("tf32, weights normalised once", _normalised_once(bench.pipeline.vae))
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False


def _normalised_once(vae: Any) -> Any:
    """A decoder of the same weights, without the normalisation at every call."""
    from torch.nn.utils import remove_weight_norm

    same = type(vae).from_config(vae.config).to(vae.device).eval()
    same.load_state_dict(vae.state_dict())
    for module in same.modules():
        if hasattr(module, "weight_g"):
            remove_weight_norm(module)
    return same


def attention(bench: Bench) -> None:
    """The kernels that torch has for attention, and the most that one for windows could give."""
    from diffusers.models.transformers import ace_step_transformer

    length = 240 if bench.is_full else 2
    transformer = bench.pipeline.transformer

    def measured(name: str) -> None:
        bench.songs(length, 1)
        total = min(bench.took(lambda: bench.songs(length, 1)) for _ in range(2))
        bench.say("attention", how=name, seconds=length, total_s=total)

    measured("native")
    for backend in ("_native_cudnn", "_native_efficient", "_native_math"):
        transformer.set_attention_backend(backend)
        try:
            measured(backend)
        except (RuntimeError, ValueError) as error:
            bench.say("attention", how=backend, failed=str(error)[:200])
        finally:
            transformer.set_attention_backend("native")
    masks = ace_step_transformer._create_4d_mask
    ace_step_transformer._create_4d_mask = lambda **_: None
    try:
        measured("native without windows, which is another model: no kernel for windows can be quicker")
    finally:
        ace_step_transformer._create_4d_mask = masks


def takes(bench: Bench) -> None:
    """Four takes of a song beside one, and what judging them and packing the best costs the processor."""
    from dataclasses import replace

    from generation.diffusion.flac import encode_flac
    from generation.diffusion.scoring import score_take
    from generation.diffusion.takes import make_best

    length = 60.0 if bench.is_full else 4.0
    [one] = requests(length, 1)
    runner = bench.ace_step.runner

    def best(count: int) -> Any:
        [kept] = make_best(
            runner, [replace(one, takes=count, bpm=92.0, key="D minor")], lambda part: None, lambda: False
        )
        return kept

    single = bench.took(lambda: best(1))
    four = bench.took(lambda: best(4))
    song = best(1).song
    began = time.process_time()
    score_take(song, replace(one, bpm=92.0, key="D minor"))
    judged = time.process_time()
    size = len(encode_flac(song.audio))
    bench.say(
        "takes",
        seconds=length,
        one_s=single,
        four_s=four,
        judging_one_cpu_s=judged - began,
        packing_cpu_s=time.process_time() - judged,
        packed_mib=size / 2**20,
    )


def planning(bench: Bench) -> None:
    """What the planner takes for its text and for each code of four songs."""
    from generation.diffusion.planner import CODES_PER_SECOND, Planner
    from generation.diffusion.prompts import ace_step_words

    model, tokenizer, codebook = planner_parts(bench.device, is_full=bench.is_full)
    planner = Planner(model, tokenizer, codebook=codebook, songs=4)
    words = ace_step_words(requests(30, 1)[0])
    planner.plan(words, 2, [1], lambda part: None)  # what is done only once falls on neither
    took = {}
    for length in (10, 40) if bench.is_full else (1, 2):
        took[length] = bench.took(partial(planner.plan, words, length, [1, 2, 3, 4], lambda part: None))
    (short, first), (long, second) = took.items()
    code = (second - first) / ((long - short) * CODES_PER_SECOND)
    bench.say(
        "planner",
        codes_at_once=4,
        seconds_per_code=code,
        text_s=first - short * CODES_PER_SECOND * code,
        seconds_for_120=120 * CODES_PER_SECOND * code,
    )


def compiling(bench: Bench) -> None:
    """What compiling the blocks that repeat costs once, and what it gives."""
    length = 120 if bench.is_full else 2
    before = bench.took(lambda: bench.songs(length, 1))

    def first() -> None:
        for layer in bench.pipeline.transformer.layers[: None if bench.is_full else 1]:
            layer.compile(dynamic=True, backend="inductor" if bench.is_full else "eager")
        bench.songs(length, 1)

    cost = bench.took(first)
    after = min(bench.took(lambda: bench.songs(length, 1)) for _ in range(2))
    other = bench.took(lambda: bench.songs(length // 2, 1))
    again = bench.took(lambda: bench.songs(length // 2, 1))
    figures = {"before_s": before, "first_song_s": cost, "after_s": after}
    bench.say(
        "compile", seconds=length, **figures, half_the_length_first_s=other, half_the_length_again_s=again
    )


def memory(bench: Bench) -> None:
    """More songs than fit: they are made in smaller batches, and none is lost."""
    runner = bench.ace_step.runner
    length, count = (600, 24) if bench.is_full else (2, 2)
    before, runner.max_batch = runner.max_batch, count
    blocker = _memory_but(bench, gib=24.0)
    try:
        total = bench.took(lambda: bench.songs(length, count))
    finally:
        runner.max_batch = before
        del blocker
    bench.say("out of memory", songs=count, seconds=length, total_s=total, made=count)


def _memory_but(bench: Bench, gib: float) -> Any:
    """All memory of the GPU but so much, taken: as if it were a smaller one."""
    import torch

    if not bench.is_full:
        return None
    torch.cuda.empty_cache()
    free = torch.cuda.mem_get_info()[0] - int(gib * 2**30)
    return torch.empty(max(0, free), dtype=torch.uint8, device=bench.device)


# By name: the seconds that a part is given where the time is short, and the part.
PARTS: Final[dict[str, tuple[float, Callable[[Bench], None]]]] = {
    "device": (5, device),
    "snapshot": (30, snapshot),
    "weights": (40, weights),
    "songs": (60, songs),
    "right": (15, right),
    "decoder": (15, decoder),
    "takes": (20, takes),
    "attention": (20, attention),
    "planning": (30, planning),
    "plain": (60, plain),
    "memory": (60, memory),
    "compiling": (80, compiling),
}
