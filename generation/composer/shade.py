"""What a prompt adds to a genre's mix: brightness, space, drive, tape, width, density, fades."""

from collections.abc import Iterable
from dataclasses import dataclass

_LIMIT_DB = 12.0
_MOST_DRIVE = 9.0
_MOST_WOW = 14.0


@dataclass(frozen=True, slots=True)
class Shade:
    """What is added to a genre's mix; the default adds nothing.

    `brightness_db` and `warmth_db` are for the high and low shelf, `space_db` for the sends to the hall and
    its length, `drive` bends every role by tanh, `wow_cents` is a tape's wandering. `top` in Hz closes the
    highs of the whole, `bottom` in Hz its lows. `width` scales what differs between left and right. `punch` from 0 to 1
    is for the bus compressor. `density` from -1 to 1 is for the arrangement: how much plays. `clean` takes
    tape and drive away. `fade_in` and `fade_out`: the piece comes out of or goes into silence by its level.
    """

    brightness_db: float = 0.0
    warmth_db: float = 0.0
    space_db: float = 0.0
    drive: float = 0.0
    wow_cents: float = 0.0
    top: float | None = None
    bottom: float = 0.0
    width: float = 1.0
    punch: float = 0.0
    density: float = 0.0
    clean: bool = False
    fade_in: bool = False
    fade_out: bool = False


PLAIN = Shade()


def blended(shades: Iterable[Shade]) -> Shade:
    """All of the shades at once, each amount within its limits."""
    together = list(shades)
    tops = [shade.top for shade in together if shade.top is not None]
    width = 1.0
    for shade in together:
        width *= shade.width
    return Shade(
        brightness_db=_within(sum(shade.brightness_db for shade in together), _LIMIT_DB),
        warmth_db=_within(sum(shade.warmth_db for shade in together), _LIMIT_DB / 2),
        space_db=_within(sum(shade.space_db for shade in together), _LIMIT_DB),
        drive=_within(sum(shade.drive for shade in together), _MOST_DRIVE),
        wow_cents=_within(sum(shade.wow_cents for shade in together), _MOST_WOW),
        top=min(tops) if tops else None,
        bottom=max((shade.bottom for shade in together), default=0.0),
        width=min(1.3, width),
        punch=_within(sum(shade.punch for shade in together), 1.0),
        density=_within(sum(shade.density for shade in together), 1.0),
        clean=any(shade.clean for shade in together),
        fade_in=any(shade.fade_in for shade in together),
        fade_out=any(shade.fade_out for shade in together),
    )


def _within(value: float, limit: float) -> float:
    return round(min(limit, max(-limit, value)), 3)
