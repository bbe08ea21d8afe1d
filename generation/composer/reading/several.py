"""How one prompt was read for several seeds, said together."""

from collections.abc import Iterable, Sequence

from ..brief import Brief, Reading

_ARROW = " → "
_DRAWN = ", drawn by mood and seed"


def readings_of(briefs: Sequence[Brief]) -> tuple[Reading, ...]:
    """What the words were taken to mean, each once; where that depends on the seed, one meaning or the other."""
    pairs = ((reading.words, reading.meaning) for brief in briefs for reading in brief.readings)
    return tuple(Reading(words, meaning) for words, meaning in _merged(pairs))


def reasons_of(briefs: Sequence[Brief]) -> tuple[str, ...]:
    """The same as sentences, with the styles that were drawn."""
    pairs = (reason.partition(_ARROW)[::2] for brief in briefs for reason in brief.reasons)
    return tuple(f"{words}{_ARROW}{meaning}" for words, meaning in _merged(pairs))


def notices_of(notices: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The notices of all, each once: first those that hold for every seed."""
    everywhere = [notice for notice in notices[0] if all(notice in each for each in notices)]
    elsewhere = dict.fromkeys(notice for each in notices for notice in each if notice not in everywhere)
    return (*everywhere, *(f"In some of the variations: {notice}" for notice in elsewhere))


def _merged(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    merged: dict[str, dict[str, None]] = {}
    for words, meaning in pairs:
        merged.setdefault(words, {})[meaning] = None
    return [(words, _either(list(meanings))) for words, meanings in merged.items()]


def _either(meanings: list[str]) -> str:
    if all(meaning.endswith(_DRAWN) for meaning in meanings):
        return " or ".join(meaning.removesuffix(_DRAWN) for meaning in meanings) + _DRAWN
    return " or ".join(meanings)
