"""Rewrites the forms of a genre as asked: intro, outro, bridge, break, drop, solo, verses and choruses, drum pulse."""

import re
from collections.abc import Mapping
from dataclasses import replace

from ..rhythm import Hit, Pattern
from ..structure import Structure
from .types import SOLO, Forms, Genre, SectionKind

Entry = tuple[str, int]
"""A kind of section and its bars; a bracketed stretch as it is written, with 0 bars."""

_INTROS = ("intro", "start", "opening")
_OUTROS = ("outro", "coda", "tag", "close", "ending")
# What sections of a kind are called, by what was asked for.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "bridge": ("bridge", "middle", "break", "still", "quiet"),
    "break": ("break", "breakdown", "still", "strip", "quiet", "interlude"),
    "drop": ("drop",),
    "solo": ("solo",),
    "verse": ("verse", "theme", "head", "A"),
    "chorus": ("chorus", "refrain", "hook", "drop", "climax"),
}
_REPEAT = re.compile(r"(\([^)]*\)\*)")
VERSE_CHORUS = "verse chorus"
_SHORTEST_SHAPE = 4
_SHORT_TAIL = (0.25, 1.0)
_HALVED = frozenset({"kick", "snare", "clap", "rim", "taiko", "taiko_high"})


def with_form(genre: Genre, structure: Structure) -> Genre:
    """The genre with its forms, its drums' pulse and its tail as they were asked for."""
    if "solo" in structure.sections:
        genre = _with_solo(genre)
    if structure.sections or structure.without or structure.intro or structure.outro or structure.last:
        genre = replace(genre, forms=_forms(genre, structure))
    if structure.abrupt:
        genre = replace(genre, tail=_SHORT_TAIL)
    if structure.pulse:
        grooves = {
            name: tuple(_at_pulse(groove, structure.pulse, genre.metre.beats) for groove in options)
            for name, options in genre.grooves.items()
        }
        genre = replace(genre, grooves=grooves)
    return genre


def kind_for(genre: Genre, requested: str) -> str:
    """The kind of section that a genre has for "bridge", "break", "drop" and so on; "" where it has none."""
    named = [kind for name in _NAMES[requested] for kind in genre.sections if kind == name]
    if named or requested in ("drop", "solo"):
        return named[0] if named else ""
    if requested == "chorus":
        tunes = [kind for kind in genre.sections if genre.sections[kind].theme not in ("", SOLO)]
        return max(tunes, key=lambda kind: genre.sections[kind].energy, default=_strongest(genre))
    inner = [kind for kind in genre.sections if kind not in (*_intros(genre), *_outros(genre))]
    calm = sorted(inner, key=lambda kind: genre.sections[kind].energy)
    if requested == "verse":
        themed = [kind for kind in calm if genre.sections[kind].theme]
        return (themed or calm)[0]
    return calm[0] if calm[0] != _strongest(genre) else ""


def _forms(genre: Genre, structure: Structure) -> Forms:
    shapes = genre.forms.shapes
    if VERSE_CHORUS in structure.sections:
        shapes = _verses_and_choruses(genre) or shapes
    shapes = tuple(dict.fromkeys(_rewritten(genre, shape, structure) for shape in shapes))
    firm = _intros(genre) if structure.intro else ()
    return Forms(shapes, genre.forms.flexible - set(firm))


def _rewritten(genre: Genre, shape: str, structure: Structure) -> str:
    """The shape's text as it was asked for; a bracketed stretch, which repeats, stays as it is."""
    entries = [
        entry
        for stretch in _REPEAT.split(shape)
        for entry in ([(stretch, 0)] if stretch.startswith("(") else _entries(stretch))
    ]
    if sum(bars for _, bars in entries) < _SHORTEST_SHAPE:
        return shape
    for requested in structure.without:
        entries = _without_kinds(entries, {kind_for(genre, requested)})
    for requested in structure.sections:
        if requested in _NAMES:
            entries = _with_section(genre, entries, requested)
    if structure.intro:
        entries = _with_intro(genre, entries, structure.intro)
    if structure.outro or structure.last:
        entries = _with_end(genre, entries, structure)
    return " ".join(f"{kind}:{bars}" if bars else kind for kind, bars in entries)


def _entries(text: str) -> list[Entry]:
    return [(kind, int(bars)) for kind, _, bars in (entry.partition(":") for entry in text.split())]


def _without_kinds(entries: list[Entry], kinds: set[str]) -> list[Entry]:
    left = [entry for entry in entries if entry[0] not in kinds]
    return left or entries


def _with_section(genre: Genre, entries: list[Entry], requested: str) -> list[Entry]:
    """The entries with a section of that kind: before the last main one, or between two turns of the only
    one.
    """
    kind = kind_for(genre, requested)
    if requested == "drop":
        return entries if kind and any(kind in entry[0] for entry in entries) else _with_drop(genre, entries)
    if not kind or any(entry[0] == kind or f"{kind}:" in entry[0] for entry in entries):
        return entries
    main = [place for place, entry in enumerate(entries) if entry[0] not in _frame(genre)]
    last = main[-1]
    around = entries[last] if entries[last][1] else (_strongest(genre), 8)
    new = (kind, max(2, min(8, around[1] // 2 if requested == "break" else around[1])))
    if len(main) > 1 and entries[last][1]:
        return [*entries[:last], new, *entries[last:]]
    return [*entries[: last + 1], new, around, *entries[last + 1 :]]


def _with_drop(genre: Genre, entries: list[Entry]) -> list[Entry]:
    """A calm stretch and, out of it, the genre's strongest section."""
    strong, calm = kind_for(genre, "drop") or _strongest(genre), kind_for(genre, "break")
    length = max(2, max(bars for _, bars in entries) // 2)
    drop = [(strong, length)] if not calm else [(calm, max(1, length // 2)), (strong, length)]
    ends = len(entries)
    while ends > 1 and entries[ends - 1][0] in _frame(genre):
        ends -= 1
    body = entries[:ends]
    if body and body[-1][0] == strong and len(body) > 1:
        body = body[:-1]
    return [*body, *drop, *entries[ends:]]


def _with_intro(genre: Genre, entries: list[Entry], intro: str) -> list[Entry]:
    intros = _intros(genre)
    has = bool(entries) and entries[0][0] in intros
    if intro == "none":
        return _without_kinds(entries, set(intros))
    total = sum(bars for _, bars in entries)
    length = 1 if intro == "short" and total <= 16 else 2 if intro == "short" else max(4, total // 3 // 4 * 4)
    kind = entries[0][0] if has else (intros or (kind_for(genre, "break"),))[0]
    if not kind:
        return entries
    return [(kind, length), *(entries[1:] if has else entries)]


def _with_end(genre: Genre, entries: list[Entry], structure: Structure) -> list[Entry]:
    outros = _outros(genre)
    if structure.outro == "none" or structure.last == "loud":
        entries = _without_kinds(entries, set(outros))
    strongest = _strongest(genre)
    if structure.last == "loud":
        return entries if entries[-1][0] == strongest else [*entries, (strongest, _added_length(entries))]
    kind = (*[name for name in outros if name in genre.sections], kind_for(genre, "break"))[0]
    has = entries[-1][0] in outros
    if structure.outro == "long" and kind:
        return [*(entries[:-1] if has else entries), (kind, 2 * _added_length(entries))]
    if structure.last == "quiet" and kind and not has:
        return [*entries, (kind, _added_length(entries))]
    return entries


def _added_length(entries: list[Entry]) -> int:
    """How long an added section is, for a shape of that length."""
    total = sum(bars for _, bars in entries)
    return 2 if total < 12 else 4 if total < 40 else 8


def _verses_and_choruses(genre: Genre) -> tuple[str, ...]:
    verse, chorus = kind_for(genre, "verse"), kind_for(genre, "chorus")
    if verse == chorus:
        return ()
    intro = f"{_intros(genre)[0]}:4 " if _intros(genre) else ""
    return (
        f"{chorus}:1",
        f"{verse}:1 {chorus}:1",
        f"{verse}:2 {chorus}:2",
        f"{verse}:4 {chorus}:4",
        f"{verse}:4 {chorus}:4 {verse}:4 {chorus}:4",
        f"{intro}{verse}:8 {chorus}:8 {verse}:8 {chorus}:8",
        f"{intro}{verse}:8 {chorus}:8 ({verse}:8 {chorus}:8)*",
    )


def _with_solo(genre: Genre) -> Genre:
    """The genre with a section for solos: its strongest one that has a theme, with an improvised line."""
    if "solo" in genre.sections:
        return genre
    themed = [kind for kind in genre.sections.values() if kind.theme]
    if not themed:
        return genre
    model: SectionKind = max(themed, key=lambda kind: kind.energy)
    return replace(genre, sections={**genre.sections, "solo": replace(model, theme=SOLO)})


def _intros(genre: Genre) -> tuple[str, ...]:
    return tuple(kind for kind in genre.sections if kind.startswith(_INTROS))


def _outros(genre: Genre) -> tuple[str, ...]:
    return tuple(kind for kind in genre.sections if kind.startswith(_OUTROS))


def _frame(genre: Genre) -> tuple[str, ...]:
    return (*_intros(genre), *_outros(genre))


def _strongest(genre: Genre) -> str:
    return max(genre.sections, key=lambda kind: genre.sections[kind].energy)


def _at_pulse(groove: Mapping[str, Pattern], pulse: str, beats: float) -> dict[str, Pattern]:
    """The groove in bars of so many beats with its pulse at half or double speed; hats and cymbals keep theirs."""
    change = _slower if pulse == "half" else _faster
    return {
        voice: change(pattern, beats / 2) if voice in _HALVED else pattern
        for voice, pattern in groove.items()
    }


def _slower(pattern: Pattern, half: float) -> Pattern:
    bars: list[tuple[Hit, ...]] = []
    for bar in pattern.bars:
        for start in (0.0, half):
            part = [hit for hit in bar if start <= hit.start < start + half]
            bars.append(tuple(hit._replace(start=(hit.start - start) * 2) for hit in part))
    return Pattern(tuple(bars))


def _faster(pattern: Pattern, half: float) -> Pattern:
    pairs = pattern.bars if len(pattern.bars) % 2 == 0 else pattern.bars * 2
    bars: list[tuple[Hit, ...]] = []
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        early = [hit._replace(start=hit.start / 2) for hit in first]
        late = [hit._replace(start=hit.start / 2 + half) for hit in second]
        bars.append((*early, *late))
    return Pattern(tuple(bars))
