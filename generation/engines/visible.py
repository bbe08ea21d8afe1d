"""Whether a text can be seen. Free of Django."""

import unicodedata

# Characters that Unicode ignores by default or draws as nothing, and does not count as control, format or space.
_DRAWN_AS_NOTHING = frozenset(
    map(
        chr,
        (
            0x034F,  # combining grapheme joiner
            0x115F,
            0x1160,
            0x3164,
            0xFFA0,  # Hangul fillers
            0x17B4,
            0x17B5,  # Khmer inherent vowels
            0x2800,  # Braille pattern without dots
            *range(0x180B, 0x1810),  # Mongolian variation selectors
            *range(0xFE00, 0xFE10),
            *range(0xE0000, 0xE1000),  # variation selectors and tags
        ),
    )
)


def is_visible(text: str) -> bool:
    """Whether anything of the text shows: not where it is spaces, control and format characters, and fillers alone."""
    return any(
        not is_unseen(character) and unicodedata.category(character) not in ("Cc", "Zs", "Zl", "Zp")
        for character in text
    )


def is_unseen(character: str) -> bool:
    """Whether a character is none that shows and no space: a format or control character, or a filler."""
    if character in _DRAWN_AS_NOTHING:
        return True
    return unicodedata.category(character) in ("Cc", "Cf") and not character.isspace()
