"""Synthesised drum kits: which recipe, with what character, for each drum."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from zlib import crc32

from generation.audio.types import Samples
from generation.composer.sources import drum_recipes as recipes
from generation.composer.sources.drum_recipes import Stroke
from generation.composer.sources.envelope import release
from generation.composer.sources.pitched import frequency, pan_gains
from generation.composer.sources.player import SHELF, Strike
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import Recorded, Tone

# As the audience sees it: hats to the right, ride further, toms falling from right to left.
PANS = {
    "hat": 0.22, "open_hat": 0.25, "ride": 0.35, "crash": -0.3, "shaker": -0.3, "brush": 0.08, "rim": -0.1,
    "tom_high": 0.3, "tom_mid": 0.0, "tom_low": -0.3, "taiko_high": 0.25,
}  # fmt: skip
# Strokes of each drum that take turns, so that a roll is not a machine gun.
_TURNS = 3
_LAYERS = (48, 84, 118)
_TOUCH = 1.5

Recipe = Callable[[Stroke, float, float], Samples]
"""(stroke, tuned Hz of the lowest drum, brightness) -> one stroke."""


def tuned_to(tonic: int, near: float) -> float:
    """Hz of the tonic (pitch class) nearest to `near` Hz, so that low drums belong to the key."""
    return min(
        (frequency(pitch) for pitch in range(tonic % 12, 72, 12)),
        key=lambda hertz: abs(math.log(hertz / near)),
    )


def _kick(sweep: float, drop: float, decay: float, click: float, top: float) -> tuple[float, Recipe]:
    def recipe(stroke: Stroke, tuned: float, bright: float) -> Samples:
        return recipes.kick(
            stroke, tuned, sweep=sweep, drop=drop, decay=decay, click=click * bright, top=top * bright
        )

    return 0.55, recipe


def _snare(
    hertz: float, body: float, ring: float, wires: float, low: float, top: float
) -> tuple[float, Recipe]:
    def recipe(stroke: Stroke, tuned: float, bright: float) -> Samples:
        return recipes.snare(stroke, hertz, body=body, ring=ring, wires=wires, low=low, top=top * bright)

    return 0.5, recipe


def _cymbal(
    seconds: float, low: float, decay: float, metal: float, top: float, wash: float = 0.0
) -> tuple[float, Recipe]:
    def recipe(stroke: Stroke, tuned: float, bright: float) -> Samples:
        return recipes.cymbal(stroke, low=low, decay=decay, metal=metal, top=top * bright, wash=wash)

    return seconds, recipe


def _plain(seconds: float, make: Callable[[Stroke, float], Samples], top: float) -> tuple[float, Recipe]:
    return seconds, lambda stroke, tuned, bright: make(stroke, top * bright)


def _tom(hertz: float) -> tuple[float, Recipe]:
    return 0.9, lambda stroke, tuned, bright: recipes.tom(stroke, hertz)


def _gated_tom(hertz: float) -> tuple[float, Recipe]:
    return 0.6, lambda stroke, tuned, bright: recipes.gated_tom(stroke, hertz, 7000 * bright)


def _taiko(ratio: float, decay: float) -> tuple[float, Recipe]:
    return 1.8, lambda stroke, tuned, bright: recipes.taiko(
        stroke, tuned * ratio, decay * (0.6 + 0.4 * bright)
    )


def _kit(
    top: float, kick: tuple[float, Recipe], snare: tuple[float, Recipe]
) -> dict[str, tuple[float, Recipe]]:
    """A whole kit; `top` in Hz is where its brightest drums end."""
    return {
        "kick": kick,
        "snare": snare,
        "rim": _plain(0.12, recipes.rim, min(top, 9000)),
        "brush": _plain(0.4, recipes.brush, min(top, 8000)),
        "hat": _cymbal(0.25, 6800, 0.03, 0.12, top),
        "open_hat": _cymbal(0.7, 6400, 0.16, 0.12, top),
        "ride": _plain(1.4, recipes.ride, top),
        "crash": _cymbal(2.8, 3300, 0.8, 0.03, top, wash=0.5),
        "clap": _plain(0.45, recipes.clap, min(top, 5200)),
        "shaker": _plain(0.11, recipes.shaker, min(top, 12000)),
        "tom_high": _tom(165),
        "tom_mid": _tom(122),
        "tom_low": _tom(86),
        "taiko": _taiko(1.0, 0.38),
        "taiko_high": _taiko(1.5, 0.22),
    }


KITS: dict[str, Mapping[str, tuple[float, Recipe]]] = {
    "lofi_kit": {
        **_kit(9000, _kick(2.0, 0.035, 0.2, 0.25, 3500), _snare(175, 0.6, 0.06, 0.085, 900, 5200)),
        "hat": _cymbal(0.25, 5400, 0.03, 0.1, 9500),
        "open_hat": _cymbal(0.5, 5400, 0.13, 0.1, 9500),
    },
    "electronic_kit": _kit(
        16000, _kick(3.6, 0.03, 0.24, 0.5, 14000), _snare(210, 0.55, 0.05, 0.09, 1500, 11000)
    ),
    "techno_kit": {
        **_kit(14000, _kick(5.0, 0.028, 0.34, 0.9, 9000), _snare(240, 0.3, 0.04, 0.07, 2200, 12000)),
        "hat": _cymbal(0.2, 7800, 0.022, 0.3, 14000),
        "open_hat": _cymbal(0.6, 7000, 0.2, 0.3, 14000),
        "rim": _plain(0.12, recipes.rim, 12000),
    },
    "hip_hop_kit": {
        **_kit(17000, _kick(3.0, 0.045, 0.26, 0.7, 6000), _snare(190, 0.7, 0.05, 0.07, 1800, 13000)),
        "hat": _cymbal(0.16, 8200, 0.016, 0.45, 17000),
        "open_hat": _cymbal(0.6, 7400, 0.18, 0.4, 17000),
        "clap": _plain(0.45, recipes.clap, 9000),
    },
    "pop_kit": {
        **_kit(17000, _kick(2.6, 0.02, 0.15, 1.0, 13000), _snare(200, 0.9, 0.1, 0.17, 700, 12000)),
        "clap": _plain(0.45, recipes.clap, 8000),
    },
    "gated_kit": {
        **_kit(
            16000,
            _kick(2.3, 0.02, 0.14, 1.1, 12000),
            (0.45, lambda stroke, tuned, bright: recipes.gated_snare(stroke, 185, 11000 * bright)),
        ),
        "clap": _plain(0.45, recipes.clap, 8000),
        "tom_high": _gated_tom(150),
        "tom_mid": _gated_tom(108),
        "tom_low": _gated_tom(76),
    },
    "break_kit": {
        **_kit(17000, _kick(3.0, 0.018, 0.1, 1.1, 10000), _snare(222, 0.9, 0.05, 0.06, 1200, 14000)),
        "hat": _cymbal(0.2, 7400, 0.022, 0.2, 16000),
        "open_hat": _cymbal(0.5, 6800, 0.12, 0.2, 16000),
    },
    "funk_kit": _kit(13000, _kick(2.2, 0.022, 0.11, 0.7, 7000), _snare(265, 0.8, 0.06, 0.09, 1400, 10000)),
    "rock_kit": _kit(15000, _kick(2.5, 0.03, 0.17, 0.8, 9000), _snare(205, 0.8, 0.09, 0.13, 900, 9500)),
    "jazz_kit": _kit(14000, _kick(1.7, 0.03, 0.16, 0.2, 4000), _snare(220, 0.5, 0.07, 0.11, 1200, 9000)),
    "folk_kit": {
        **_kit(11000, _kick(1.5, 0.035, 0.14, 0.12, 2600), _snare(190, 0.6, 0.06, 0.07, 900, 6500)),
        "shaker": _plain(0.14, recipes.shaker, 9000),
        "hat": _plain(0.1, recipes.shaker, 11000),
    },
    "cinematic_kit": _kit(14000, _kick(2.2, 0.03, 0.32, 0.3, 5000), _snare(185, 0.7, 0.1, 0.18, 700, 8000)),
}
# Where the lowest drum of a kit wants to be before it is tuned to the tonic.
_LOW = {"cinematic_kit": 58.0}


class DrumKit:
    """A synthesised kit. Raises KeyError for a kit that is not in KITS."""

    channels = 2

    def __init__(self, kit: str, tonic: int, sample_rate: int) -> None:
        self._recipes = KITS[kit]
        self._tuned = tuned_to(tonic, _LOW.get(kit, 50.0))
        self._sample_rate = sample_rate
        self._kit = (kit, self._tuned, sample_rate)
        self._release = release(0.05, sample_rate)
        self._turn = 0

    def strike(self, note: TimedNote) -> Strike:
        layer = min(range(len(_LAYERS)), key=lambda index: abs(_LAYERS[index] - note.velocity))
        self._turn = (self._turn + 1) % _TURNS
        tone = SHELF.get(
            (self._kit, note.voice, layer, self._turn), partial(self.stroke, note.voice, layer, self._turn)
        )
        level = (note.velocity / 127) ** _TOUCH
        left, right = pan_gains(PANS.get(note.voice, 0.0))
        hold = int(note.duration * self._sample_rate) if note.voice == "open_hat" else tone.frames
        return Strike(tone, level * left, level * right, hold, self._release)

    def stroke(self, drum: str, layer: int, turn: int) -> Tone:
        """One stroke of a drum; an unknown drum is a rim, so that a new word in a score is not fatal."""
        seconds, recipe = self._recipes.get(drum, self._recipes["rim"])
        bright = (0.62, 0.82, 1.0)[layer]
        seed = (crc32(drum.encode()), turn)
        return Recorded(recipe(Stroke(seconds, seed, self._sample_rate), self._tuned, bright))
