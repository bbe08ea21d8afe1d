"""What every track has to keep to, whatever was asked for."""

import numpy as np

from generation.audio.loudness import integrated_loudness, true_peak
from generation.audio.master import master
from generation.audio.types import Audio
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.render import render
from generation.composer.writing.compose import compose
from generation.tests.measures import bars

RATE = 48_000


def faults(prompt: str, duration: float, seed: int) -> list[str]:
    """What is wrong with the music of a prompt; nothing, if all is well."""
    brief = read_prompt(prompt, duration=duration, seed=seed)
    mix = np.concatenate(list(render(compose(brief), sample_rate=RATE)), axis=1)
    audio = master(Audio(mix, RATE))
    found = []
    if audio.frames != round(duration * RATE):
        found.append(f"{audio.frames} frames, not {round(duration * RATE)}")
    if not np.isfinite(audio.samples).all():
        return [*found, "samples that are not numbers"]
    loudness, peak = integrated_loudness(audio), true_peak(audio)
    if abs(loudness - bars.LUFS) > bars.LUFS_OFF:
        found.append(f"{loudness:.2f} LUFS")
    if peak > bars.TRUE_PEAK:
        found.append(f"{peak:.2f} dBTP")
    return found
