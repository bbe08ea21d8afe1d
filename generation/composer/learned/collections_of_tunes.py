"""Reads the collections that the statistics are made of: tunes whose makers died long ago.

Learned from: Ryan's Mammoth Collection (Boston, 1883) and O'Neill's Music of Ireland (Chicago, 1903). Kept apart, so
that a measure can be made of what nothing learned has seen: Aird's Selection of Airs (Glasgow, 1778 and on) and the
sopranos of Bach's chorales. They are another century's and partly another land's, but sing as people do; and whole
collections are told apart more surely than tunes of one, of which the same is often printed twice.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from .abc_notation import read_tunes
from .music_xml import read_chorale
from .tune import Tune

_ALIKE = 12
"""Tunes that share so many intervals in a row are the same tune, or nearly."""


def learned_tunes(corpus: Path) -> dict[str, list[Tune]]:
    """Ryan's and O'Neill's tunes as "song" and "dance", each once. The first 625 of O'Neill's are airs and songs."""
    oneill = _without_doubles(_abc(corpus / "oneills1850"))
    ryan = _without_doubles(_abc(corpus / "ryansMammoth"))
    songs = [tune for tune in oneill if tune.number <= 625]
    return {"song": songs, "dance": [*(tune for tune in oneill if tune.number > 625), *ryan]}


def tunes_apart(corpus: Path) -> dict[str, list[Tune]]:
    """Aird's tunes and Bach's sopranos, without those that share twelve intervals with a tune that was learned."""
    heard = {run for tunes in learned_tunes(corpus).values() for tune in tunes for run in _runs(tune)}
    read = {
        "Aird": _abc(corpus / "airdsAirs"),
        "Bach": (
            tune
            for path in sorted((corpus / "bach").iterdir())
            if path.suffix in (".mxl", ".xml") and (tune := read_chorale(path)) is not None
        ),
    }
    return {
        name: [tune for tune in _without_doubles(tunes) if heard.isdisjoint(_runs(tune))]
        for name, tunes in read.items()
    }


def _abc(folder: Path) -> Iterator[Tune]:
    for path in sorted(folder.glob("*.abc")):
        yield from read_tunes(path.read_text("utf-8", errors="replace"))


def _without_doubles(tunes: Iterable[Tune]) -> list[Tune]:
    """The tunes but for those that begin as one before."""
    return list({tune.intervals[:_ALIKE]: tune for tune in reversed(list(tunes))}.values())[::-1]


def _runs(tune: Tune) -> Iterator[tuple[int, ...]]:
    intervals = tune.intervals
    return (intervals[place : place + _ALIKE] for place in range(len(intervals) - _ALIKE + 1))
