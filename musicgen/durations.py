"""How long something takes or lasts, as people read it."""

HOUR = 3600


def clock(seconds: float | str) -> str:
    """Seconds as minutes and seconds, "0:30"; hours where there are any, "1:02:05"."""
    minutes, rest = divmod(round(float(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_with_unit(seconds: float) -> str:
    """The same for a sentence: "0:30 min", "1:02:05 h"."""
    return f"{clock(seconds)} {'h' if round(seconds) >= HOUR else 'min'}"
