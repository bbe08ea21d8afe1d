"""A genre's mix in a shade: brighter, drier, through a tape, as words of the prompt ask for it."""

from dataclasses import replace

from generation.composer.shade import PLAIN, Shade
from generation.composer.sound.mix_table import GenreMix, Reverb, RoleMix, TapeSetting

_SHELF = (-14.0, 9.0)
_LONGEST_HALL, _SHORTEST_HALL = 4.6, 0.35
# So many dB of space double the hall's length.
_DOUBLING_DB = 10.0
_DRIEST_SEND = -26.0
_LOUDEST_SEND = 4.0
_OPEN_TOP = 16_000.0
_TAPE_DRIVE = 1.15
_UNDRIVEN = frozenset({"fx"})


def shaded(mix: GenreMix, shade: Shade) -> GenreMix:
    """The mix with a shade over it; the mix itself where the shade is plain."""
    if shade == PLAIN:
        return mix
    return replace(
        mix,
        low_db=_between(mix.low_db + shade.warmth_db, *_SHELF),
        high_db=_between(mix.high_db + shade.brightness_db, *_SHELF),
        low_cut=max(mix.low_cut, shade.bottom),
        threshold_db=mix.threshold_db - 5 * shade.punch,
        ratio=mix.ratio + 1.5 * shade.punch,
        reverb=_hall(mix.reverb, shade),
        tape=_tape(mix.tape, shade),
        width=mix.width * shade.width,
        roles={name: _role(name, place, shade) for name, place in mix.roles.items()},
    )


def _hall(hall: Reverb, shade: Shade) -> Reverb:
    if not shade.space_db:
        return hall
    seconds = _between(hall.seconds * 2 ** (shade.space_db / _DOUBLING_DB), _SHORTEST_HALL, _LONGEST_HALL)
    return replace(hall, seconds=round(seconds, 3))


def _tape(tape: TapeSetting | None, shade: Shade) -> TapeSetting | None:
    if shade.clean:
        tape = None
    if not shade.wow_cents and shade.top is None:
        return tape
    plain = tape or TapeSetting(wow_cents=0.0, drive=_TAPE_DRIVE, top=_OPEN_TOP)
    top = plain.top if shade.top is None else min(plain.top, shade.top)
    return replace(plain, wow_cents=plain.wow_cents + shade.wow_cents, top=top)


def _role(name: str, place: RoleMix, shade: Shade) -> RoleMix:
    reverb, delay = place.reverb_db, place.delay_db
    if reverb is not None:
        reverb = _between(reverb + shade.space_db, _DRIEST_SEND, max(_LOUDEST_SEND, reverb))
    if delay is not None:
        delay = _between(delay + shade.space_db, _DRIEST_SEND, max(0.0, delay))
    return replace(
        place,
        reverb_db=reverb,
        delay_db=delay,
        drive=place.drive if name in _UNDRIVEN else max(0.0 if shade.clean else place.drive, shade.drive),
    )


def _between(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))
