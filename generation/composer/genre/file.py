"""Parses a genre's TOML file into a Genre."""

import tomllib
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..instruments import DRUM_VOICES, INSTRUMENTS, ROLES
from ..metre import FOUR_FOUR, METRES, Metre
from ..rhythm import Pattern, parse_pattern
from ..theory import SCALES, Chord, parse_chord
from .check import STYLE_SYMBOLS, check
from .tables import GenreFileError, Table
from .types import (
    HARMONY_WAYS,
    Bars,
    Cadence,
    Feel,
    Fill,
    Forms,
    Genre,
    HarmonyStyle,
    MelodyStyle,
    MetreStyle,
    Player,
    SectionKind,
    Voicing,
)

SOUND_MARKER = "# ---- sound:"

DRUM_SYMBOLS = "Xxogrt123456789"


def parse_genre(text: str, file: str) -> Genre:
    """The genre that the text of `file` describes: composition above the sound marker, sound below it.

    Raises GenreFileError, naming file and key, for anything missing, unknown or of the wrong kind.
    """
    above, marker, below = text.partition(SOUND_MARKER)
    if not marker:
        raise GenreFileError(f"{file}: has no line that starts with {SOUND_MARKER!r}")
    table = Table(_toml(above, file), f"{file}: ")
    instruments = dict(table.table("instruments").each(_instruments))
    players = dict(table.table("players").each(read_player))
    genre = Genre(
        name=table.text("name"),
        title=table.text("title"),
        aliases=table.texts("aliases"),
        keywords=table.texts("keywords"),
        nearest=table.texts("nearest"),
        energy=table.number("energy"),
        valence=table.number("valence"),
        tempo=table.pair("tempo"),
        swing=table.pair("swing"),
        swing_unit=table.number("swing_unit"),
        tail=table.pair("tail"),
        modes=dict(table.table("modes").each(_mode_weight)),
        drum_voices=_known(table, "drum_voices", DRUM_VOICES),
        ending=_known(table, "ending", ROLES),
        ending_drums=_known(table, "ending_drums", DRUM_VOICES),
        quiet_without=_known(table, "quiet_without", ROLES),
        instruments=instruments,
        on_request=dict(table.table("on_request", optional=True).each(_instruments)),
        chance=dict(table.table("chance", optional=True).each(Table.number)),
        feel=_feel(table.table("feel")),
        voicing=_voicing(table.table("voicing")),
        progressions=_progressions(table.tables("progressions")),
        cadences=dict(table.table("cadences").each(_cadence)),
        harmony=_harmony(table.table("harmony")),
        forms=_forms(table.table("forms")),
        sections=dict(table.table("sections").each(_section)),
        players=players,
        grooves=dict(table.table("grooves", optional=True).each(read_grooves)),
        fills=dict(table.table("fills", optional=True).each(_fills)),
        melody=_melody(table.table("melody")),
        sound=_toml(marker + below, file),
        metres=_metres(table.table("metres", optional=True), players),
    )
    table.close()
    check(genre, file)
    return genre


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GenreFileError(f"{file}: is not TOML: {error}") from error


def _known(table: Table, key: str, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
    words = table.texts(key)
    for word in words:
        if word not in vocabulary:
            raise table.fail(key, f"{word!r} is not one of {', '.join(vocabulary)}")
    return words


def _instruments(table: Table, role: str) -> tuple[str, ...]:
    if role not in ROLES:
        raise table.fail(role, f"is not a role. Roles are {', '.join(ROLES)}")
    return _known(table, role, INSTRUMENTS)


def _mode_weight(table: Table, mode: str) -> float:
    if mode not in SCALES:
        raise table.fail(mode, f"is not a mode. Modes are {', '.join(SCALES)}")
    return table.number(mode)


def _feel(table: Table) -> Feel:
    feel = Feel(
        timing=table.number("timing"),
        velocity=table.number("velocity"),
        lags=dict(table.table("lags", optional=True).each(Table.number)),
        liveliness=table.number("liveliness"),
        breath=table.number("breath"),
    )
    table.close()
    return feel


def _voicing(table: Table) -> Voicing:
    voicing = Voicing(
        voices=table.whole("voices"),
        low=table.whole("low"),
        high=table.whole("high"),
        rootless=table.flag("rootless"),
    )
    table.close()
    return voicing


def _chords(text: str) -> tuple[Chord, ...]:
    return tuple(parse_chord(symbol) for symbol in text.split())


def _bars(text: str) -> Bars:
    """The bars of "Dm9 | G13 | Cmaj9 | %", where % repeats the bar before."""
    bars: list[tuple[Chord, ...]] = []
    for bar in text.split("|"):
        if bar.strip() == "%" and bars:
            bars.append(bars[-1])
        elif not bar.strip():
            raise ValueError(f"{text!r} has an empty bar")
        else:
            bars.append(_chords(bar))
    return tuple(bars)


def _progressions(tables: list[Table]) -> dict[tuple[str, str], tuple[Bars, ...]]:
    found: dict[tuple[str, str], tuple[Bars, ...]] = {}
    for table in tables:
        use = table.text("use")
        bars = tuple(table.parsed("chords", text, _bars) for text in table.texts("chords"))
        for mode in _known(table, "modes", tuple(SCALES)):
            found[mode, use] = found.get((mode, use), ()) + bars
        table.close()
    return found


def _cadence(parent: Table, mode: str) -> Cadence:
    table = parent.table(mode)
    cadence = Cadence(
        half=table.parsed("half", table.text("half", ""), _chords),
        full=table.parsed("full", table.text("full"), _chords),
        end=table.parsed("end", table.text("end"), parse_chord),
    )
    table.close()
    return cadence


def _harmony(table: Table) -> HarmonyStyle:
    ways = table.table("ways")
    style = HarmonyStyle(
        answer=table.number("answer"),
        change=table.number("change"),
        ways={way: ways.number(way, 0.0) for way in HARMONY_WAYS},
        pedal=table.number("pedal", 0.0),
        lift=table.number("lift", 0.0),
    )
    ways.close()
    table.close()
    return style


def _forms(table: Table) -> Forms:
    forms = Forms(shapes=table.texts("shapes"), flexible=frozenset(table.texts("flexible")))
    table.close()
    return forms


def _section(parent: Table, kind: str) -> SectionKind:
    table = parent.table(kind)
    section = SectionKind(
        energy=table.number("energy"),
        harmony=table.text("harmony"),
        theme=table.text("theme", ""),
        density=table.number("density", 1.0),
        lift=table.whole("lift", 0),
        swell=table.flag("swell", False),
        crash=table.flag("crash", False),
        fill=table.text("fill", "main"),
        roles=dict(table.table("roles").each(Table.text)),
        later=dict(table.table("later", optional=True).each(Table.text)),
    )
    table.close()
    return section


def _patterns(table: Table, key: str, symbols: str, metre: Metre = FOUR_FOUR) -> tuple[Pattern, ...]:
    parse = partial(parse_pattern, symbols=symbols, metre=metre)
    return tuple(table.parsed(key, text, parse) for text in table.texts(key))


def read_player(parent: Table, role: str) -> Player:
    table = parent.table(role)
    style = table.text("style")
    if style not in STYLE_SYMBOLS:
        raise table.fail("style", f"{style!r} is not one of {', '.join(STYLE_SYMBOLS)}")
    patterns = table.table("patterns", optional=True)
    player = Player(
        style=style,
        velocity=table.whole("velocity"),
        patterns={key: _patterns(patterns, key, STYLE_SYMBOLS[style]) for key in patterns.remaining()},
        low=table.whole("low", 0),
        high=table.whole("high", 127),
        shift=table.whole("shift", 0),
        voices=table.whole("voices", 4),
        roll=table.number("roll", 0.0),
        stagger=table.number("stagger", 0.0),
        overlap=table.number("overlap", 0.0),
        legato=table.number("legato", 0.95),
        ring=table.number("ring", 1.0),
        density=table.number("density", 1.0),
        twin=table.text("twin", ""),
    )
    table.close()
    return player


def _drum_patterns(table: Table, metre: Metre) -> dict[str, Pattern]:
    parse = partial(parse_pattern, symbols=DRUM_SYMBOLS, metre=metre)
    patterns = {voice: table.parsed(voice, table.text(voice), parse) for voice in table.remaining()}
    for voice in patterns:
        if voice not in DRUM_VOICES:
            raise table.fail(voice, f"is not a drum voice. Voices are {', '.join(DRUM_VOICES)}")
    return patterns


def read_grooves(parent: Table, name: str, metre: Metre = FOUR_FOUR) -> tuple[Mapping[str, Pattern], ...]:
    return tuple(_drum_patterns(table, metre) for table in parent.tables(name))


def _fills(parent: Table, name: str, metre: Metre = FOUR_FOUR) -> tuple[Fill, ...]:
    return tuple(Fill(table.number("from"), _drum_patterns(table, metre)) for table in parent.tables(name))


def _metres(table: Table, players: Mapping[str, Player]) -> dict[str, MetreStyle]:
    """The metres of a genre; one that names none is in four."""
    read = partial(_metre_style, players=players)
    return dict(table.each(read)) or {
        FOUR_FOUR.name: _metre_style(Table({"4/4": {"weight": 1}}, ""), "4/4", {})
    }


def _metre_style(parent: Table, name: str, players: Mapping[str, Player]) -> MetreStyle:
    if name not in METRES:
        raise parent.fail(name, f"is not a metre. Metres are {', '.join(METRES)}")
    table, metre = parent.table(name), METRES[name]
    melody = table.table("melody", optional=True)
    style = MetreStyle(
        weight=table.number("weight"),
        tempo=table.pair("tempo") if table.has("tempo") else None,
        swing=table.pair("swing") if table.has("swing") else None,
        patterns=dict(
            table.table("patterns", optional=True).each(partial(_patterns_of, players=players, metre=metre))
        ),
        grooves=dict(table.table("grooves", optional=True).each(partial(read_grooves, metre=metre))),
        fills=dict(table.table("fills", optional=True).each(partial(_fills, metre=metre))),
        cells=_cells(melody, "cells", metre, ()),
        cadences=_cells(melody, "cadences", metre, ()),
        solo=_cells(melody, "solo", metre, ()),
    )
    melody.close()
    table.close()
    return style


def _patterns_of(
    parent: Table, role: str, players: Mapping[str, Player], metre: Metre
) -> dict[str, tuple[Pattern, ...]]:
    if role not in players:
        raise parent.fail(role, "is not a role with a player")
    table, symbols = parent.table(role), STYLE_SYMBOLS[players[role].style]
    return {name: _patterns(table, name, symbols, metre) for name in table.remaining()}


def _melody(table: Table) -> MelodyStyle:
    style = MelodyStyle(
        cells=_cells(table, "cells", FOUR_FOUR),
        cadences=_cells(table, "cadences", FOUR_FOUR),
        solo=_cells(table, "solo", FOUR_FOUR, ()),
        plans=tuple(tuple(plan.split()) for plan in table.texts("plans")),
        chromatic=table.flag("chromatic", False),
        kind=table.text("kind", "song"),
        learned=table.number("learned"),
        finest=table.whole("finest", 2),
        pickup=table.number("pickup"),
        ahead=table.number("ahead"),
    )
    table.close()
    return style


def _cells(
    table: Table, key: str, metre: Metre, default: tuple[str, ...] | None = None
) -> tuple[Pattern, ...]:
    parse = partial(parse_pattern, symbols="x", metre=metre)
    return tuple(table.parsed(key, text, parse) for text in table.texts(key, default))
