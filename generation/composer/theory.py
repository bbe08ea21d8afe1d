"""Keys, scales and chord symbols."""

import re
from dataclasses import dataclass
from functools import lru_cache

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
# Semitones above the major scale with the same notes: D dorian has those of C major.
_DEGREE_OF_PARENT = {"major": 0, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7, "minor": 9}
_MODE_WORDS = {
    "m": "minor",
    "min": "minor",
    "moll": "minor",
    "aeolian": "minor",
    "maj": "major",
    "dur": "major",
    "ionian": "major",
    "": "major",
} | {mode: mode for mode in SCALES}

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_FLAT_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_FLAT_PARENTS = frozenset({1, 3, 5, 8, 10})

QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "m69": (0, 3, 7, 9, 14),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "m11": (0, 3, 7, 10, 17),
    "13": (0, 4, 10, 14, 21),
    "7b9": (0, 4, 7, 10, 13),
    "7sus": (0, 5, 7, 10),
    "9sus": (0, 5, 7, 10, 14),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "maj7#11": (0, 4, 7, 11, 18),
}

_SYMBOLS = {intervals: symbol for symbol, intervals in QUALITIES.items()}

_KEY = re.compile(r"\s*([A-G])[\s-]*(#|♯|sharp|♭|flat|b)?[\s-]*([a-z]*)\s*", re.IGNORECASE)
_CHORD = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?")


def family(mode: str) -> str:
    """ "major" or "minor": which third the mode has."""
    return "major" if SCALES[mode][2] == 4 else "minor"


def parse_key(text: str) -> tuple[int, str]:
    """The pitch class of the tonic (0 = C) and the mode of "A minor", "F# major", "Bb dorian", "Am".

    Raises ValueError, saying what is accepted, for anything else.
    """
    match = _KEY.fullmatch(text)
    mode = _MODE_WORDS.get(match[3].lower()) if match else None
    if match is None or mode is None:
        raise ValueError(
            f"{text[:40]!r} is not a key. Write a note from A to G, with # or b if need be, and one of "
            f'{", ".join(SCALES)}: for example "A minor" or "Bb dorian".'
        )
    return (_LETTERS[match[1].upper()] + _SIGNS[(match[2] or "").lower()]) % 12, mode


def key_name(tonic: int, mode: str) -> str:
    """The key as people write it: "C# minor", "Db major"."""
    return f"{_spelling(tonic, mode)[tonic % 12]} {mode}"


def _spelling(tonic: int, mode: str) -> tuple[str, ...]:
    """The names of the twelve pitch classes in a key."""
    parent = (tonic - _DEGREE_OF_PARENT[mode]) % 12
    flat = parent in _FLAT_PARENTS or (parent == 6 and mode != "major")
    return _FLAT_NAMES if flat else _SHARP_NAMES


def key_signature(tonic: int, mode: str) -> str:
    """The key as signatures know it: "Am" for minor, else the major key of the same notes, "C" for D dorian."""
    if mode == "minor":
        return f"{key_name(tonic, mode).split()[0]}m"
    return key_name((tonic - _DEGREE_OF_PARENT[mode]) % 12, "major").split()[0]


KEY_NAMES = tuple(
    key_name(tonic, mode) for mode in dict.fromkeys(("major", "minor", *SCALES)) for tonic in range(12)
)


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord: the pitch class of its root, intervals in semitones above it, root first.

    `accidental` is that of the root as written in C: -1 flat, 0 natural, 1 sharp. `lowest` is the pitch class in the
    bass where that is not the root, as in "F/C", be it one of the chord's notes or not.
    """

    root: int
    intervals: tuple[int, ...]
    accidental: int = 0
    lowest: int | None = None

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """Those of the chord itself, root first."""
        return _pitch_classes(self.root, self.intervals)

    @property
    def bass(self) -> int:
        """The pitch class that sounds below the others."""
        return self.root if self.lowest is None else self.lowest

    def transposed(self, semitones: int) -> "Chord":
        lowest = None if self.lowest is None else (self.lowest + semitones) % 12
        return Chord((self.root + semitones) % 12, self.intervals, self.accidental, lowest)


@lru_cache(maxsize=1024)
def _pitch_classes(root: int, intervals: tuple[int, ...]) -> tuple[int, ...]:
    return tuple((root + interval) % 12 for interval in intervals)


def parse_chord(symbol: str) -> Chord:
    """The chord of a symbol such as "Abmaj7" or "F/C". Raises ValueError for an unknown one."""
    match = _CHORD.fullmatch(symbol)
    if match is None or match[3] not in QUALITIES:
        raise ValueError(f"{symbol!r} is not a chord symbol. Known endings: {', '.join(QUALITIES)}.")
    sign = _SIGNS[match[2]]
    lowest = (_LETTERS[match[4]] + _SIGNS[match[5]]) % 12 if match[4] else None
    return Chord((_LETTERS[match[1]] + sign) % 12, QUALITIES[match[3]], sign, lowest)


def has_symbol(intervals: tuple[int, ...]) -> bool:
    """Whether there is a chord symbol for such intervals."""
    return intervals in _SYMBOLS


@lru_cache(maxsize=4096)
def chord_name(chord: Chord, tonic: int, mode: str) -> str:
    """The symbol of a chord as it is written in a key: "Bb7", "F/C". The inverse of `parse_chord` in C major."""
    spelling = _spelling(tonic, mode)
    in_key = (chord.root - tonic) % 12 in SCALES[mode]
    borrowed = {-1: _FLAT_NAMES, 1: _SHARP_NAMES}.get(chord.accidental, spelling)
    root = (spelling if in_key else borrowed)[chord.root]
    below = "" if chord.lowest is None else f"/{spelling[chord.lowest]}"
    return f"{root}{_SYMBOLS[chord.intervals]}{below}"


@lru_cache(maxsize=4096)
def scale_over(chord: Chord, tonic: int, mode: str) -> frozenset[int]:
    """The pitch classes to play over a chord: the key's scale, bent where the chord leaves it.

    A chord tone outside the scale takes the place of the degree it alters: the one below for a raised note
    (a major third or seventh, a sharp root), the one above for a lowered one.
    """
    pitch_classes = {(tonic + degree) % 12 for degree in SCALES[mode]}
    for interval, note in zip(chord.intervals, chord.pitch_classes, strict=True):
        if note not in pitch_classes:
            raised = interval % 12 in (4, 11) or (interval == 0 and chord.accidental > 0)
            altered = (note - 1 if raised else note + 1) % 12
            if altered not in chord.pitch_classes:
                pitch_classes.discard(altered)
    return frozenset(pitch_classes | set(chord.pitch_classes))
