"""What people wrote, put into a sentence of the site: the direction in which it is written ends where it ends.

Arabic and Hebrew go from right to left and take numbers and punctuation beside them along. Characters that turn the
text round, as U+202E does, go on to the end of the line. Isolates (UAX #9) keep both within what was written. They are
characters and no markup, so that they do the same in a page, in a label for screen readers and in a mail.
"""

import unicodedata

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
_BEGIN = frozenset("\u2066\u2067\u2068")
# Kinds of characters (UAX #9, table 4) that change the order of what stands beside them.
_TURNING = frozenset(("R", "AL", "AN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
_ENDS_LINE = "B"


def isolated(text: str) -> str:
    """The text for one line of a sentence that goes from left to right; as it is where it turns nothing round.

    >>> isolated("Rain")
    'Rain'
    >>> ascii(isolated("\u05d2\u05e9\u05dd"))
    "'\\\\u2068\\\\u05d2\\\\u05e9\\\\u05dd\\\\u2069'"
    """
    if text.isascii() or not any(unicodedata.bidirectional(character) in _TURNING for character in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{_closed(text)}{POP_ISOLATE}"


def _closed(text: str) -> str:
    """The text with as many ends of isolates as beginnings, and without ends of lines, which end isolates too."""
    kept: list[str] = []
    depth = 0
    for character in text:
        if character in _BEGIN:
            depth += 1
        elif character == POP_ISOLATE:
            if depth == 0:
                continue
            depth -= 1
        kept.append(" " if unicodedata.bidirectional(character) == _ENDS_LINE else character)
    return "".join(kept) + depth * POP_ISOLATE
