"""How every instrument sounds, in a few numbers: `sound_prints.txt` holds those of all.

    python -m generation.tests.sound_prints

writes them anew, after a sound was changed on purpose.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from generation.audio.types import Samples
from generation.composer.instruments import RANGES
from generation.composer.sources.drums import KITS
from generation.composer.sources.registry import INSTRUMENTS, SAMPLED, SAMPLED_KITS, device
from generation.composer.sources.textures import TEXTURES
from generation.composer.sources.timed_note import TimedNote
from generation.tests.sound import RATE, played

FILE = Path(__file__).with_suffix(".txt")
EDGES = np.array([0, 60, 120, 240, 480, 960, 1920, 3840, 7680, 24_000])
WINDOWS = 5
# In dB: what lies further below the loudest counts as lying there.
DEPTH = 50.0

KINDS = [(name, False) for name in INSTRUMENTS] + [(name, True) for name in (*SAMPLED, *SAMPLED_KITS)]
"""Every instrument synthesised, and those of the bank recorded too."""


def sound_prints(name: str, recorded: bool) -> dict[str, list[float]]:
    """The numbers of each thing that is played, by "instrument kind what"."""
    kind = "recorded" if recorded else "synthesised"
    seconds = _Seconds()
    slots = {what: seconds.slot(notes, length) for what, notes, length in _phrases(name)}
    sound = played(name, seconds.notes, seconds.end, recorded=recorded)
    between = device(name, RATE)
    if between:
        sound = np.repeat(between(sound[:1]), 2, axis=0)
    return {f"{name} {kind} {what}": _numbers(sound[:, begin:end]) for what, (begin, end) in slots.items()}


class _Seconds:
    """Phrases one after the other."""

    def __init__(self) -> None:
        self.notes: list[TimedNote] = []
        self.end = 0.0

    def slot(self, notes: list[TimedNote], length: float) -> tuple[int, int]:
        """The frames that the phrase was given."""
        begin, self.end = self.end, self.end + length
        self.notes += [note._replace(time=note.time + begin) for note in notes]
        return round(begin * RATE), round(self.end * RATE)


def _phrases(name: str) -> Iterator[tuple[str, list[TimedNote], float]]:
    """What is played, its notes, and how many seconds of it are heard."""
    if name in TEXTURES:
        yield "long", [TimedNote(0.0, 2.5, 60, 100)], 2.5
    elif name in KITS:
        for drum in KITS[name]:
            yield drum, [TimedNote(0.0, 0.1, 0, 110, drum), TimedNote(0.3, 0.1, 0, 50, drum)], 0.5
    else:
        low, high = RANGES[name]
        yield "low", [TimedNote(0.0, 1.3, low + 5, 110)], 1.5
        yield "high", [TimedNote(0.0, 0.3, high - 5, 50)], 0.5
        yield "mute", [TimedNote(0.0, 0.4, (low + high) // 2, 90, "mute")], 0.5


def _numbers(sound: Samples) -> list[float]:
    """In dB: the octaves of both channels together, the level as time goes by, the left against the right."""
    power = np.square(np.abs(np.fft.rfft(sound, axis=1))).sum(axis=0)
    borders = np.searchsorted(np.fft.rfftfreq(sound.shape[1], 1 / RATE), EDGES[:-1])
    octaves = np.add.reduceat(power, borders) / sound.shape[1] ** 2
    times = [np.square(part).mean() for part in np.array_split(sound, WINDOWS, axis=1)]
    left, right = np.square(sound).sum(axis=1)
    balance = float(np.round(10 * np.log10(left / right), 1))
    return [*_decibels(octaves), *_decibels(times), balance]


def _decibels(powers: "Samples | list[float]") -> list[float]:
    levels = 10 * np.log10(np.asarray(powers) + 1e-12)
    return [float(level) for level in np.round(np.maximum(levels, levels.max() - DEPTH), 1)]


def known_prints() -> dict[str, list[float]]:
    """What `sound_prints.txt` holds."""
    lines = (line.rsplit(":", 1) for line in FILE.read_text("utf-8").splitlines())
    return {what: [float(number) for number in numbers.split()] for what, numbers in lines}


def main() -> None:
    prints = {what: numbers for kind in KINDS for what, numbers in sound_prints(*kind).items()}
    lines = (f"{what}: {' '.join(f'{number:.1f}' for number in numbers)}" for what, numbers in prints.items())
    FILE.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
