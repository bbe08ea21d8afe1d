"""What General MIDI calls the instruments: a program for each, a note for each drum. Programs count from 0."""

from ..score import Part
from ..sources.timed_note import TimedNote

DRUM_CHANNEL = 9
"""The channel that people call 10: whatever plays there is a drum kit."""

PROGRAMS: dict[str, int] = {
    "piano": 0,
    "epiano": 4,
    "harpsichord": 6,
    "clavinet": 7,
    "vibraphone": 11,
    "bell": 14,
    "organ": 16,
    "harmonica": 22,
    "nylon_guitar": 24,
    "steel_guitar": 25,
    "jazz_guitar": 26,
    "clean_guitar": 27,
    "wah_guitar": 27,
    "overdriven_guitar": 29,
    "lead_guitar": 29,
    "distorted_guitar": 30,
    "double_bass": 32,
    "fingered_bass": 33,
    "picked_bass": 34,
    "slap_bass": 36,
    "synth_bass": 38,
    "acid_bass": 38,
    "sub_bass": 39,
    "bass_808": 39,
    "violin": 40,
    "celli": 42,
    "spiccato": 48,
    "violins": 48,
    "harp": 46,
    "timpani": 47,
    "strings": 48,
    "choir": 52,
    "trumpet": 56,
    "muted_trumpet": 59,
    "horns": 60,
    "brass": 61,
    "saxophone": 66,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
    "banjo": 105,
    "saw_lead": 81,
    "synth_voice": 54,
    "stab": 62,
    "dub_stab": 62,
    "pluck": 98,
    "soft_pluck": 98,
    "glass_pad": 88,
    "warm_pad": 89,
    "super_saw": 90,
    # Noises have no place among the programs; these come nearest.
    "vinyl": 121,
    "wind": 122,
    "riser": 119,
    "swell": 119,
}

KITS: dict[str, int] = {
    "lofi_kit": 0,
    "folk_kit": 0,
    "pop_kit": 0,
    "funk_kit": 8,
    "techno_kit": 25,
    "hip_hop_kit": 25,
    "rock_kit": 16,
    "gated_kit": 16,
    "electronic_kit": 24,
    "break_kit": 24,
    "jazz_kit": 32,
    "cinematic_kit": 48,
}
"""The kit of General MIDI 2 for each of ours; players that know only the first have one kit for all."""

DRUM_NOTES: dict[str, int] = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "brush": 40,
    "taiko": 41,
    "hat": 42,
    "tom_low": 43,
    "taiko_high": 45,
    "open_hat": 46,
    "tom_mid": 47,
    "crash": 49,
    "tom_high": 50,
    "ride": 51,
    "shaker": 70,
}


def note_number(part: Part, note: TimedNote) -> int:
    """The MIDI note of what a part plays: its pitch, or for a kit that of the drum."""
    return DRUM_NOTES[note.voice] if part.instrument in KITS else note.pitch
