"""The stems of a piece: five tracks that add up to it, and which role is heard in which."""

STEMS = ("drums", "bass", "chords", "melody", "fx")

STEM_OF: dict[str, str] = {
    "drums": "drums",
    "timpani": "drums",
    "bass": "bass",
    "keys": "chords",
    "chords": "chords",
    "pad": "chords",
    "strings": "chords",
    "brass": "chords",
    "choir": "chords",
    "guitar_left": "chords",
    "guitar_right": "chords",
    "guitar": "chords",
    "organ": "chords",
    "harp": "chords",
    "lead": "melody",
    "counter": "melody",
    "arp": "melody",
    "ostinato": "melody",
    "fx": "fx",
}
"""The stem of each role."""
