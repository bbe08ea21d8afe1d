"""What the words of a prompt say, subject after subject: style, mood, tempo, key, instruments, sound, form."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..genre.types import Genre
from ..instruments import DRUM_KITS
from ..shade import PLAIN, Shade, blended
from ..structure import AS_USUAL, Structure
from .instruments import read_solo, read_wanted
from .key import read_key
from .limits import note_limits, without_free_of_vocals, without_models
from .matching import Notes, found
from .moods import MOODS, mood_words
from .negation import take_out_negations
from .structure import read_structure
from .styles import pick_genre, with_bass_played, without_drums_in_names
from .tempo import is_middling, read_bpm, read_pace, read_pulse
from .texture import read_texture


@dataclass(slots=True)
class Reading:
    """What the words said. `pull` leans the tempo to slow (-1) or fast (1); None where nothing was said.

    `pace` is a range in BPM, where a word such as "andante" names one.
    """

    genre: str = ""
    bpm: float | None = None
    pace: tuple[float, float] | None = None
    tonic: int | None = None
    mode: str = ""
    energy: float = 0.5
    valence: float = 0.0
    pull: float = 0.0
    only: str = ""
    without: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    prefers: tuple[str, ...] = ()
    shade: Shade = PLAIN
    structure: Structure = AS_USUAL
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_words(prompt: str, genres: Mapping[str, Genre], *, seed: int, genre: str | None = None) -> Reading:
    """What a prompt says; where neither it nor `genre` names a style, mood and seed draw one."""
    notes = Notes()
    text = without_models(unicodedata.normalize("NFKC", prompt), notes)
    form_notes = Notes()
    form = read_structure(with_bass_played(text.lower()), form_notes)
    lowered, without, unwanted_textures = take_out_negations(without_free_of_vocals(form.rest), genres, notes)
    moods = found(lowered, MOODS)
    energy = sum(MOODS[word].energy for word in moods)
    valence = sum(MOODS[word].valence for word in moods)
    chosen = genres[genre or pick_genre(lowered, genres, energy, valence, seed, notes)]
    for word in moods:
        notes.reason(word, mood_words(word))
    middling = is_middling(lowered, notes)
    reading = Reading(
        genre=chosen.name,
        bpm=read_bpm(lowered, notes),
        pace=read_pace(lowered, notes),
        energy=round(min(1.0, max(0.0, chosen.energy + energy)), 3),
        valence=round(min(1.0, max(-1.0, chosen.valence + valence)), 3),
        pull=0.0 if middling else min(1.0, max(-1.0, sum(MOODS[word].pull for word in moods))),
        without=tuple(sorted(without)),
    )
    reading.tonic, reading.mode = read_key(text, notes)
    played = without_drums_in_names(lowered, genres)
    reading.wanted = read_wanted(played, chosen, without, notes)
    reading.only = read_solo(played, chosen, without, notes)
    texture = read_texture(lowered, unwanted_textures, chosen, notes)
    reading.prefers = texture.prefers
    reading.shade = texture.shade if form.shade == PLAIN else blended((texture.shade, form.shade))
    reading.structure = replace(form.structure, pulse=_pulse(lowered, chosen, reading, notes))
    notes.add(form_notes)
    note_limits(lowered, notes)
    reading.reasons, reading.notices = notes.reasons, tuple(notes.notices)
    return reading


def _pulse(text: str, genre: Genre, reading: Reading, notes: Notes) -> str:
    """At which speed the drums are to go, where there are any."""
    drums = "drums" in genre.roles or set(reading.wanted) & set(DRUM_KITS)
    if drums and "drums" not in reading.without:
        return read_pulse(text, notes)
    if pulse := read_pulse(text, Notes()):
        notes.notice(f"No drums play here that could go at {pulse} speed.")
    return ""
