"""Detects the language of lyrics by their script and by each language's commonest words."""

import re
from typing import Final

UNKNOWN: Final = "unknown"
# Japanese before Chinese: it is written with both scripts.
_SCRIPTS: Final = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af\u1100-\u11ff]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
_WORDS: Final = {
    "en": {
        "the",
        "and",
        "you",
        "of",
        "my",
        "is",
        "to",
        "it",
        "i'm",
        "your",
        "we",
        "with",
        "be",
        "for",
        "are",
    },
    "de": {"und", "ich", "der", "die", "das", "nicht", "ist", "du", "mein", "wir", "mit", "ein", "auf", "zu"},
    "fr": {"je", "le", "les", "et", "est", "tu", "des", "mon", "pas", "une", "dans", "nous", "que", "qui"},
    "es": {"el", "los", "y", "que", "mi", "tu", "una", "en", "por", "con", "yo", "es", "las", "te", "como"},
    "it": {"il", "che", "non", "di", "mi", "sono", "per", "una", "con", "tu", "è", "gli", "sei", "io", "nel"},
    "pt": {"o", "que", "não", "eu", "você", "meu", "uma", "em", "os", "com", "para", "do", "da", "te", "é"},
}


def language_of(lyrics: str) -> str:
    """ISO 639-1 code of the language; "unknown" where neither script nor words decide."""
    sung = re.sub(r"\[[^\]]*\]", " ", lyrics)
    for language, script in _SCRIPTS.items():
        if script.search(sung):
            return language
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", sung.lower())
    counts = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] else UNKNOWN
