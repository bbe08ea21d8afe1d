"""Every instrument by name: what plays it, and what plays it where the sound bank is not there."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zlib import crc32

from generation.audio.types import Samples
from generation.composer.dsp.amplifier import Amplifier, AmplifierSetting
from generation.composer.dsp.wah import Wah
from generation.composer.sources import synth_bass, synth_struck, synth_sustained
from generation.composer.sources.drums import KITS, DrumKit
from generation.composer.sources.pitched import Manner, Pitched, ToneMaker
from generation.composer.sources.player import Instrument
from generation.composer.sources.sampler import Sampled, SampledKit, load, tone_maker
from generation.composer.sources.soundfont import SoundFontError
from generation.composer.sources.textures import TEXTURES, Texture
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.vibrato import Vibrato

logger = logging.getLogger(__name__)

_GUITAR = Manner(0.09, touch=0.9, mute=0.13)

SAMPLED: dict[str, Sampled] = {
    "piano": Sampled("piano", Manner(0.35, spread=0.13), dull=2.6),
    "epiano": Sampled("epiano", Manner(0.3, spread=0.08)),
    "harpsichord": Sampled("harpsichord", Manner(0.12, spread=0.1)),
    "clavinet": Sampled("clavinet", Manner(0.06), dull=1.5),
    "vibraphone": Sampled("vibraphone", Manner(1.0, spread=0.12, shortest=0.3), dull=1.0),
    "jazz_guitar": Sampled("jazz_guitar", Manner(0.18)),
    "clean_guitar": Sampled("clean_guitar", Manner(0.25), muted="muted_guitar"),
    "wah_guitar": Sampled("clean_guitar", Manner(0.25), muted="muted_guitar"),
    "nylon_guitar": Sampled("nylon_guitar", Manner(0.3)),
    "steel_guitar": Sampled("steel_guitar", Manner(0.35)),
    "banjo": Sampled("banjo", Manner(0.2)),
    "distorted_guitar": Sampled("clean_guitar", _GUITAR, dull=0.5, muted="muted_guitar"),
    "overdriven_guitar": Sampled("clean_guitar", _GUITAR, dull=0.5, muted="muted_guitar"),
    "lead_guitar": Sampled(
        "clean_guitar",
        replace(_GUITAR, release=0.14),
        dull=0.5,
        vibrato=Vibrato(5.6, 16, 0.28),
        muted="muted_guitar",
    ),
    "violin": Sampled("violin", Manner(0.16), dull=1.2, attack=0.05, vibrato=Vibrato(5.6, 12, 0.22)),
    "clarinet": Sampled("clarinet", Manner(0.12), dull=1.4),
    "harmonica": Sampled("harmonica", Manner(0.1), dull=1.0, vibrato=Vibrato(4.8, 8, 0.3)),
    "organ": Sampled("organ", Manner(0.08), dull=0.3),
    "flute": Sampled("flute", Manner(0.14), dull=1.2, vibrato=Vibrato(5.1, 8, 0.3)),
    "oboe": Sampled("oboe", Manner(0.12), dull=1.2, vibrato=Vibrato(5.4, 7, 0.25)),
    "saxophone": Sampled("saxophone", Manner(0.12), dull=1.8, vibrato=Vibrato(5.0, 10, 0.35)),
    "trumpet": Sampled("trumpet", Manner(0.12), dull=2.2, vibrato=Vibrato(5.2, 6, 0.4)),
    "muted_trumpet": Sampled("muted_trumpet", Manner(0.12), dull=1.5, vibrato=Vibrato(5.2, 6, 0.4)),
    "strings": Sampled("strings", Manner(0.5, spread=0.12), dull=1.2, attack=0.13),
    "violins": Sampled(
        "strings", Manner(0.35, spread=0.06), dull=1.0, attack=0.07, vibrato=Vibrato(5.3, 6, 0.2)
    ),
    "celli": Sampled("cello", Manner(0.4, spread=0.06), attack=0.09),
    "spiccato": Sampled(
        "strings", Manner(0.22, spread=0.12, longest=0.22), dull=2.5, attack=0.006, decay=0.9, skip=0.12
    ),
    "harp": Sampled("harp", Manner(1.2, spread=0.14, shortest=0.9)),
    "choir": Sampled("choir", Manner(0.6, spread=0.14), dull=1.5, attack=0.2, tune=12),
    "horns": Sampled("horns", Manner(0.3, spread=0.05), dull=2.0),
    "brass": Sampled("brass", Manner(0.22, spread=0.08), dull=2.2),
    "timpani": Sampled("timpani", Manner(1.4, shortest=0.5), dull=2.0, tune=-18),
    "double_bass": Sampled("double_bass", Manner(0.16), dull=1.5),
    "fingered_bass": Sampled("fingered_bass", Manner(0.1), dull=1.5),
    "slap_bass": Sampled("slap_bass", Manner(0.08, mute=0.09), dull=1.2),
    "picked_bass": Sampled("picked_bass", Manner(0.09), dull=1.0),
}

_KIT_KEYS = {
    "kick": 36, "rim": 37, "snare": 38, "hat": 42, "tom_low": 43, "open_hat": 46, "tom_mid": 47, "crash": 49,
    "tom_high": 50, "ride": 51,
}  # fmt: skip
SAMPLED_KITS: dict[str, tuple[str, dict[str, int]]] = {
    "rock_kit": ("rock_kit", _KIT_KEYS),
    "funk_kit": ("funk_kit", _KIT_KEYS),
    "jazz_kit": ("jazz_kit", {**_KIT_KEYS, "brush": 38, "snare": 40}),
}

AMPLIFIERS = {
    "distorted_guitar": AmplifierSetting(drive=34.0, presence_db=4.0, top=4700.0),
    "overdriven_guitar": AmplifierSetting(drive=13.0, presence_db=3.0, top=5000.0, bias=0.25),
    "lead_guitar": AmplifierSetting(drive=26.0, presence_db=3.5, top=5200.0, bias=0.2),
}
# Those that are played through a wah-wah.
PEDALS = frozenset({"wah_guitar"})

Device = Callable[[Samples], Samples]
"""Takes the next block (1, frames) of an instrument, and remembers."""

_STAND_INS = {**synth_sustained.VOICES, **synth_struck.VOICES, **synth_bass.VOICES}
INSTRUMENTS = tuple(sorted({*_STAND_INS, *KITS, *TEXTURES}))
"""Every instrument there is."""

# Two players of the same instrument never tune alike.
_DETUNE_CENTS = {"guitar_left": -3.0, "guitar_right": 3.0}


@dataclass(frozen=True, slots=True)
class Setting:
    """What an instrument needs to know of the piece: its part's role, the tonic's pitch class, the seed."""

    role: str
    tonic: int
    seed: int
    sample_rate: int
    recorded: bool = True


def instrument(name: str, setting: Setting) -> Instrument:
    """The instrument called `name`: recorded where the bank has it and it may be used, else synthesised.

    Raises ValueError for a name that is not in INSTRUMENTS.
    """
    if name in TEXTURES:
        return Texture(name, setting.seed ^ crc32(setting.role.encode()), setting.sample_rate)
    if name in KITS:
        return _kit(name, setting)
    if name not in _STAND_INS:
        raise ValueError(f"There is no instrument called {name!r}; there are {', '.join(INSTRUMENTS)}.")
    if setting.recorded and name in SAMPLED and is_recorded(name):
        sampled = SAMPLED[name]
        detune = _DETUNE_CENTS.get(setting.role, 0.0)
        maker = tone_maker(sampled, setting.sample_rate, detune)
        recorded = (name, "recorded", detune, setting.sample_rate)
        return Pitched(sampled.manner, maker, recorded, setting.sample_rate)
    synthesised = (name, "synthesised", setting.role, setting.sample_rate)
    return Pitched(_STAND_INS[name].manner, _synthesised(name, setting), synthesised, setting.sample_rate)


def device(name: str, sample_rate: int) -> Device | None:
    """What stands between an instrument and the mix, if anything does."""
    if name in AMPLIFIERS:
        return Amplifier(AMPLIFIERS[name], sample_rate)
    return Wah(sample_rate) if name in PEDALS else None


@lru_cache(maxsize=128)
def is_recorded(name: str) -> bool:
    """Whether the bank can play an instrument. What it lacks is logged once and left to the synthesiser."""
    presets: Sequence[str | None]
    if name in SAMPLED_KITS:
        presets = (SAMPLED_KITS[name][0],)
    elif name in SAMPLED:
        presets = (SAMPLED[name].preset, SAMPLED[name].muted)
    else:
        return False
    try:
        for preset in presets:
            if preset:
                load(preset)
    except (OSError, SoundFontError) as error:
        logger.warning("The sound bank cannot play %s (%s); a synthesised one stands in.", name, error)
        return False
    return True


def _kit(name: str, setting: Setting) -> Instrument:
    synthesised = DrumKit(name, setting.tonic, setting.sample_rate)
    if not setting.recorded or not is_recorded(name):
        return synthesised
    preset, keys = SAMPLED_KITS[name]
    return SampledKit(preset, keys, synthesised, setting.sample_rate)


def _synthesised(name: str, setting: Setting) -> ToneMaker:
    seed, rate = crc32(f"{name} {setting.role}".encode()), setting.sample_rate
    if name in synth_sustained.VOICES:
        sustained = synth_sustained.VOICES[name]
        return lambda pitch, layer, _: synth_sustained.make(sustained, pitch, layer, rate, seed)
    if name in synth_struck.VOICES:
        struck = synth_struck.VOICES[name]
        return lambda pitch, layer, _: synth_struck.make(struck, pitch, layer, rate, seed)
    bass = synth_bass.VOICES[name]
    return lambda pitch, layer, _: synth_bass.make(bass, pitch, layer, rate)


def ready(notes: Sequence[TimedNote], name: str) -> list[TimedNote]:
    """Notes in order of time; on a kit, an open hat rings until the next stroke of the hats closes it."""
    ordered = sorted(notes, key=lambda note: note.time)
    if name not in KITS:
        return ordered
    closing = float("inf")
    for index in range(len(ordered) - 1, -1, -1):
        note = ordered[index]
        if note.voice == "open_hat":
            ordered[index] = note._replace(duration=min(4.0, closing - note.time))
        if note.voice in ("hat", "open_hat"):
            closing = note.time
    return ordered
