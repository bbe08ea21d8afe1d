"""Words for the sound (warm, gritty, dry) and for eras (80s)."""

from collections.abc import Mapping
from typing import NamedTuple

from ..genre.types import Genre
from ..shade import Shade, blended
from .instrument_words import MEANINGS
from .matching import Notes

_TEXTURE_GROUPS: tuple[tuple[str, Shade, str], ...] = (
    ("brighter sound", Shade(brightness_db=4.5), "bright brilliant sparkling shimmering glassy airy sparkly"),
    ("clear highs", Shade(brightness_db=3.5, space_db=-2), "crisp clear crystalline"),
    ("warmer sound", Shade(brightness_db=-3.5, warmth_db=2.5), "warm warmth analog analogue mellow-sounding"),
    (
        "highs closed",
        Shade(brightness_db=-10, top=1500),
        "muffled muted-sounding low-pass lowpass lowpassed underwater submerged dull",
    ),
    ("darker sound", Shade(brightness_db=-6), "dark-sounding murky smoky-sounding"),
    (
        "thin, without lows",
        Shade(bottom=420, warmth_db=-6, top=5000),
        "tinny telephone radio-like am-radio thin",
    ),
    (
        "worn tape",
        Shade(brightness_db=-2.5, drive=1.6, wow_cents=7, top=8500),
        "tape cassette vhs wobbly warped dusty worn-out",
    ),
    (
        "old equipment",
        Shade(brightness_db=-3, warmth_db=1, drive=1.8, wow_cents=4, top=7500, width=0.75),
        "vintage retro old-school oldschool old-timey antique",
    ),
    (
        "bent by overdrive",
        Shade(drive=7, brightness_db=1.5),
        "gritty grit distorted distortion dirty fuzzy crunchy overdriven noisy",
    ),
    ("a little overdrive", Shade(drive=3.5), "saturated raw rough grungy-sounding edgy"),
    (
        "clean, without tape or drive",
        Shade(clean=True, brightness_db=1),
        "clean polished hi-fi hifi pristine",
    ),
    (
        "clean, tight and bright",
        Shade(clean=True, brightness_db=2.5, space_db=-2, punch=0.5),
        "modern contemporary",
    ),
    ("tight, compressed", Shade(punch=1.0, space_db=-2), "punchy tight compressed snappy"),
    (
        "much room",
        Shade(space_db=7),
        "spacious reverb reverberant echo echoes echoing echoey cavernous cathedral vast distant washed-out "
        "washed wide-open hall",
    ),
    ("some room", Shade(space_db=4, brightness_db=-1), "dreamy hazy airy-sounding ethereal floaty"),
    ("dry", Shade(space_db=-12), "dry close-up close-miked dead-room"),
    ("everybody plays", Shade(density=0.8, space_db=2), "lush rich orchestrated lavish"),
    ("everybody plays", Shade(density=0.8), "dense thick layered full-sounding maximalist"),
    (
        "few play",
        Shade(density=-0.8),
        "minimal minimalistic sparse bare stripped-back stripped-down stripped uncluttered",
    ),
    ("wider", Shade(width=1.3, space_db=1), "wide panoramic"),
    ("in the middle", Shade(width=0.0), "mono monophonic"),
)
_PHRASES: tuple[tuple[str, Shade, str], ...] = (
    (
        "worn tape",
        Shade(brightness_db=-2.5, drive=1.6, wow_cents=6, top=8500),
        "lo-fi|lofi|lo fi|low fidelity",
    ),
    (
        "much room",
        Shade(space_db=9),
        "lots of reverb|heavy reverb|huge reverb|drenched in reverb|big reverb|long reverb",
    ),
    ("everybody plays", Shade(density=0.8), "wall of sound|full arrangement"),
    ("few play", Shade(density=-0.8), "few instruments|stripped back|stripped down"),
    ("old equipment", Shade(brightness_db=-3, drive=1.8, wow_cents=4, top=7500, width=0.75), "old school"),
    ("thin, without lows", Shade(bottom=420, warmth_db=-6, top=5000), "old radio|am radio"),
)
TEXTURES: dict[str, tuple[Shade, str]] = {
    word: (shade, meaning) for meaning, shade, words in _TEXTURE_GROUPS for word in words.split()
} | {phrase: (shade, meaning) for meaning, shade, phrases in _PHRASES for phrase in phrases.split("|")}

# What "no ..." asks for.
OPPOSITES: dict[str, tuple[Shade, str]] = {
    "reverb": (Shade(space_db=-12), "dry"),
    "echo": (Shade(space_db=-12), "dry"),
    "distortion": (Shade(clean=True), "clean"),
    "overdrive": (Shade(clean=True), "clean"),
    "tape": (Shade(clean=True), "clean"),
}


class Era(NamedTuple):
    """How a decade sounds, and the instruments that it would rather have than others."""

    shade: Shade
    prefers: tuple[str, ...]


_OLD_BAND = (
    "jazz_kit",
    "double_bass",
    "piano",
    "saxophone",
    "trumpet",
    "muted_trumpet",
    "jazz_guitar",
    "strings",
)
_SYNTHS = (
    *(
        "gated_kit",
        "electronic_kit",
        "synth_bass",
        "saw_lead",
        "super_saw",
        "warm_pad",
        "glass_pad",
        "pluck",
        "soft_pluck",
    ),
    *("epiano", "bell", "overdriven_guitar"),
)
_ERAS: dict[str, Era] = {
    "20s": Era(Shade(top=3800, bottom=260, width=0.0, wow_cents=5, drive=2, space_db=-4), _OLD_BAND),
    "30s": Era(Shade(top=4200, bottom=230, width=0.0, wow_cents=4, drive=2, space_db=-4), _OLD_BAND),
    "40s": Era(Shade(top=5000, bottom=180, width=0.1, wow_cents=3, drive=1.8, space_db=-2), _OLD_BAND),
    "50s": Era(
        Shade(top=6500, width=0.3, wow_cents=2, drive=1.6, brightness_db=-1), (*_OLD_BAND, "clean_guitar")
    ),
    "60s": Era(
        Shade(top=8500, width=0.8, drive=1.8, space_db=2),
        ("organ", "clean_guitar", "picked_bass", "overdriven_guitar", "rock_kit", "piano"),
    ),
    "70s": Era(
        Shade(brightness_db=-3, warmth_db=2, drive=1.6, space_db=-4, wow_cents=1.5),
        (
            "epiano",
            "clavinet",
            "organ",
            "fingered_bass",
            "strings",
            "wah_guitar",
            "overdriven_guitar",
            "saxophone",
        ),
    ),
    "80s": Era(Shade(brightness_db=3, space_db=4, warmth_db=-1), _SYNTHS),
    "90s": Era(
        Shade(brightness_db=1, space_db=-3, drive=1.5, punch=0.4),
        ("overdriven_guitar", "clean_guitar", "sub_bass", "piano", "stab", "super_saw"),
    ),
    "2000s": Era(Shade(brightness_db=2, punch=0.8, space_db=-3), ()),
    "2010s": Era(Shade(brightness_db=2.5, punch=0.8, clean=True), ("sub_bass", "super_saw", "pluck")),
}
_ERA_WORDS: dict[str, str] = {
    **{era: era for era in _ERAS if era not in ("20s", "30s")},
    **{f"19{era}": era for era in _ERAS if len(era) == 3},
    **{f"'{era}": era for era in _ERAS if len(era) == 3},
    "eighties": "80s",
    "seventies": "70s",
    "sixties": "60s",
    "fifties": "50s",
    "forties": "40s",
    "thirties": "30s",
    "roaring twenties": "20s",
    "nineties": "90s",
    "y2k": "2000s",
}


class Texture(NamedTuple):
    """What the words say about the sound."""

    shade: Shade
    prefers: tuple[str, ...]


def read_texture(text: str, unwanted_textures: Mapping[str, str], genre: Genre, notes: Notes) -> Texture:
    """The shade of a prompt, and which instruments it prefers where the genre leaves a choice.

    `unwanted_textures` are the textures that it does not want, with the words that say so. A word that is the genre's
    own name says nothing new.
    """
    shades: list[Shade] = []
    prefers: list[str] = []
    words = notes.found(text, {**MEANINGS, **TEXTURES, **dict.fromkeys(genre.aliases), **_ERA_WORDS})
    for word in words:
        if word in MEANINGS or (word in genre.aliases and word not in _ERA_WORDS):
            continue
        if word in _ERA_WORDS:
            era = _ERAS[_ERA_WORDS[word]]
            notes.reason(word, f"sounds like the {_ERA_WORDS[word]}")
            shades.append(era.shade)
            prefers += era.prefers
        else:
            shade, meaning = TEXTURES[word]
            notes.reason(word, meaning)
            shades.append(shade)
    for word, said in unwanted_textures.items():
        shade, meaning = OPPOSITES[word]
        notes.reason(f"no {word}", meaning, said)
        shades.append(shade)
    return Texture(blended(shades), tuple(dict.fromkeys(prefers)))
