"""A page of renders: every genre in each of its metres, with piano roll, spectrogram and Brief, for a person to hear.

`make listen`, or `python -m benchmarks.listen [--into FOLDER] [--genre jazz] [--metre 3/4] [--seconds 30 180]`; open
index.html there. MUSIC_SEED repeats a page.
No measure proves taste: this is what the composer is judged by in the end.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.template import Context, Engine
from matplotlib import pyplot
from tqdm import tqdm

from generation.audio.encode import encode
from generation.audio.measure import measure
from generation.audio.types import Audio
from generation.composer.brief import Brief
from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.metre import METRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Score
from generation.composer.writing.compose import compose
from generation.diffusion.spectrum import magnitudes, mono
from generation.tests.measures.pieces import heard
from generation.tests.measures.seeds import clock_seed, fresh_seeds

SECONDS = (30, 180)
TEMPLATE = Path(__file__).with_name("listen.html")
# What is asked of each genre, in words that a person might use.
PROMPTS = {
    "ambient": "weightless ambient, slowly drifting past the stars",
    "cinematic": "epic cinematic, a hero comes home",
    "classical": "an elegant classical piece for a ballroom",
    "drum and bass": "liquid drum and bass, a night drive through the rain",
    "folk": "sunny folk by the campfire",
    "funk": "tight funk with a horn section",
    "hip hop": "dark trap beat, late at night",
    "house": "deep house at sunrise",
    "jazz": "smoky jazz club, walking bass",
    "lofi": "rainy lofi to study to",
    "pop": "catchy summer pop",
    "reggae": "roots reggae on a hot afternoon",
    "rock": "loud rock on the highway",
    "techno": "hypnotic warehouse techno",
}
_WINDOW, _HOP = 4096, 1024
# Readable on light and on dark.
_INK = "#8a8794"
_LOWEST, _HIGHEST = 40, 16_000
_ROLL_BARS = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """What the page says of one piece."""

    brief: Brief
    title: str
    sections: str
    cast: str
    loudness: float
    peak: float
    sound: str
    roll: str
    picture: str
    narrow_picture: str


class Spectrogram(NamedTuple):
    """`decibels` (frequencies, times) at these times in seconds and frequencies in Hz."""

    seconds: npt.NDArray[np.float64]
    hertz: npt.NDArray[np.floating]
    decibels: npt.NDArray[np.float64]


def make(genre: str, metre: str, seconds: int, seed: int, into: Path) -> Entry:
    """Write a genre's sound and pictures in a metre into a folder."""
    brief = read_prompt(
        PROMPTS.get(genre, genre), duration=seconds, seed=seed, genre=genre, time_signature=metre
    )
    audio = heard(brief).audio
    name = f"{genre} {metre} {seconds}".replace(" ", "-").replace("/", "-")
    with (into / f"{name}.mp3").open("wb") as file:
        encode(audio, "mp3", file)
    seen = spectrogram(audio)
    draw(seen, into / f"{name}.png", 9, 2.6)
    draw(seen, into / f"{name}-narrow.png", 3.6, 2.4)
    score = compose(brief)
    draw_roll(score, into / f"{name}-roll.png")
    measured = measure(audio)
    return Entry(
        brief=brief,
        title=f"{GENRES[genre].title} in {metre}, {seconds} s",
        sections=", ".join(f"{section.name} {section.bars}" for section in score.sections),
        cast=cast_of(score),
        loudness=measured.lufs,
        peak=measured.true_peak_db,
        sound=f"{name}.mp3",
        roll=f"{name}-roll.png",
        picture=f"{name}.png",
        narrow_picture=f"{name}-narrow.png",
    )


def cast_of(score: Score) -> str:
    return ", ".join(f"{part.role}: {part.instrument.replace('_', ' ')}" for part in score.parts)


def spectrogram(audio: Audio) -> Spectrogram:
    """The sound between 40 Hz and 16 kHz."""
    power = np.square(np.concatenate(list(magnitudes(mono(audio), _WINDOW, _HOP))), dtype=np.float64).T
    seconds = np.arange(power.shape[1]) * _HOP / audio.sample_rate
    hertz = np.fft.rfftfreq(_WINDOW, 1 / audio.sample_rate)
    inside = (hertz >= _LOWEST) & (hertz <= _HIGHEST)
    return Spectrogram(seconds, hertz[inside], 10 * np.log10(power[inside] + 1e-9))


def draw(seen: Spectrogram, file: Path, width: float, height: float) -> None:
    """The spectrogram, 80 dB deep; `width` and `height` in inches say how large its words are."""
    figure, axes = pyplot.subplots(figsize=(width, height), dpi=990 / width, layout="constrained")
    axes.tick_params(which="both", colors=_INK)
    top = seen.decibels.max()
    axes.pcolormesh(
        seen.seconds, seen.hertz, seen.decibels, vmin=top - 80, vmax=top, cmap="magma", shading="nearest"
    )
    axes.set_yscale("log")
    axes.set_ylim(_LOWEST, _HIGHEST)
    axes.set_yticks([100, 1000, 10_000], ["100 Hz", "1 kHz", "10 kHz"])
    axes.set_xlabel("seconds", color=_INK)
    figure.savefig(file, transparent=True)
    pyplot.close(figure)


def draw_roll(score: Score, file: Path) -> None:
    """The piano roll of what is played around the middle: eight bars, a colour for each part, drums below by voice."""
    bar, first = score.metre.beats, max(0, score.bars // 2 - _ROLL_BARS // 2)
    last = max(1, min(score.bars, first + _ROLL_BARS))
    start, end = first * bar, last * bar
    figure, (upper, lower) = pyplot.subplots(
        2, 1, figsize=(13, 7), dpi=100, sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    voices: dict[str, int] = {}
    for place, part in enumerate(score.parts):
        notes = [note for note in part.notes if start <= note.start < end and part.role != "fx"]
        colour = f"C{place % 10}"
        if part.role == "drums":
            rows = [voices.setdefault(note.voice, len(voices)) for note in notes]
            lower.scatter(
                [note.start for note in notes],
                rows,
                s=[note.velocity / 2 for note in notes],
                c=colour,
                marker="s",
            )
        elif notes:
            upper.barh(
                [note.pitch for note in notes],
                [note.length for note in notes],
                left=[note.start for note in notes],
                height=0.8,
                color=colour,
                alpha=0.8,
                label=f"{part.role} ({part.instrument})",
            )
    lower.set_yticks(range(len(voices)), list(voices))
    for axes in (upper, lower):
        axes.tick_params(which="both", colors=_INK)
        for beat in np.arange(start, end, 0.5):
            axes.axvline(beat, color=_INK, linewidth=_line_width(score, beat), alpha=0.5)
    upper.legend(loc="upper right", fontsize="small")
    lower.set_xticks(np.arange(start, end, bar), [str(number + 1) for number in range(first, last)])
    lower.set_xlim(start, end)
    lower.set_xlabel(f"bars in {score.metre.name}", color=_INK)
    figure.savefig(file, transparent=True)
    pyplot.close(figure)


def _line_width(score: Score, beat: float) -> float:
    """Bar lines are thick, what is counted is thin, eighths are hairlines."""
    if beat % score.metre.beats == 0:
        return 1.6
    return 0.7 if score.metre.is_counted(beat) else 0.2


def main() -> None:
    """Make the page and say where it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--into", type=Path, default=Path("var/listen"), help="the folder; var/listen if none"
    )
    parser.add_argument(
        "--genre", nargs="+", choices=sorted(GENRES), default=sorted(GENRES), help="all if none"
    )
    parser.add_argument("--metre", nargs="+", choices=list(METRES), default=list(METRES), help="all if none")
    parser.add_argument("--seconds", nargs="+", type=int, default=SECONDS, help="30 and 180 if none")
    options = parser.parse_args()
    into: Path = options.into
    into.mkdir(parents=True, exist_ok=True)
    mpl.use("agg")
    orders = [
        (genre, metre, seconds, fresh_seeds(1, f"listen {genre} {metre} {seconds}")[0])
        for genre in options.genre
        for metre in metres_of(GENRES[genre])
        if metre in options.metre
        for seconds in options.seconds
    ]
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(make, *order, into) for order in orders]
        entries = [done.result() for done in tqdm(running)]
    settings.configure(USE_I18N=False)
    page = Engine().from_string(TEMPLATE.read_text("utf-8"))
    text = page.render(Context({"entries": entries, "seed": clock_seed()}))
    (into / "index.html").write_text(text, "utf-8")
    print(f"{into / 'index.html'}: {len(entries)} pieces, MUSIC_SEED={clock_seed()}")


if __name__ == "__main__":
    main()
