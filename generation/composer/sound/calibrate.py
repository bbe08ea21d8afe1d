"""Measures how loud every instrument is and writes `calibration.toml`.

    python -m generation.composer.calibrate [INSTRUMENT ...]

To be run after a voice, a preset or an amplifier was changed; with names, only theirs are measured anew.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy import signal

from generation.audio.types import Samples
from generation.composer.sound.levels import CALIBRATION, LENGTHS, OFFSET, REFERENCE_VELOCITY, STEP, gated
from generation.composer.sources.drums import KITS
from generation.composer.sources.player import Player
from generation.composer.sources.registry import (
    AMPLIFIERS,
    INSTRUMENTS,
    SAMPLED,
    SAMPLED_KITS,
    Setting,
    device,
    instrument,
)
from generation.composer.sources.textures import TEXTURES
from generation.composer.sources.timed_note import TimedNote

SAMPLE_RATE = 48_000
PITCHES = range(28, 101, 6)
RING_SECONDS = 2.0
TEXTURE_SECONDS = 8.0

# ITU-R BS.1770-4, tables 1 and 2: the head's shelf and the low cut, at 48 kHz.
K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1, -1.99004745483398, 0.99007225036621],
    ]
)


def energy_db(name: str, note: TimedNote, *, recorded: bool, role: str = "lead") -> float:
    """K-weighted energy of one note with its ringing, summed over channels, in dB."""
    setting = Setting(role, 0, 1, SAMPLE_RATE, recorded)
    source = instrument(name, setting)
    frames = int((note.duration + RING_SECONDS) * SAMPLE_RATE)
    sound = Player(source, [note], SAMPLE_RATE).pull(frames)
    if sound is None:
        sound = np.zeros((1, frames), np.float32)
    between = device(name, SAMPLE_RATE)
    if between:
        sound = between(sound[:1])
    return _energy_db(sound if len(sound) == 2 else np.concatenate([sound, sound]))


def lasting_energies_db(name: str) -> list[float]:
    """What a texture's note of each of the lengths holds if it were always as loud as where it counts."""
    setting = Setting("fx", 0, 1, SAMPLE_RATE)
    sound = Player(
        instrument(name, setting), [TimedNote(0.0, TEXTURE_SECONDS, 60, REFERENCE_VELOCITY, "")], SAMPLE_RATE
    )
    block = sound.pull(int(TEXTURE_SECONDS * SAMPLE_RATE))
    if block is None:
        raise ValueError(f"The texture {name} is silent.")
    weighted = signal.sosfilt(K_WEIGHTING, block.astype(np.float64), axis=1)
    power = np.sum(weighted**2, axis=0).reshape(-1, int(STEP * SAMPLE_RATE)).mean(axis=1)
    return [gated(power) - OFFSET + 10 * float(np.log10(length)) for length in LENGTHS]


def _energy_db(sound: Samples) -> float:
    weighted = signal.sosfilt(K_WEIGHTING, sound.astype(np.float64), axis=1)
    return float(10 * np.log10(np.sum(weighted**2) / SAMPLE_RATE + 1e-9))


def entry(name: str, kind: str) -> list[str]:
    """The lines of one instrument's table, "synthesised" or "recorded"."""
    recorded = kind == "recorded"
    lines = [f"[{name}.{kind}]"]
    if name in KITS:
        drums = {
            drum: energy_db(name, TimedNote(0.0, 0.4, 0, REFERENCE_VELOCITY, drum), recorded=recorded)
            for drum in KITS[name]
        }
        return [
            *lines,
            "drums = { " + ", ".join(f"{drum} = {value:.1f}" for drum, value in drums.items()) + " }",
            "",
        ]
    if name in TEXTURES:
        rows = [[60.0, *lasting_energies_db(name)]]
    else:
        rows = [_row(name, pitch, recorded) for pitch in PITCHES]
    if name in AMPLIFIERS:
        lines.append("compressed = true")
    lines += [
        "notes = [",
        *("  [" + ", ".join(f"{value:.1f}" for value in row) + "]," for row in rows),
        "]",
        "",
    ]
    return lines


def _row(name: str, pitch: int, recorded: bool) -> list[float]:
    notes = [TimedNote(0.0, length, pitch, REFERENCE_VELOCITY, "") for length in LENGTHS]
    return [float(pitch), *(energy_db(name, note, recorded=recorded) for note in notes)]


def known_entries(text: str) -> dict[str, list[str]]:
    """The lines of each table of a calibration, by what its heading says: "piano.recorded"."""
    entries: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            entries[line.strip("[]")] = []
        if entries:
            entries[list(entries)[-1]].append(line)
    return entries


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="whom to measure; everyone if none")
    parser.add_argument("--into", type=Path, default=CALIBRATION, help="where the table goes")
    options = parser.parse_args()
    target: Path = options.into
    unknown = sorted(set(options.names) - set(INSTRUMENTS))
    if unknown:
        parser.error(f"there is no instrument called {', '.join(unknown)}")
    known = known_entries(target.read_text("utf-8")) if options.names else {}
    lines = [
        "# Measured by calibrate.py: K-weighted energy in dB of notes at velocity 100. See levels.Loudness.",
        "",
    ]
    for name in INSTRUMENTS:
        kinds = ("synthesised", "recorded") if name in SAMPLED or name in SAMPLED_KITS else ("synthesised",)
        for kind in kinds:
            measured = not options.names or name in options.names
            lines += entry(name, kind) if measured else known[f"{name}.{kind}"]
    target.write_text("\n".join(lines).rstrip("\n") + "\n", "utf-8")


if __name__ == "__main__":
    main()
