"""Words and numbers for the tempo."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..writing.plan import HIGHEST_BPM, LOWEST_BPM
from .matching import Notes

_NUMBER = r"(\d{1,6}(?:\.\d{1,2})?)"
_RANGE = rf"{_NUMBER}(?:\s*(?:-|–|~|to|and)\s*{_NUMBER})?"
_TEMPO = re.compile(
    rf"(?<![\w.]){_RANGE}\s*-?\s*(?:bpm|beats per minute|beats a minute)(?!\w)"
    r"|(?<!\w)at ([4-9]\d|1\d\d|2[01]\d)(?=\s*(?:[,.;!?)]|$))"
    rf"|(?<!\w)(?:bpm|tempo)\s*(?:of|is|at|around|about|between|from|=|:|~)?\s*{_RANGE}(?![\w.])"
)


class Pace(NamedTuple):
    """A tempo in words: the BPM that it may mean."""

    low: float
    high: float


# The usual metronome ranges, rounded.
_PACES: dict[str, Pace] = {
    "largo": Pace(44, 58),
    "lento": Pace(48, 62),
    "larghetto": Pace(58, 68),
    "adagio": Pace(60, 74),
    "adagietto": Pace(68, 78),
    "andante": Pace(76, 100),
    "andantino": Pace(82, 104),
    "moderato": Pace(104, 118),
    "allegretto": Pace(110, 124),
    "allegro": Pace(122, 154),
    "vivace": Pace(154, 174),
    "presto": Pace(168, 196),
    "prestissimo": Pace(192, 212),
    "walking pace": Pace(88, 108),
}
_MIDDLING = ("midtempo", "mid-tempo", "mid tempo", "medium tempo", "moderate tempo", "medium-tempo")
_PULSES = {
    "half-time": "half",
    "half time": "half",
    "halftime": "half",
    "double-time": "double",
    "double time": "double",
    "doubletime": "double",
}
_PULSE_WORDS = {"half": "drums at half speed", "double": "drums at double speed"}


def read_bpm(text: str, notes: Notes) -> float | None:
    """The tempo that stands in numbers; of a range its middle."""
    for match in notes.matches(_TEMPO, text):
        numbers = [float(number) for number in match.groups() if number is not None]
        bpm = sum(numbers) / len(numbers)
        if LOWEST_BPM <= bpm <= HIGHEST_BPM:
            notes.reason(match[0].strip(), f"{bpm:g} BPM")
            return bpm
        notes.notice(
            f"'{match[0].strip()}' is outside {LOWEST_BPM:g} to {HIGHEST_BPM:g} BPM; it was not used."
        )
    return None


def read_pace(text: str, notes: Notes) -> tuple[float, float] | None:
    """The range in BPM that a word such as "andante" names; of several the first counts."""
    words = notes.found(text, _PACES)
    for word in words[:1]:
        low, high = _PACES[word]
        notes.reason(word, f"{low:g} to {high:g} BPM")
        return low, high
    return None


def is_middling(text: str, notes: Notes) -> bool:
    """Whether a middling tempo is asked for."""
    words = notes.found(text, _MIDDLING)
    _explain(words, "the middle of the style's tempi", notes)
    return bool(words)


def read_pulse(text: str, notes: Notes) -> str:
    """Whether the drums play at "half" or "double" speed, "" for neither."""
    words = notes.found(text, _PULSES)
    pulse = _PULSES[words[0]] if words else ""
    _explain(words[:1], _PULSE_WORDS.get(pulse, ""), notes)
    return pulse


def _explain(words: Sequence[str], meaning: str, notes: Notes) -> None:
    for word in words:
        notes.reason(word, meaning)
