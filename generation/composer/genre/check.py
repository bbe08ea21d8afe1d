"""Checks that the parts of a genre's file fit together: roles, players, patterns, progressions, forms."""

from collections.abc import Callable

from ..metre import FOUR_FOUR
from ..theory import family
from .tables import GenreFileError
from .types import BAR_KINDS, Genre, MetreStyle, SectionKind

# Which characters start a note, by the style of the player.
STYLE_SYMBOLS = {
    "drums": "",
    "bass": "R3578AWm",
    "drone": "",
    "comp": "Xxom",
    "pad": "",
    "arpeggio": "0123456789",
    "power": "Xm",
    "lead": "",
    "counter": "",
    "texture": "",
    "riser": "",
}
# A person may ask any genre for these.
ASKED_MODES = ("major", "minor")
_IN_AN_OCTAVE = ("bass", "drone", "power", "lead", "counter")


def check(genre: Genre, file: str) -> None:
    """Raise GenreFileError, naming file and key, where a part names another that is not there."""

    def need(there: bool, key: str, problem: str) -> None:
        if not there:
            raise GenreFileError(f"{file}: {key}: {problem}")

    for role in genre.roles:
        need(role in genre.players, f"players.{role}", "is missing, and the role has an instrument")
    for role, player in genre.players.items():
        octave = player.style not in _IN_AN_OCTAVE or 11 <= player.high - player.low < 127
        need(octave, f"players.{role}", "needs low and high, at least an octave apart")
    for role in genre.chance:
        need(role in genre.instruments, f"chance.{role}", "is not a role with an instrument")
    for mode in _modes(genre):
        need(mode in genre.cadences or family(mode) in genre.cadences, f"cadences.{mode}", "is missing")
    for shape in genre.forms.shapes:
        for entry in shape.replace("(", "").replace(")*", "").split():
            kind, _, bars = entry.partition(":")
            need(kind in genre.sections, "forms.shapes", f"{entry!r} has no section")
            need(bars.isdecimal() and int(bars) > 0, "forms.shapes", f"{entry!r} does not say how many bars")
    need(
        any(len(shape.split()) == 1 for shape in genre.forms.shapes),
        "forms.shapes",
        "has no shape of a single section, for pieces of one bar",
    )
    for plan in genre.melody.plans:
        for bar in plan:
            need(bar in BAR_KINDS, "melody.plans", f"{bar!r} is not one of {', '.join(BAR_KINDS)}")
    for name, section in genre.sections.items():
        _check_section(genre, name, section, need)
    need(FOUR_FOUR.name in genre.metres, "metres", f"does not say how often the genre is in {FOUR_FOUR.name}")
    for metre, style in genre.metres.items():
        _check_metre(genre, f"metres.{metre}", style, need)


def _check_metre(genre: Genre, key: str, style: MetreStyle, need: Callable[[bool, str, str], None]) -> None:
    for role, patterns in style.patterns.items():
        for name in patterns:
            there = name in genre.players[role].patterns
            need(there, f"{key}.patterns.{role}.{name}", "is no pattern that the role has in four")
    for name in style.grooves:
        need(name in genre.grooves, f"{key}.grooves.{name}", "is no groove that the genre has in four")
    for name in style.fills:
        need(name in genre.fills, f"{key}.fills.{name}", "is no fill that the genre has in four")


def _modes(genre: Genre) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*genre.modes, *ASKED_MODES)))


def _check_section(
    genre: Genre, name: str, section: SectionKind, need: Callable[[bool, str, str], None]
) -> None:
    for mode in _modes(genre):
        exists = (mode, section.harmony) in genre.progressions
        exists = exists or (family(mode), section.harmony) in genre.progressions
        need(exists, f"sections.{name}.harmony", f"no progression {section.harmony!r} in {mode}")
    fills = any(genre.players[role].style == "drums" for role in section.roles if role in genre.players)
    need(
        not fills or not genre.fills or section.fill in genre.fills,
        f"sections.{name}.fill",
        f"there is no fill {section.fill!r}",
    )
    for role, pattern in {**section.roles, **section.later}.items():
        key = f"sections.{name}.roles.{role}"
        need(role in genre.roles, key, "is not a role with an instrument")
        player = genre.players[role]
        if player.style == "drums":
            need(pattern in genre.grooves, key, f"there is no groove {pattern!r}")
        elif STYLE_SYMBOLS[player.style]:
            need(pattern in player.patterns, key, f"players.{role} has no pattern {pattern!r}")
