"""What words in a prompt mean, beside the genres' own words."""

from typing import NamedTuple

from .instruments import DRUM_KITS


class Mood(NamedTuple):
    """How much a word moves energy (0 to 1), valence (-1 to 1) and the tempo within its range (-1 to 1)."""

    energy: float
    valence: float
    pull: float = 0.0


_MOOD_GROUPS: tuple[tuple[Mood, str], ...] = (
    (
        Mood(-0.18, -0.6, -0.25),
        "sad melancholy melancholic sorrowful mournful grief lonely heartbroken tearful",
    ),
    (Mood(-0.08, -0.35, -0.1), "nostalgic wistful bittersweet longing rainy autumn moody blue lonesome"),
    (
        Mood(0.0, -0.5, 0.0),
        "dark ominous sinister eerie haunting gloomy menacing creepy spooky horror scary tense",
    ),
    (Mood(0.16, 0.6, 0.2), "happy cheerful joyful joyous playful sunny funny upbeat fun carefree feel-good"),
    (
        Mood(0.1, 0.45, 0.05),
        "hopeful uplifting inspiring optimistic bright triumphant warm summer spring morning",
    ),
    (Mood(0.0, 0.3, -0.1), "romantic love tender sweet gentle lovely wedding heartwarming"),
    (
        Mood(-0.24, 0.1, -0.35),
        "calm peaceful relaxing relaxed chill quiet soft smooth soothing mellow serene tranquil still",
    ),
    (
        Mood(-0.2, 0.0, -0.3),
        "sleepy sleep dreamy dream lullaby slowed ballad intimate delicate minimal sparse",
    ),
    (
        Mood(0.26, 0.0, 0.3),
        "energetic powerful intense driving hype explosive pumping wild huge loud workout running",
    ),
    (Mood(0.28, -0.45, 0.25), "aggressive angry furious brutal heavy rage violent savage"),
    (Mood(0.3, -0.3, 0.1), "epic heroic battle war dramatic massive legendary"),
    (Mood(-0.06, 0.0, -0.75), "slow slowly slower"),
    (Mood(0.1, 0.0, 0.75), "fast faster quick uptempo up-tempo rapid frantic racing"),
    (
        Mood(-0.05, -0.15, -0.1),
        "night midnight late-night nocturnal winter cold rain storm fog mysterious mystery",
    ),
    (Mood(0.05, 0.1, 0.1), "groovy funky bouncy catchy"),
)
MOODS: dict[str, Mood] = {word: mood for mood, words in _MOOD_GROUPS for word in words.split()}

# A word for instruments: those it may mean, best first; the first that the genre can cast is meant.
INSTRUMENT_WORDS: dict[str, tuple[str, ...]] = {
    "electric piano": ("epiano",),
    "rhodes": ("epiano",),
    "wurlitzer": ("epiano",),
    "grand piano": ("piano",),
    "piano": ("piano", "epiano"),
    "keyboard": ("epiano", "piano", "organ"),
    "vibraphone": ("vibraphone",),
    "vibes solo": ("vibraphone",),
    "marimba": ("vibraphone",),
    "xylophone": ("vibraphone",),
    "organ": ("organ",),
    "hammond": ("organ",),
    "acoustic guitar": ("steel_guitar", "nylon_guitar"),
    "steel guitar": ("steel_guitar",),
    "banjo": ("banjo",),
    "harmonica": ("harmonica",),
    "harpsichord": ("harpsichord",),
    "nylon guitar": ("nylon_guitar",),
    "classical guitar": ("nylon_guitar",),
    "spanish guitar": ("nylon_guitar",),
    "ukulele": ("nylon_guitar",),
    "jazz guitar": ("jazz_guitar",),
    "clean guitar": ("clean_guitar", "jazz_guitar"),
    "electric guitar": ("lead_guitar", "distorted_guitar", "jazz_guitar", "clean_guitar"),
    "lead guitar": ("lead_guitar", "jazz_guitar"),
    "guitar solo": ("lead_guitar", "jazz_guitar", "clean_guitar", "nylon_guitar"),
    "guitar": (
        "distorted_guitar",
        "jazz_guitar",
        "steel_guitar",
        "nylon_guitar",
        "clean_guitar",
        "lead_guitar",
    ),
    "flute": ("flute",),
    "oboe": ("oboe",),
    "saxophone": ("saxophone",),
    "sax": ("saxophone",),
    "muted trumpet": ("muted_trumpet",),
    "trumpet": ("trumpet", "muted_trumpet"),
    "strings": ("strings", "violins"),
    "violin": ("violin", "violins", "strings"),
    "fiddle": ("violin", "violins"),
    "clarinet": ("clarinet",),
    "cello": ("celli", "strings"),
    "celli": ("celli", "strings"),
    "harp": ("harp",),
    "choir": ("choir",),
    "choral": ("choir",),
    "french horn": ("horns",),
    "horn": ("horns", "brass"),
    "brass": ("brass",),
    "timpani": ("timpani",),
    "bell": ("bell",),
    "music box": ("bell",),
    "celesta": ("bell",),
    "double bass": ("double_bass", "fingered_bass"),
    "upright bass": ("double_bass", "fingered_bass"),
    "bass guitar": ("fingered_bass", "picked_bass"),
    "synth bass": ("synth_bass",),
    "808": ("bass_808", "sub_bass", "synth_bass"),
    "acid bass": ("acid_bass", "synth_bass"),
    "slap bass": ("slap_bass", "fingered_bass"),
    "clavinet": ("clavinet",),
    "clav": ("clavinet",),
    "sub bass": ("sub_bass", "synth_bass"),
    "warm pad": ("warm_pad",),
    "pad": ("warm_pad", "glass_pad", "super_saw"),
    "supersaw": ("super_saw",),
    "synth lead": ("saw_lead",),
    "pluck": ("pluck", "soft_pluck"),
    "synth": ("saw_lead", "super_saw", "warm_pad", "glass_pad"),
    "vinyl crackle": ("vinyl",),
    "drum": DRUM_KITS,
    "percussion": DRUM_KITS,
}
GUITARS = (
    "steel_guitar",
    "nylon_guitar",
    "jazz_guitar",
    "clean_guitar",
    "distorted_guitar",
    "overdriven_guitar",
    "lead_guitar",
)

# What "without ..." takes away: roles and instruments.
REMOVALS: dict[str, tuple[str, ...]] = {word: options[:1] for word, options in INSTRUMENT_WORDS.items()} | {
    "drum": ("drums",),
    "percussion": ("drums", "timpani"),
    "beat": ("drums",),
    "drum kit": ("drums",),
    "bass": ("bass",),
    "bassline": ("bass",),
    "melody": ("lead", "counter"),
    "melodies": ("lead", "counter"),
    "lead": ("lead",),
    "pad": ("pad",),
    "chord": ("chords", "keys"),
    "guitar": (*GUITARS, "guitar", "guitar_left", "guitar_right"),
    "electric guitar": (
        "distorted_guitar",
        "overdriven_guitar",
        "lead_guitar",
        "clean_guitar",
        "jazz_guitar",
    ),
    "piano": ("piano", "epiano"),
    "string": ("strings", "violins", "violin", "celli", "spiccato"),
    "strings": ("strings", "violins", "violin", "celli", "spiccato"),
    "brass": ("brass", "horns", "trumpet", "muted_trumpet"),
    "synth": ("saw_lead", "super_saw", "warm_pad", "glass_pad", "synth_bass", "pluck", "soft_pluck", "stab"),
    "arpeggio": ("arp",),
    "noise": ("fx",),
    "effect": ("fx",),
    "vinyl": ("fx",),
    "crackle": ("fx",),
    "vinyl crackle": ("fx",),
    "riser": ("fx",),
}
BEATLESS_WORDS = ("drumless", "beatless", "no-drums")

VOCAL_WORDS = (
    "vocal",
    "vocals",
    "vocalist",
    "singer",
    "singing",
    "sing",
    "sung",
    "lyrics",
    "lyric",
    "rapper",
    "rapping",
    "voice",
    "voices",
    "a cappella",
    "acapella",
)
MISSING_INSTRUMENTS = (
    "accordion",
    "bagpipe",
    "didgeridoo",
    "erhu",
    "kalimba",
    "koto",
    "mandolin",
    "pan flute",
    "shakuhachi",
    "sitar",
    "steel drum",
    "tabla",
    "theremin",
    "trombone",
    "tuba",
    "turntable",
)
