"""A page of renders: every genre in 30 seconds, with its spectrogram and its Brief, for a person to hear.

`make listen`, or `python -m benchmarks.listen [--into FOLDER]`; open index.html there. MUSIC_SEED repeats a page.
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
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Score
from generation.composer.writing.compose import compose
from generation.diffusion.spectrum import magnitudes, mono
from generation.tests.measures.pieces import heard
from generation.tests.measures.seeds import clock_seed, fresh_seeds

SECONDS = 30.0
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
    picture: str
    narrow_picture: str


class Spectrogram(NamedTuple):
    """`decibels` (frequencies, times) at these times in seconds and frequencies in Hz."""

    seconds: npt.NDArray[np.float64]
    hertz: npt.NDArray[np.floating]
    decibels: npt.NDArray[np.float64]


def make(genre: str, seed: int, into: Path) -> Entry:
    """Write a genre's sound and picture into a folder."""
    brief = read_prompt(PROMPTS.get(genre, genre), duration=SECONDS, seed=seed, genre=genre)
    audio = heard(brief).audio
    name = genre.replace(" ", "-")
    with (into / f"{name}.mp3").open("wb") as file:
        encode(audio, "mp3", file)
    seen = spectrogram(audio)
    draw(seen, into / f"{name}.png", 9, 2.6)
    draw(seen, into / f"{name}-narrow.png", 3.6, 2.4)
    score = compose(brief)
    measured = measure(audio)
    return Entry(
        brief=brief,
        title=GENRES[genre].title,
        sections=", ".join(f"{section.name} {section.bars}" for section in score.sections),
        cast=cast_of(score),
        loudness=measured.lufs,
        peak=measured.true_peak_db,
        sound=f"{name}.mp3",
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


def main() -> None:
    """Make the page and say where it is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--into", type=Path, default=Path("var/listen"), help="the folder; var/listen if none"
    )
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    mpl.use("agg")
    seeds = fresh_seeds(len(GENRES), "listen")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        running = [
            pool.submit(make, genre, seed, into) for genre, seed in zip(sorted(GENRES), seeds, strict=True)
        ]
        entries = [done.result() for done in tqdm(running)]
    settings.configure(USE_I18N=False)
    page = Engine().from_string(TEMPLATE.read_text("utf-8"))
    text = page.render(Context({"entries": entries, "seed": clock_seed(), "seconds": SECONDS}))
    (into / "index.html").write_text(text, "utf-8")
    print(f"{into / 'index.html'}: {len(entries)} pieces, MUSIC_SEED={clock_seed()}")


if __name__ == "__main__":
    main()
