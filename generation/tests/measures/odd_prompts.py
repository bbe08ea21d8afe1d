"""Prompts that nobody would write, and some that people do: none may stop the music."""

import random

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.instrument_words import MEANINGS
from generation.composer.reading.moods import MOODS

SHORTEST, LONGEST = 5.0, 300.0
MOST_CHARACTERS = 2000

_CONTRADICTIONS = (
    "140 bpm slow drone no drums heavy drums",
    "silent loud quiet music without any music",
    "happy sad fast slow bright dark no piano solo piano",
    "no drums no bass no melody no chords no pads no effects",
    "in C major, in F# minor, at 60 bpm, at 200 bpm",
    "only drums, without drums",
    "jazz but not jazz, rock but no rock, techno without techno",
    "a song with vocals, instrumental, a cappella, no voice",
    "no intro, long intro, fade out, abrupt end, endless loop",
)
_SCRIPTS = (
    "夜の雨、静かなピアノ",
    "Тихая ночь, фортепиано и дождь",
    "موسيقى هادئة مع العود",
    "धीमा तबला और बांसुरी",
    "슬픈 피아노, 비 오는 밤",
    "γρήγορο ροκ με κιθάρα",
    "שיר שקט בלילה",
    "เพลงช้าเศร้า",
    "悲伤的小提琴，120 bpm",
)
_EMOJI = "🎷🎸🥁🎹🌧️💔🔥😀👩‍🚀🏳️‍🌈🕺🎻"
_SYMBOLS = "\"'\\`%{}[]()<>|&;$#@!?*~^=+-_/.,:\t\n\u200b\u202e\u0301\ufeff\u0000\ud7ff"
_FILLERS = (
    *("a", "an", "the", "with", "and", "or", "no", "without", "not", "only", "solo", "in", "at", "of", "for"),
    *("like", "90", "bpm", "key", "very", "more", "less", "minor", "major"),
)


def odd_prompt(draw: random.Random) -> str:
    """One prompt of a kind drawn by `draw`: nothing, noise, a salad of known words, a contradiction, a novel."""
    kind = draw.randrange(8)
    if kind == 0:
        return draw.choice(["", " ", "\n\n\t", ".", "...", "music", "?" * draw.randint(1, 40)])
    if kind == 1:
        return "".join(draw.choices(_EMOJI, k=draw.randint(1, 60)))
    if kind == 2:
        return draw.choice(_SCRIPTS) + " " + _salad(draw, draw.randint(0, 6))
    if kind == 3:
        return draw.choice(_CONTRADICTIONS) + " " + _salad(draw, draw.randint(0, 10))
    if kind == 4:
        return "".join(
            chr(draw.choice([draw.randrange(32, 0xD7FF), draw.randrange(32, 127)])) for _ in range(99)
        )
    if kind == 5:
        return "".join(draw.choices(_SYMBOLS, k=draw.randint(1, 200))) + _salad(draw, 3)
    if kind == 6:
        return _salad(draw, 400)[:MOST_CHARACTERS]
    return _salad(draw, draw.randint(1, 30))


def odd_duration(draw: random.Random) -> float:
    """5 to 300 seconds, short ones as likely as long ones, the limits themselves now and then."""
    if draw.random() < 0.08:
        return draw.choice([SHORTEST, LONGEST])
    return round(SHORTEST * (LONGEST / SHORTEST) ** draw.random(), draw.choice([0, 1, 3]))


def _salad(draw: random.Random, words: int) -> str:
    known = [*MOODS, *MEANINGS, *_FILLERS, *(word for genre in GENRES.values() for word in genre.aliases)]
    joints = [" ", " ", " ", ", ", "-", "; "]
    return "".join(draw.choice(known) + draw.choice(joints) for _ in range(words))
