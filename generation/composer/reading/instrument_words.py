"""Words for instruments. A new instrument is a line here, and one in `guests.toml` that says what it plays."""

from typing import NamedTuple

from ..instruments import DRUM_KITS, INSTRUMENTS

# What a word may mean, best first: the first that the genre has a part for is meant, and where it has none
# for any, the one with a star (or the first) comes as a guest. Behind a slash stands what plays where there
# is no such instrument.
_WORDS: dict[str, str] = {
    "electric piano": "epiano",
    "rhodes": "epiano",
    "wurlitzer": "epiano",
    "grand piano": "piano",
    "felt piano": "piano",
    "honky tonk piano": "piano",
    "piano": "piano epiano",
    "keyboard": "epiano piano organ",
    "harpsichord": "harpsichord / piano",
    "clavinet": "clavinet / epiano",
    "clav": "clavinet / epiano",
    "vibraphone": "vibraphone",
    "vibes solo": "vibraphone",
    "marimba": "vibraphone",
    "xylophone": "vibraphone",
    "kalimba": "kalimba / soft_pluck",
    "organ": "organ",
    "hammond": "organ",
    "church organ": "organ",
    "accordion": "accordion / organ",
    "acoustic guitar": "steel_guitar nylon_guitar",
    "steel guitar": "steel_guitar / nylon_guitar",
    "steel string": "steel_guitar / nylon_guitar",
    "steel-string": "steel_guitar / nylon_guitar",
    "steel-string guitar": "steel_guitar / nylon_guitar",
    "nylon guitar": "nylon_guitar",
    "classical guitar": "nylon_guitar",
    "spanish guitar": "nylon_guitar",
    "flamenco guitar": "nylon_guitar",
    "fingerpicked guitar": "steel_guitar nylon_guitar",
    "ukulele": "nylon_guitar",
    "banjo": "banjo / nylon_guitar",
    "mandolin": "mandolin / nylon_guitar",
    "lute": "lute / nylon_guitar",
    "oud": "oud / nylon_guitar",
    "bouzouki": "bouzouki / nylon_guitar",
    "balalaika": "balalaika / nylon_guitar",
    "shamisen": "shamisen / nylon_guitar",
    "pipa": "pipa / nylon_guitar",
    "dulcimer": "dulcimer / harp",
    "zither": "zither / harp",
    "sitar": "sitar / nylon_guitar",
    "koto": "koto / harp",
    "jazz guitar": "jazz_guitar",
    "clean guitar": "clean_guitar jazz_guitar",
    **dict.fromkeys(("wah", "wah-wah", "wah wah"), "wah_guitar"),
    **dict.fromkeys(("wah pedal", "wah-wah pedal", "wah wah pedal"), "wah_guitar"),
    **dict.fromkeys(("wah guitar", "wah-wah guitar", "wah wah guitar"), "wah_guitar"),
    "distorted guitar": "distorted_guitar",
    "distortion guitar": "distorted_guitar",
    "overdriven guitar": "overdriven_guitar",
    "heavy guitar": "distorted_guitar",
    "electric guitar": "lead_guitar distorted_guitar jazz_guitar clean_guitar*",
    "lead guitar": "lead_guitar jazz_guitar",
    "guitar solo": "lead_guitar jazz_guitar clean_guitar nylon_guitar",
    "guitar": "distorted_guitar jazz_guitar steel_guitar nylon_guitar clean_guitar* lead_guitar",
    "flute": "flute",
    "recorder": "flute",
    "piccolo": "flute",
    "ney": "ney / flute",
    "duduk": "duduk / oboe",
    "english horn": "oboe",
    "cor anglais": "oboe",
    "melodica": "melodica / oboe",
    "concertina": "concertina / organ",
    "mellotron": "mellotron / flute",
    "moog": "saw_lead",
    "tin whistle": "flute",
    "pan flute": "pan_flute / flute",
    "shakuhachi": "shakuhachi / flute",
    "oboe": "oboe",
    "clarinet": "clarinet / oboe",
    "bassoon": "bassoon / oboe",
    "bagpipe": "bagpipes / oboe",
    "harmonica": "harmonica / oboe",
    "theremin": "theremin / saw_lead",
    "saxophone": "saxophone",
    "sax": "saxophone",
    "muted trumpet": "muted_trumpet",
    "flugelhorn": "flugelhorn / muted_trumpet",
    "cornet": "cornet / trumpet",
    "trumpet": "trumpet muted_trumpet",
    "trombone": "trombone / horns",
    "tuba": "tuba / horns",
    "french horn": "horns",
    "horn": "horns brass",
    "brass": "brass",
    "brass section": "brass",
    "strings": "strings violins",
    "string section": "strings violins",
    "string quartet": "strings violins",
    "violin": "violin violins",
    "violins": "violins",
    "fiddle": "violin violins",
    "viola": "violin violins",
    "erhu": "erhu / violin violins",
    "cello": "celli",
    "celli": "celli",
    "pizzicato": "spiccato",
    "spiccato": "spiccato",
    "staccato strings": "spiccato",
    "harp": "harp",
    "choir": "choir",
    "choral": "choir",
    "timpani": "timpani",
    "bell": "bell",
    "music box": "bell",
    "celesta": "bell",
    "glockenspiel": "bell",
    "chime": "bell",
    "tubular bell": "bell",
    "handpan": "handpan / vibraphone",
    "steel drum": "steel_drum / vibraphone",
    "steelpan": "steel_drum / vibraphone",
    "double bass": "double_bass",
    "upright bass": "double_bass",
    "bass guitar": "fingered_bass picked_bass",
    "electric bass": "fingered_bass picked_bass",
    "slap bass": "slap_bass / fingered_bass",
    "acid bass": "acid_bass / synth_bass",
    "303": "acid_bass / synth_bass",
    "tb-303": "acid_bass / synth_bass",
    "synth bass": "synth_bass",
    "808": "bass_808 / sub_bass",
    "808 bass": "bass_808 / sub_bass",
    "sub bass": "sub_bass",
    "warm pad": "warm_pad",
    "synth pad": "warm_pad super_saw",
    "pad": "warm_pad glass_pad super_saw",
    "supersaw": "super_saw",
    "synth lead": "saw_lead",
    "lead synth": "saw_lead",
    "pluck": "pluck soft_pluck",
    "stab": "stab dub_stab",
    "dub stab": "dub_stab stab",
    "synth voice": "synth_voice / choir",
    "dub chord": "dub_stab stab",
    "synth": "saw_lead super_saw warm_pad glass_pad",
    "synthesizer": "saw_lead super_saw warm_pad glass_pad",
    "vinyl crackle": "vinyl",
    "vinyl noise": "vinyl",
    "wind noise": "wind",
    "drum machine": "electronic_kit techno_kit hip_hop_kit pop_kit",
    "electronic drum": "electronic_kit techno_kit hip_hop_kit pop_kit",
    "808 drum": "hip_hop_kit electronic_kit",
    **dict.fromkeys(("gated drum", "gated snare", "gated reverb", "gated tom"), "gated_kit"),
    **dict.fromkeys(("linndrum", "linn drum", "simmons", "simmons drum"), "gated_kit"),
    "909": "techno_kit electronic_kit",
    "taiko": "cinematic_kit",
    "taiko drum": "cinematic_kit",
    "tabla": "tabla / lofi_kit",
    "bongo": "bongos / lofi_kit",
    "conga": "congas / lofi_kit",
    "djembe": "djembe / lofi_kit",
    "cajon": "cajon / lofi_kit",
    "piano stab": "piano",
    "double bass drum": " ".join(DRUM_KITS),
    "bass drum": " ".join(DRUM_KITS),
    "drum": " ".join(DRUM_KITS),
    "percussion": " ".join(DRUM_KITS),
}


class Meaning(NamedTuple):
    """The instruments that a word may mean, which comes as a guest, and whether they only stand in."""

    options: tuple[str, ...]
    guest: str
    stands_in: bool


def _meaning(line: str) -> Meaning:
    own, _, instead = line.partition("/")
    marked = [name for name in own.split() if name.rstrip("*") in INSTRUMENTS]
    stands_in = not marked
    marked = marked or [name for name in instead.split() if name.rstrip("*") in INSTRUMENTS]
    options = tuple(name.rstrip("*") for name in marked)
    starred = [name.rstrip("*") for name in marked if name.endswith("*")]
    return Meaning(options, (starred or options)[0], stands_in)


MEANINGS: dict[str, Meaning] = {word: _meaning(line) for word, line in _WORDS.items()}

# There is none, and nothing that is like it.
NOT_AVAILABLE = (
    *("didgeridoo", "turntable", "scratching", "gamelan", "jaw harp", "beatbox", "birdsong", "whale song"),
    *("castanet", "tambourine", "cowbell", "maraca", "braam", "gong"),
)

# What an instrument is called where its name in the scores says too little.
_TITLES = {
    "epiano": "electric piano",
    "celli": "cellos",
    "saw_lead": "synth lead",
    "super_saw": "supersaw",
    "lofi_kit": "lo-fi drums",
    "bass_808": "808",
    "nylon_guitar": "nylon-string guitar",
    "steel_guitar": "steel-string guitar",
}


def title_of(instrument: str) -> str:
    """What people call an instrument: "electric piano", "rock drums"."""
    return _TITLES.get(instrument, instrument.replace("_kit", " drums").replace("_", " "))
