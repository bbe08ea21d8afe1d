"""Reads the melody of a chorale in MusicXML: the notes of the first part, with its fermatas as ends of phrases."""

import re
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

from .tune import Strain, Tone, Tune, steps_per_bar

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LETTERS = "CDEFGAB"
_FEWEST_PARTS = 4
_MIDDLE_C = 60


def read_chorale(path: Path) -> Tune | None:
    """The soprano of a chorale; None for a piece of fewer than four parts, or whose last bass note is no tonic."""
    root = _document(path)
    parts = root.findall("part")
    names = [name.text or "" for name in root.iterfind("part-list/score-part/part-name")]
    if len(parts) < _FEWEST_PARTS or not names[0].startswith("Soprano"):
        return None
    fifths, metre = root.findtext(".//key/fifths"), _metre(root)
    home = _last_pitch_class(parts[-1])
    if fifths is None or metre is None or home is None:
        return None
    major = 7 * int(fifths) % 12
    if home not in (major, (major - 3) % 12):
        return None
    mode = "major" if home == major else "minor"
    scale_step = (4 * int(fifths) - (0 if mode == "major" else 2)) % 7
    measures = list(_measures(parts[0]))
    if not measures:
        return None
    return Tune(path.stem, 0, (_strain(measures, home, scale_step, mode, metre),))


def _document(path: Path) -> ElementTree.Element:
    if path.suffix == ".xml":
        return ElementTree.parse(path).getroot()  # noqa: S314  # a file that whoever runs this has chosen
    with zipfile.ZipFile(path) as archive:
        [name] = [name for name in archive.namelist() if re.fullmatch(r"(?!META-INF).*xml", name)]
        return ElementTree.fromstring(archive.read(name))  # noqa: S314


def _metre(root: ElementTree.Element) -> str | None:
    times = {
        (time.findtext("beats"), time.findtext("beat-type"))
        for time in root.iterfind("part/measure/attributes/time")
    }
    return "/".join(str(each) for each in times.pop()) if len(times) == 1 else None


def _last_pitch_class(part: ElementTree.Element) -> int | None:
    pitches = part.findall("measure/note/pitch")
    return _pitch(pitches[-1])[0] % 12 if pitches else None


def _pitch(pitch: ElementTree.Element) -> tuple[int, int]:
    """The MIDI number, and the place on the staff."""
    letter, octave = pitch.findtext("step") or "C", int(pitch.findtext("octave") or 4) - 4
    sign = int(float(pitch.findtext("alter") or 0))
    return _MIDDLE_C + 12 * octave + _SEMITONES[letter] + sign, 7 * octave + _LETTERS.index(letter)


Written = tuple[Fraction, tuple[int, int] | None, bool, bool]
"""Length in sixteenths, MIDI number and step of a note or None, whether it is tied from before, and has a fermata."""


def _measures(part: ElementTree.Element) -> Iterator[list[Written]]:
    divisions = Fraction(1)
    for measure in part.iterfind("measure"):
        found: list[Written] = []
        for element in measure:
            if (text := element.findtext("divisions")) is not None:
                divisions = Fraction(text)
            if (
                element.tag != "note"
                or element.find("chord") is not None
                or element.find("grace") is not None
            ):
                continue
            if element.findtext("voice") not in (None, "1"):
                continue
            length = 4 * Fraction(element.findtext("duration") or 0) / divisions
            pitch = element.find("pitch")
            tied = any(tie.get("type") == "stop" for tie in element.iterfind("tie"))
            fermata = element.find("notations/fermata") is not None
            found.append((length, _pitch(pitch) if pitch is not None else None, tied, fermata))
        if found:
            yield found


def _strain(measures: list[list[Written]], home: int, home_step: int, mode: str, metre: str) -> Strain:
    bar = steps_per_bar(metre)
    lengths = [sum((note[0] for note in measure), Fraction(0)) for measure in measures]
    pickup = lengths[0] < bar and len(measures) > 1
    position = -lengths[0] if pickup else Fraction(0)
    tones: list[Tone] = []
    for length, pitch, tied, fermata in (note for measure in measures for note in measure):
        if pitch is not None and tied and tones:
            last = tones[-1]
            tones[-1] = last._replace(length=last.length + length, breath=last.breath or fermata)
        elif pitch is not None:
            above, step = pitch[0] - home - _MIDDLE_C, pitch[1] - home_step
            tones.append(Tone(position, length, above, step, fermata))
        position += length
    even = all(length == bar for length in lengths[1 if pickup else 0 : -1])
    return Strain(mode, metre, len(measures) - pickup, even, tuple(tones))
