"""What a prompt asks for and the composer cannot do (sing, change keys, loop): each becomes a notice."""

import re

from .instrument_words import MEANINGS, NOT_AVAILABLE
from .matching import Notes

VOCAL_WORDS = (
    "vocal",
    "vocals",
    "vocalist",
    "vocalists",
    "vocal chops",
    "singer",
    "singing",
    "sing",
    "sung",
    "lyrics",
    "lyric",
    "rapper",
    "rapping",
    "voice",
    "voices",
    "spoken word",
    "a cappella",
    "acapella",
    "humming",
    "whistling",
)
_VOCAL_FREE = re.compile(r"\b(?:vocal|voice|lyric)s?[\s-](?:free|less)\b|\bvoiceless\b")
_KEY_CHANGE = re.compile(r"(?<!\w)(?:key changes?|changes? keys?|modulat(?:es?|ing|ion))(?!\w)")
_LOOP = re.compile(
    r"(?<!drum )(?<!guitar )(?<!\w)(?:(?:seamless(?:ly)?|perfect|endless(?:ly)?)[\s-]+)?"
    r"(?:loopable|loop(?:s|ing)?)(?!\w)"
)
_MODELLED_ON = re.compile(
    r"(?<!\w)(?i:in the (?:style|vein) of|sounds? like|similar to|inspired by|[àa] la)\s+"
    r"(?:[A-Z][\w'’.]*(?:\s+(?:&\s+)?(?=[A-Z]))?)+"
    r"|(?<!\w)(?:something )?like (?:early |late |old )?[A-Z][\w'’.]*(?:\s+[A-Z][\w'’.]*)+"
)


def without_free_of_vocals(text: str, notes: Notes) -> str:
    """The text without "vocal-free" and the like, which ask for nothing."""
    return notes.without(_VOCAL_FREE, text)


def without_models(text: str, notes: Notes) -> str:
    """The text without the names of people whose music it should resemble."""
    for model in notes.matches(_MODELLED_ON, text):
        notes.notice(f"'{model[0].strip()}': the composer knows nobody's music; it went by the other words.")
    return notes.without(_MODELLED_ON, text)


def note_limits(text: str, notes: Notes) -> None:
    """Notices for what cannot be done, whatever the genre."""
    if set(VOCAL_WORDS) & set(notes.found(text, (*VOCAL_WORDS, *MEANINGS))):
        notes.notice("The composer cannot sing: the tune is played on an instrument.")
    for word in notes.found(text, NOT_AVAILABLE):
        notes.notice(f"There is no {word} here; other instruments play instead.")
    for change in notes.matches(_KEY_CHANGE, text)[:1]:
        notes.notice(
            f"'{change[0]}' was not used: the composer changes the key of itself, in the last chorus of some pieces."
        )
    for loop in notes.matches(_LOOP, text)[:1]:
        notes.notice(
            f"'{loop[0].strip()}' was not done: a piece has an ending and does not lead back to its start."
        )
