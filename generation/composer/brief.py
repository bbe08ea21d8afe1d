"""A brief: what to compose, why, and what of the prompt cannot be done."""

from dataclasses import dataclass

from .metre import FOUR_FOUR, Metre
from .shade import PLAIN, Shade
from .structure import AS_USUAL, Structure
from .theory import key_name


@dataclass(frozen=True, slots=True)
class Reading:
    """Words of a prompt, as they stand there, and what they were taken to mean, in plain words."""

    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What to compose. `duration` in seconds, `energy` 0 to 1, `valence` -1 (dark) to 1 (bright).

    `bpm` counts what the `metre` counts: quarters, in 6/8 dotted ones. `without` holds roles and instruments, `wanted`
    instruments, `only` the one instrument of a solo piece or "", `prefers` those to take where the genre leaves a
    choice. `shade` is how it sounds beyond its genre, `structure` the form that was asked for. `readings` and
    `reasons` say how the prompt was read, `notices` what of it cannot be done here; what the piece has no room for, its
    plan shows. Reading the same prompt again with this brief's genre, bpm, key and metre gives the same music.
    """

    prompt: str
    genre: str
    seed: int
    duration: float
    bpm: float
    tonic: int
    mode: str
    energy: float
    valence: float
    without: tuple[str, ...]
    wanted: tuple[str, ...]
    only: str
    reasons: tuple[str, ...]
    notices: tuple[str, ...]
    prefers: tuple[str, ...] = ()
    shade: Shade = PLAIN
    structure: Structure = AS_USUAL
    readings: tuple[Reading, ...] = ()
    metre: Metre = FOUR_FOUR

    @property
    def key(self) -> str:
        """The key as people write it: "D minor"."""
        return key_name(self.tonic, self.mode)
