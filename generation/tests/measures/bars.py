"""What the built-in composer has to reach."""

LUFS, LUFS_OFF = -14.0, 0.3
TRUE_PEAK = -1.0
KEY_FIRST, KEY_AMONG_THREE = 13 / 15, 1.0
GENRES_TOLD_APART = 0.95
LIKENESS, AMBIENT_LIKENESS = 1.3, 1.15
MOTION = 2.0


def likeness_bar(genre: str) -> float:
    """How much more alike a genre's bars of one section have to be than others."""
    return AMBIENT_LIKENESS if genre == "ambient" else LIKENESS
