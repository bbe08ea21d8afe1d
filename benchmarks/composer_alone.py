"""One piece in a process that does nothing else: `python -m benchmarks.composer_alone GENRE SECONDS SEED FILE`.

Prints the processor time from its start until the file is written, its peak of memory in MiB then, and that when the
piece is mastered too.
"""

import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.measuring import memory
from generation.audio.encode import encode
from generation.audio.master import master
from generation.audio.types import Audio
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.render import render
from generation.composer.writing.compose import compose

SAMPLE_RATE = 48_000


def main() -> None:
    """Make the piece that the command line asks for."""
    genre, duration, seed, path = sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    samples = np.zeros((2, round(duration * SAMPLE_RATE)), np.float32)
    place = 0
    score = compose(read_prompt(genre, duration=duration, seed=seed, genre=genre))
    for chunk in render(score, sample_rate=SAMPLE_RATE):
        samples[:, place : place + chunk.shape[1]] = chunk
        place += chunk.shape[1]
    with path.open("wb") as file:
        encode(Audio(samples, SAMPLE_RATE), "wav", file)
    seconds, peak = time.process_time(), memory("VmHWM")
    master(Audio(samples, SAMPLE_RATE))
    print(seconds, peak, memory("VmHWM"))


if __name__ == "__main__":
    main()
