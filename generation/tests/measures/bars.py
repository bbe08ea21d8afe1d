"""What the built-in composer has to reach."""

LUFS, LUFS_OFF = -14.0, 0.3
TRUE_PEAK = -1.0
KEY_FIRST, KEY_AMONG_THREE = 13 / 15, 1.0
GENRES_TOLD_APART = 0.95
LIKENESS, AMBIENT_LIKENESS = 1.3, 1.15
MOTION = 2.0
# Shares of pieces in other metres than four, but for the last: of those in four.
BEATS_FOUND, BAR_LINES_FOUND, METRE_HEARD, THREE_HEARD, FOUR_AS_THREE = 0.9, 0.7, 0.85, 0.8, 0.1
# Of shuffled sounds: beats of the right tempo hit by chance now and then, and a metre is one of five.
SHUFFLED_LOST = 0.6


def likeness_bar(genre: str) -> float:
    """How much more alike a genre's bars of one section have to be than others."""
    return AMBIENT_LIKENESS if genre == "ambient" else LIKENESS


# How it composes; `composition.py` says of what, and what people's music does.
LINES_ACROSS = 0.12
BEGUN_BEFORE_THE_BAR = 0.20
SHARED_RHYTHMS = 0.15
DISTINCT_RHYTHMS = 0.40
BITS_PER_PITCH = 3.6
TWO_COMMONEST_RHYTHMS = 0.70
VELOCITY_DEVIATION = 11.0
DISTINCT_CHORDS = 8.0
AS_FOUR_BARS_AGO = 0.40
COPIED_BARS = 0.25
