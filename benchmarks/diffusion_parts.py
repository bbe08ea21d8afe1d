"""The parts of the benchmark of the open models. Each measures one thing and says it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from benchmarks.diffusion_bench import Bench, made, requests, snr
from benchmarks.diffusion_models import Subject, planner_parts, subject
from benchmarks.diffusion_speedups import attention, compiling, decoder
from benchmarks.measuring import alternating, ratio
from benchmarks.roofline import counted
from generation.diffusion.errors import Interrupted
from generation.tests.tiny_models import TINY_MODELS

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
        again_snr_db=snr(first, again),
        alone_against_batch_snr_db=snr(first, together),
    )
    wanted = time.perf_counter() + (0.05 if bench.is_full else 0.0)
    try:
        bench.ace_step.runner.generate(
            requests(240 if bench.is_full else 4, 1), lambda part: None, lambda: time.perf_counter() > wanted
        )
    except Interrupted:
        bench.say("cancel", late_s=time.perf_counter() - wanted)


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
