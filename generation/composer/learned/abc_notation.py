"""Reads tunes written in ABC notation, as the standard 2.1 of 2011 has it (abcnotation.com/wiki/abc:standard:v2.1).

Of a chord the highest note is taken; grace notes, ornaments and words are passed over. A tune of several voices, or
in a metre or key that has no name here, is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from .tune import Strain, Tone, Tune, steps_per_bar

FAMILIES = {
    "": "major",
    "maj": "major",
    "ion": "major",
    "mix": "major",
    "lyd": "major",
    "m": "minor",
    "min": "minor",
    "aeo": "minor",
    "dor": "minor",
    "phr": "minor",
}
# Fifths that a mode's signature has beside that of major.
_MODE_FIFTHS = {
    "lyd": 1,
    "": 0,
    "maj": 0,
    "ion": 0,
    "mix": -1,
    "dor": -2,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "phr": -4,
}
_FIFTHS_OF_LETTER = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_LETTERS = "CDEFGAB"
_MIDDLE_C = 60
_NAMED_METRES = {"C": "4/4", "C|": "2/2"}

_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_NOTE = r"(?P<sign>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)"
_LENGTH = r"(?P<count>\d*)(?P<unit>/*\d*)"
_TOKEN = re.compile(
    r"""(?P<skip>"[^"]*"|![^!\s]*!|\+[a-z]+\+|\{[^}]*\}|`)
    |\[(?P<field>[A-Za-z]):(?P<value>[^\]]*)\]
    |(?P<volta>\[\s*"?\d[\d,.-]*"?|(?<=[|:])\s*\d[\d,.-]*)
    |(?P<bar>:*\[?\|[\]|]*:*|::+)
    |\((?P<tuplet>[2-9])(?::(?P<time>\d*))?(?::(?P<over>\d*))?
    |\[(?P<chord>[^\]|:]+)\](?P<chord_count>\d*)(?P<chord_unit>/*\d*)
    |"""
    + f"{_NOTE}{_LENGTH}"
    + r"""
    |(?P<rest>[zx])(?P<rest_count>\d*)(?P<rest_unit>/*\d*)
    |(?P<broken>>+|<+)
    |(?P<tie>-)
    """,
    re.VERBOSE,
)
_CHORD_NOTE = re.compile(_NOTE + _LENGTH)


@dataclass(frozen=True, slots=True)
class _Key:
    tonic: int
    tonic_step: int
    mode: str
    signs: dict[str, int]


@dataclass(slots=True)
class _Event:
    """A note, or a rest where `pitch` is None; lengths in sixteenths."""

    length: Fraction
    pitch: int | None
    step: int = 0
    tied: bool = False


@dataclass(slots=True)
class _Measure:
    events: list[_Event] = field(default_factory=list)

    @property
    def length(self) -> Fraction:
        return sum((event.length for event in self.events), Fraction(0))


class _UnreadableError(ValueError):
    """A tune that this does not read."""


def read_tunes(text: str) -> Iterator[Tune]:
    """The tunes of a file, but for those that cannot be read."""
    for block in re.split(r"(?m)^(?=X:)", text.replace("\r", "")):
        if block.startswith("X:"):
            try:
                yield _read(block)
            except _UnreadableError:
                continue


def _read(block: str) -> Tune:
    reader, title, number, in_body = _Reader(), "", 0, False
    for line in block.splitlines():
        line = re.sub(r"(?<!\\)%.*", "", line).rstrip()
        name, separator, value = line.partition(":")
        if separator and re.fullmatch(r"[A-Za-z]", name) and not line.startswith("|"):
            if name == "X":
                number = int(value)
            elif name == "T":
                title = title or value.strip()
            elif name == "V":
                raise _UnreadableError("several voices")
            else:
                reader.set(name, value.strip())
            in_body = in_body or name == "K"
        elif in_body:
            reader.feed(line.removesuffix("\\"))
    return Tune(title, number, tuple(reader.strains()))


class _Reader:
    def __init__(self) -> None:
        self._metre = ""
        self._unit: Fraction | None = None
        self._key: _Key | None = None
        self._strains: list[Strain] = []
        self._measures: list[_Measure] = [_Measure()]
        self._signs: dict[tuple[str, int], int] = {}
        self._scale, self._left = Fraction(1), 0
        self._next_factor = Fraction(1)

    def set(self, name: str, value: str) -> None:
        if name == "M":
            self._end_strain()
            self._metre = _metre(value)
        elif name == "L":
            self._unit = 16 * _fraction(value)
        elif name == "K":
            self._end_strain()
            self._key = _key(value)

    def feed(self, line: str) -> None:
        place = 0
        while place < len(line):
            match = _TOKEN.match(line, place)
            if match is None:
                place += 1
                continue
            place = match.end()
            self._take(match)

    def strains(self) -> list[Strain]:
        self._end_strain()
        if not self._strains:
            raise _UnreadableError("no notes")
        return self._strains

    def _take(self, match: re.Match[str]) -> None:
        if match["field"]:
            self.set(match["field"], match["value"].strip())
        elif match["bar"]:
            self._bar_line(match["bar"])
        elif match["tuplet"]:
            self._start_tuplet(match)
        elif match["chord"]:
            notes = [self._pitch(note) for note in _CHORD_NOTE.finditer(match["chord"])]
            first = _CHORD_NOTE.search(match["chord"])
            if notes and first:
                inner = _length(first["count"], first["unit"])
                pitch, step = max(notes)
                self._add(inner * _length(match["chord_count"], match["chord_unit"]), pitch, step)
        elif match["letter"]:
            pitch, step = self._pitch(match)
            self._add(_length(match["count"], match["unit"]), pitch, step)
        elif match["rest"]:
            self._add(_length(match["rest_count"], match["rest_unit"]), None, 0)
        elif match["broken"]:
            self._break(match["broken"])
        elif match["tie"] and self._last is not None:
            self._last.tied = True

    @property
    def _last(self) -> _Event | None:
        return next((measure.events[-1] for measure in reversed(self._measures) if measure.events), None)

    def _pitch(self, match: re.Match[str]) -> tuple[int, int]:
        """The MIDI number of a written note, and its place on the staff."""
        if self._key is None:
            raise _UnreadableError("no key")
        letter = match["letter"].upper()
        octave = int(match["letter"].islower()) + match["octave"].count("'") - match["octave"].count(",")
        if match["sign"]:
            self._signs[letter, octave] = _ACCIDENTALS[match["sign"]]
        sign = self._signs.get((letter, octave), self._key.signs.get(letter, 0))
        return _MIDDLE_C + 12 * octave + _SEMITONES[letter] + sign, 7 * octave + _LETTERS.index(letter)

    def _add(self, length: Fraction, pitch: int | None, step: int) -> None:
        length *= self._note_unit * self._next_factor
        self._next_factor = Fraction(1)
        if self._left:
            length *= self._scale
            self._left -= 1
        self._measures[-1].events.append(_Event(length, pitch, step))

    @property
    def _note_unit(self) -> Fraction:
        if self._unit is not None:
            return self._unit
        return Fraction(1) if steps_per_bar(self._metre or "4/4") < 12 else Fraction(2)

    def _break(self, signs: str) -> None:
        """Lengthens the note before by half, or three quarters, and shortens the one after, or the other way."""
        if self._last is None:
            return
        short = Fraction(1, 2 ** len(signs))
        before, after = (2 - short, short) if signs[0] == ">" else (short, 2 - short)
        self._last.length *= before
        self._next_factor = after

    def _start_tuplet(self, match: re.Match[str]) -> None:
        count = int(match["tuplet"])
        compound = self._metre in ("6/8", "9/8", "12/8")
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(count, 3 if compound else 2)
        self._scale = Fraction(int(match["time"] or usual), count)
        self._left = int(match["over"] or count)

    def _bar_line(self, text: str) -> None:
        self._signs = {}
        if len(text) > 1:
            self._end_strain()
        elif self._measures[-1].events:
            self._measures.append(_Measure())

    def _end_strain(self) -> None:
        measures = [measure for measure in self._measures if measure.events]
        self._measures = [_Measure()]
        if measures:
            if self._key is None or not self._metre:
                raise _UnreadableError("no key or no metre")
            self._strains.append(_strain(measures, self._key, self._metre))


def _strain(measures: list[_Measure], key: _Key, metre: str) -> Strain:
    bar = steps_per_bar(metre)
    pickup = measures[0].length < bar and len(measures) > 1
    inner = measures[1 if pickup else 0 : -1]
    even = all(measure.length == bar for measure in inner) and measures[-1].length <= bar
    position = -measures[0].length if pickup else Fraction(0)
    tones: list[Tone] = []
    before: _Event | None = None
    for event in (event for measure in measures for event in measure.events):
        if event.pitch is not None:
            if before is not None and before.tied and before.pitch == event.pitch and tones:
                tones[-1] = tones[-1]._replace(length=tones[-1].length + event.length)
            else:
                above = event.pitch - key.tonic - _MIDDLE_C
                tones.append(Tone(position, event.length, above, event.step - key.tonic_step))
        position += event.length
        before = event
    return Strain(key.mode, metre, len(measures) - pickup, even, tuple(tones))


def _metre(text: str) -> str:
    name = _NAMED_METRES.get(text.split(" ")[0], text.split(" ")[0])
    if not re.fullmatch(r"\d+/\d+", name):
        raise _UnreadableError(f"the metre {text!r}")
    return name


def _key(text: str) -> _Key:
    match = _KEY.match(text)
    mode = "maj" if match and match[3] == "M" else match[3].lower() if match else ""
    mode = mode if mode in FAMILIES else mode[:3]
    if match is None or mode not in FAMILIES:
        raise _UnreadableError(f"the key {text!r}")
    sharp = {"#": 1, "b": -1, "": 0}[match[2]]
    fifths = _FIFTHS_OF_LETTER[match[1]] + 7 * sharp + _MODE_FIFTHS[mode]
    sharps, flats = "FCGDAEB"[: max(0, fifths)], "BEADGCF"[: max(0, -fifths)]
    signs = dict.fromkeys(sharps, 1) | dict.fromkeys(flats, -1)
    return _Key((_SEMITONES[match[1]] + sharp) % 12, _LETTERS.index(match[1]), FAMILIES[mode], signs)


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text.replace(" ", ""))
    except ValueError as error:
        raise _UnreadableError(f"the length {text!r}") from error


def _length(count: str, unit: str) -> Fraction:
    """The factor of "3/2", "/", "//" or "2"."""
    below = 1
    if unit:
        digits = unit.lstrip("/")
        below = int(digits) if digits else 2 ** len(unit)
    return Fraction(int(count or 1), max(1, below))
