"""Words for the form: "slow build", "no intro", "with a drop", "fade out"."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from ..shade import Shade
from ..structure import Structure
from .instrument_words import MEANINGS
from .matching import Notes

_NO = r"(?:no|without|skip|minus)\s+(?:an?y?\s+|the\s+|long\s+)*"
_BIG = r"(?:big|huge|grand|epic|massive|powerful|loud|triumphant|bombastic|explosive)"
_SOFT = r"(?:quiet(?:ly)?|soft(?:ly)?|gentl[ey]|calm(?:ly)?|peaceful(?:ly)?|silent(?:ly)?)"
_SLOWLY = r"(?:slow(?:ly)?|gradual(?:ly)?|stead(?:y|ily)|long|big)"
_END = r"(?:ending|end|outro|finish|fadeout)"
_START = r"(?:start|beginning|intro|opening)"


# "solo piano" is a piano alone, "with a piano solo" is not.
_NOT_ALONE = rf"(?!\s+(?:{'|'.join(map(re.escape, MEANINGS))}))"


class _Phrase(NamedTuple):
    """What is asked for (a field and its value), the reason that is reported, and the pattern of its words."""

    asks: tuple[str, str]
    meaning: str
    pattern: re.Pattern[str]


def _phrase(field: str, value: str, meaning: str, *ways: str) -> _Phrase:
    return _Phrase((field, value), meaning, re.compile(rf"(?<![\w-])(?:{'|'.join(ways)})(?![\w-])"))


# In the order in which they are tried; what one has read, the next ones do not see.
_PHRASES = (
    _phrase(
        *("nothing", "", ""),
        rf"{_NO}fad(?:e|es|ing)(?:[\s-]?(?:out|in)s?)?",
        rf"{_NO}(?:climax(?:es)?|crescendos?|loop(?:s|ing)?|finale)",
    ),
    _phrase(
        *("intro", "none", "no intro"),
        rf"{_NO}(?:intro(?:duction)?|build[\s-]?up)s?",
        r"starts? (?:immediately|right away|at once)",
        r"straight in",
        r"(?:gets?|jumps?) straight (?:in|to the point)",
    ),
    _phrase("outro", "none", "no outro", rf"{_NO}outros?"),
    _phrase("without", "drop", "no drop", rf"{_NO}(?:{_BIG} )?drops?"),
    _phrase("without", "break", "no break", rf"{_NO}break[\s-]?downs?"),
    _phrase("without", "bridge", "no bridge", rf"{_NO}bridges?"),
    _phrase("without", "solo", "no solo", rf"{_NO}(?:\w+ )?solos?{_NOT_ALONE}"),
    _phrase("intro", "long", "a long intro", r"(?:long|extended|slow|lengthy) intro(?:duction)?"),
    _phrase("intro", "short", "a short intro", r"(?:short|quick|brief) intro(?:duction)?"),
    _phrase(
        *("course", "quiet start", "starts quietly"),
        rf"{_SOFT} {_START}",
        rf"(?:starts?|begins?|opens?|starting|beginning|opening)(?: out| off)? (?:very )?{_SOFT}",
    ),
    _phrase(
        *("last", "quiet", "ends quietly"),
        rf"{_SOFT} {_END}",
        rf"(?:ends?|finish(?:es)?|closes?|ending|finishing) (?:very )?{_SOFT}",
        r"(?:winds?|calms?|cools?) down",
        r"dies? down",
        r"dying away",
    ),
    _phrase(
        *("last", "loud", "a loud ending"),
        rf"{_BIG} (?:finale|{_END}|final(?: chorus)?)",
        r"(?:ends?|ending|finish(?:es)?) (?:with a |in a )?(?:bang|big|loud(?:ly)?|strong(?:ly)?)",
        r"finale",
    ),
    _phrase(
        *("abrupt", "yes", "a short last chord"),
        rf"(?:abrupt(?:ly)?|sudden(?:ly)?|cold|hard) (?:{_END}|stop)s?",
        r"(?:ends?|stops?) (?:abruptly|suddenly)",
    ),
    _phrase("outro", "long", "a long outro", r"long (?:outro|ending)", r"extended outro"),
    _phrase(
        *("fade", "out", "fades out"),
        r"fad(?:e|es|ed|ing)[\s-]?(?:out|away)",
        r"fadeouts?",
        r"fades? at the end",
    ),
    _phrase("fade", "in", "fades in", r"fad(?:e|es|ed|ing)[\s-]?in", r"fadeins?"),
    _phrase(
        *("course", "wane", "ever quieter"),
        rf"(?:{_SLOWLY} )?(?:decrescendo|diminuendo)",
        r"(?:gets?|getting|grows?) (?:quieter|softer|calmer)",
    ),
    _phrase(
        *("course", "build", "builds up"),
        rf"{_SLOWLY}[\s-]+(?:build(?:s|ing)?(?:[\s-]?ups?)?|crescendo|ris(?:e|es|ing)|grow(?:s|ing)|swell(?:s|ing)?)"
        r"(?: up)?",
        rf"build(?:s|ing)?[\s-]?(?:ups?|{_SLOWLY})(?: to a climax)?",
        r"builds",
        r"crescendos?",
        r"(?:gets?|getting|grows?|growing) (?:louder|bigger|more intense)",
        r"ris(?:ing|es) (?:tension|energy|intensity)",
        r"gathers? (?:pace|energy|momentum)",
    ),
    _phrase("course", "climax", "a climax towards the end", rf"(?:{_BIG} )?climax(?:es)?"),
    _phrase(
        *("sections", "verse chorus", "verses and choruses"),
        r"verses?[\s/,-]*(?:and (?:a )?|& )?chorus(?:es)?(?: (?:form|structure))?",
    ),
    _phrase(
        *("sections", "drop", "a drop"),
        rf"(?<!rain )(?<!water )(?<!tear )(?<!one[ -])(?:{_BIG} |heavy |hard )?drops?",
    ),
    _phrase(
        *("sections", "break", "a break"),
        r"break[\s-]?downs?",
        r"(?:with|and|then|plus) (?:an? )?(?:calm |quiet |short |long )?break",
        r"(?:calm|quiet) (?:middle|break)(?: section| part)?",
    ),
    _phrase(
        *("sections", "bridge", "a bridge"),
        r"(?:with|and|then|plus|a) (?:an? )?bridge(?: section)?",
        r"bridge section",
        r"middle[\s-]?(?:eight|8)",
    ),
    _phrase(
        *("sections", "solo", "a solo"),
        r"(?:with|and|featuring|plus|then)\s+(?:an?\s+|some\s+)?(?:long\s+|short\s+)?"
        rf"(?:\w+\s+){{0,2}}?solos?{_NOT_ALONE}",
        rf"(?:guitar|sax(?:ophone)?|trumpet|synth|violin|organ|drum) solos?{_NOT_ALONE}",
        r"solo section",
    ),
)
# Their words say something of instruments and styles, too.
_KEEPS_ITS_WORDS = frozenset({("sections", "solo"), ("sections", "drop")})


@dataclass(frozen=True, slots=True)
class Form:
    """What the words say about the form. `shade` holds the fades, `rest` the text without the words read."""

    structure: Structure
    shade: Shade
    rest: str


def read_structure(text: str, notes: Notes) -> Form:
    """The structure that a text in small letters asks for."""
    asked: list[tuple[str, str]] = []
    for phrase in _PHRASES:
        for match in notes.matches(phrase.pattern, text):
            if phrase.asks[0] != "nothing":
                asked.append(phrase.asks)
                notes.reason(match[0].strip(), phrase.meaning)
        if phrase.asks not in _KEEPS_ITS_WORDS:
            text = notes.without(phrase.pattern, text)
    return Form(_structure(asked), _fades(asked), text)


def _structure(asked: list[tuple[str, str]]) -> Structure:
    def first(name: str) -> str:
        return next((value for key, value in asked if key == name), "")

    def each(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value for key, value in asked if key == name))

    return Structure(
        intro=first("intro"),
        outro=first("outro"),
        sections=each("sections"),
        without=each("without"),
        course=each("course"),
        last=first("last"),
        abrupt=bool(first("abrupt")),
    )


def _fades(asked: list[tuple[str, str]]) -> Shade:
    return Shade(fade_in=("fade", "in") in asked, fade_out=("fade", "out") in asked)
