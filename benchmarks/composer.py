"""How fast the built-in composer makes music, beside FluidSynth playing the same notes in the same run.

`make bench-composer`, or `python -m benchmarks.composer [--quick] [--plot FILE]`. Linux; one core.

For every genre and length: composing and rendering against real time in a process that has made other music before,
the same with mastering, the first chunk of sound there, and the peak of memory of a fresh process that makes only this
piece. FluidSynth gets the notes as MIDI and renders them to a file as fast as it can; its effects are a reverb and a
chorus, ours the whole mix. Two ratios, ours over its speed: `warm` leaves out its start (what a file of no notes
costs) and our imports, `cold` is two programs, each from its start to its WAV file. All seconds are the processor's,
which what else the machine does stretches least; everything runs on one core.
"""

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from benchmarks.fluidsynth import FluidSynth, MissingFluidSynth
from benchmarks.measuring import ratio, verdict

DURATIONS = (10.0, 30.0, 60.0, 180.0)
ROUNDS = 3
SAMPLE_RATE = 48_000
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

LEAST_SPEED, LEAST_SPEED_OF = 20.0, {"ambient": 15.0}
SPEED_COUNTS_FROM = 30.0
LATEST_FIRST_CHUNK = 0.15
MOST_MEMORY = {60.0: 250.0, 180.0: 350.0}


@dataclass(frozen=True, slots=True)
class Made:
    """Seconds that a piece took: to its first chunk, to compose and render it, and to master it."""

    first_chunk: float
    music: float
    mastering: float


@dataclass(frozen=True, slots=True)
class Alone:
    """A process of its own: its seconds until the WAV file was there, its peak in MiB then and when mastered."""

    seconds: float
    peak: float
    peak_mastered: float


@dataclass(slots=True)
class Row:
    """A genre and a length, a value for each round. Without FluidSynth there is nothing of it."""

    genre: str
    duration: float
    ours: list[Made] = field(default_factory=list)
    alone: list[Alone] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    playing: list[float] = field(default_factory=list)

    @property
    def music(self) -> list[float]:
        return [made.music for made in self.ours]

    @property
    def speed(self) -> float:
        return self.duration / statistics.median(self.music)

    @property
    def speed_mastered(self) -> float:
        return self.duration / statistics.median(made.music + made.mastering for made in self.ours)

    @property
    def first_chunk(self) -> float:
        return max(made.first_chunk for made in self.ours)

    @property
    def peak(self) -> float:
        return max(alone.peak for alone in self.alone)

    @property
    def peak_mastered(self) -> float:
        return max(alone.peak_mastered for alone in self.alone)

    def line(self) -> str:
        ours = (
            f"{self.genre:<14}{self.duration:>6.0f}{self.speed:>8.1f}{self.speed_mastered:>10.1f}"
            f"{self.first_chunk * 1e3:>9.0f}{self.peak:>8.0f}{self.peak_mastered:>10.0f}"
        )
        if not self.whole:
            return ours
        theirs = self.duration / statistics.median(self.playing)
        warm = ratio(self.music, self.playing)
        cold = ratio([alone.seconds for alone in self.alone], self.whole)
        return f"{ours}{theirs:>12.1f}{warm:>7.2f}{cold:>7.2f}"


HEADING = (
    f"{'genre':<14}{'s':>6}{'x real':>8}{'mastered':>10}{'first ms':>9}{'MiB':>8}{'mastered':>10}"
    f"{'FluidSynth':>12}{'warm':>7}{'cold':>7}"
)


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="30 s alone, one round")
    parser.add_argument("--genre", action="append", help="only this genre; may be given again")
    parser.add_argument("--bank", type=Path, help="the SoundFont that FluidSynth plays")
    parser.add_argument("--plot", type=Path, help="draw speed and memory into this PNG file")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        synth = _fluidsynth(options.bank, Path(folder))
        print(HEADING)
        for row in _rows(options.genre, options.quick, synth, Path(folder)):
            print(row.line(), flush=True)
            rows.append(row)
    print(*_verdicts(rows), sep="\n")
    if options.plot:
        _draw(rows, options.plot)


def _fluidsynth(bank: Path | None, folder: Path) -> FluidSynth | None:
    try:
        synth = FluidSynth(bank, folder, SAMPLE_RATE)
    except MissingFluidSynth as missing:
        print(f"{missing} Here are our own figures only.")
        return None
    print(f"Beside {synth.version}, {synth.bank}")
    return synth


def _rows(genres: Sequence[str] | None, quick: bool, synth: FluidSynth | None, folder: Path) -> Iterator[Row]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        known = process.submit(_warm).result()
        for genre in genres or known:
            for duration in (30.0,) if quick else DURATIONS:
                row = Row(genre, duration)
                for seed in range(1, 2 if quick else ROUNDS + 1):
                    row.ours.append(process.submit(_make, genre, duration, seed).result())
                    row.alone.append(_alone(genre, duration, seed, folder))
                    if synth:
                        row.whole.append(synth.seconds(process.submit(_midi, genre, duration, seed).result()))
                        row.playing.append(max(1e-3, row.whole[-1] - synth.loading()))
                yield row


def _warm() -> list[str]:
    from generation.composer.genre.catalog import GENRES

    _make("lofi", 10.0, 0)
    # As in a worker, where what is warm is no longer looked at for garbage.
    gc.collect()
    gc.freeze()
    return list(GENRES)


def _make(genre: str, duration: float, seed: int) -> Made:
    import numpy as np

    from generation.audio.master import master
    from generation.audio.types import Audio
    from generation.composer.reading.prompt import read_prompt
    from generation.composer.sound.render import render
    from generation.composer.writing.compose import compose

    samples = np.zeros((2, round(duration * SAMPLE_RATE)), np.float32)
    first, place = 0.0, 0
    began = time.process_time()
    score = compose(read_prompt(genre, duration=duration, seed=seed, genre=genre))
    for chunk in render(score, sample_rate=SAMPLE_RATE):
        first = first or time.process_time() - began
        samples[:, place : place + chunk.shape[1]] = chunk
        place += chunk.shape[1]
    rendered = time.process_time()
    master(Audio(samples, SAMPLE_RATE))
    return Made(first, rendered - began, time.process_time() - rendered)


def _midi(genre: str, duration: float, seed: int) -> bytes:
    from generation.composer.reading.prompt import read_prompt
    from generation.composer.sound.midi import midi_file
    from generation.composer.writing.compose import compose

    return midi_file(compose(read_prompt(genre, duration=duration, seed=seed, genre=genre)))


def _alone(genre: str, duration: float, seed: int, folder: Path) -> Alone:
    order = [genre, str(duration), str(seed), str(folder / "ours.wav")]
    program = [sys.executable, "-m", "benchmarks.composer_alone", *order]
    printed = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    return Alone(*map(float, printed.split()))


def _verdicts(rows: Sequence[Row]) -> Iterator[str]:
    """The bars of the design, each with its hardest case."""
    long = [row for row in rows if row.duration >= SPEED_COUNTS_FROM]
    slowest = min(long, key=lambda row: row.speed / _least_speed(row))
    yield (
        f"slowest: {slowest.genre}, {slowest.duration:.0f} s, {slowest.speed:.1f} x real time "
        f"{verdict(slowest.speed >= _least_speed(slowest), f'>= {_least_speed(slowest):.0f} x')}"
    )
    latest = max(rows, key=lambda row: row.first_chunk)
    yield (
        f"latest first chunk: {latest.genre}, {latest.duration:.0f} s, {latest.first_chunk * 1e3:.0f} ms "
        f"{verdict(latest.first_chunk <= LATEST_FIRST_CHUNK, f'<= {LATEST_FIRST_CHUNK * 1e3:.0f} ms')}"
    )
    for duration, most in MOST_MEMORY.items():
        of_length = [row for row in rows if row.duration == duration]
        if of_length:
            largest = max(of_length, key=lambda row: row.peak_mastered)
            yield (
                f"most memory for {duration:.0f} s, mastered: {largest.genre}, {largest.peak_mastered:.0f} MiB "
                f"{verdict(largest.peak_mastered <= most, f'<= {most:.0f} MiB')}"
            )


def _least_speed(row: Row) -> float:
    return LEAST_SPEED_OF.get(row.genre, LEAST_SPEED)


def _draw(rows: Sequence[Row], path: Path) -> None:
    """Speed and memory against length, a line for each genre; FluidSynth's speed dashed in the same colour."""
    import matplotlib.pyplot as plt

    measures: list[tuple[str, Callable[[Row], float]]] = [
        ("times real time", lambda row: row.speed),
        ("peak of memory, mastered, MiB", lambda row: row.peak_mastered),
    ]
    figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    for axis, (title, measure) in zip(axes, measures, strict=True):
        for number, genre in enumerate(dict.fromkeys(row.genre for row in rows)):
            of_genre = [row for row in rows if row.genre == genre]
            lengths = [row.duration for row in of_genre]
            axis.plot(lengths, [measure(row) for row in of_genre], "o-", color=f"C{number}", label=genre)
            if axis is axes[0] and of_genre[0].playing:
                theirs = [row.duration / statistics.median(row.playing) for row in of_genre]
                axis.plot(lengths, theirs, "x--", color=f"C{number}", alpha=0.5)
        axis.set(xscale="log", xlabel="length of the piece, s", ylabel=title, ylim=(0, None))
        axis.set_xticks(lengths, [f"{length:.0f}" for length in lengths])
    axes[0].set_title("composed and rendered; dashed: FluidSynth, the bank loaded")
    axes[1].legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
