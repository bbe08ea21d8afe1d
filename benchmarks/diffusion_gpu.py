"""How fast the open models make music here, against the plain call of their library and against the device's limits.

`make bench-diffusion`, or `python -m benchmarks.diffusion_gpu`. On a GPU the models are as large as the published ones,
with random weights; elsewhere they are tiny, which shows that the measuring works and nothing about music.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.diffusion_models import Subject, subject
from benchmarks.measuring import alternating, ratio
from benchmarks.roofline import Load, Peaks, counted, measured_peaks, seconds
from generation.diffusion.songs import Song, SongRequest
from generation.tests.tiny_models import TINY_MODELS

OURS: Final = "ours"
PLAIN: Final = "plain"


@dataclass(frozen=True)
class Figures:
    """One line: batches of `songs` songs, seconds for each of ours and of the plain calls, and the load of ours."""

    songs: int
    duration: float
    ours: Sequence[float]
    plain: Sequence[float]
    load: Load

    def line(self, family: str, peaks: Peaks) -> str:
        took = statistics.median(self.ours)
        floor, limit = self.load.floor(peaks)
        return (
            f"{family:<14}{self.songs:>6}{took:>9.3f}{statistics.median(self.plain):>9.3f}"
            f"{ratio(self.ours, self.plain):>8.2f}{self.songs * self.duration / took:>10.1f}"
            f"{self.load.steps:>7}{self.load.flops / 1e12:>10.3f}{floor:>10.4f}{took / floor:>8.1f}  {limit}"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a line for each model and number of songs at once."""
    import torch

    has_gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda" if has_gpu else "cpu")
    parser.add_argument("--families", nargs="+", choices=sorted(TINY_MODELS), default=sorted(TINY_MODELS))
    parser.add_argument("--songs", nargs="+", type=int, default=[1, 4, 8], help="how many are made at once")
    parser.add_argument("--seconds", type=float, default=30.0 if has_gpu else 2.0, help="of each song")
    parser.add_argument("--rounds", type=int, default=5 if has_gpu else 2)
    parser.add_argument("--full", action=argparse.BooleanOptionalAction, default=has_gpu, help="full size")
    given = parser.parse_args(arguments)

    peaks = _peaks(given.device)
    name = (
        torch.cuda.get_device_name(given.device) if torch.device(given.device).type == "cuda" else "this CPU"
    )
    if not given.full:
        print("Tiny models: this shows that the measuring works, and nothing about how fast music is made.")
    print(
        f"{given.seconds:g} s of music on {name}, torch {torch.__version__}: "
        f"{peaks.flops / 1e12:.2f} TFLOP/s in a matrix product, {peaks.bandwidth / 1e9:.0f} GB/s in a copy"
    )
    print(
        f"{'model':<14}{'songs':>6}{'ours[s]':>9}{'plain[s]':>9}{'ratio':>8}{'music/s':>10}"
        f"{'steps':>7}{'TFLOP':>10}{'floor[s]':>10}{'×floor':>8}  limit"
    )
    for family in given.families:
        timed = subject(family, given.device, is_full=given.full)
        print(timed, flush=True)
        for songs in given.songs:
            figures = _measure(timed, given.device, songs, given.seconds, given.rounds)
            print(figures.line(family, peaks), flush=True)
        del timed
        torch.cuda.empty_cache()


def _peaks(device: str) -> Peaks:
    import torch

    from generation.diffusion.devices import model_dtype

    large = torch.device(device).type == "cuda"
    return measured_peaks(
        device, model_dtype(device), size=8192 if large else 512, mebibytes=2048 if large else 64
    )


def _measure(timed: Subject, device: str, songs: int, duration: float, rounds: int) -> Figures:
    requests = [SongRequest("warm rain over a slow piano", duration, seed) for seed in range(songs)]

    def ours() -> None:
        made = timed.runner.generate(requests, lambda part: None, lambda: False)
        failed = [song for song in made if not isinstance(song, Song)]
        if failed:
            raise SystemExit(f"{songs} songs at once: {failed[0]}")

    work: dict[str, Callable[[], None]] = {OURS: ours, PLAIN: lambda: timed.plain(requests)}
    work[PLAIN]()  # what is done only once falls on neither
    with counted(timed.stepping) as load:
        ours()
    took: dict[str, list[float]] = {OURS: [], PLAIN: []}
    for name in alternating([OURS, PLAIN], rounds):
        took[name].append(seconds(device, work[name]))
    return Figures(songs, duration, took[OURS], took[PLAIN], load)


if __name__ == "__main__":
    main()
