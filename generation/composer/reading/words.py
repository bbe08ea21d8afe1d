"""What the words of a prompt say, subject after subject: style, mood, tempo, key, instruments, sound, form."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..brief import Reading
from ..genre.types import Genre
from ..instruments import DRUM_KITS
from ..shade import PLAIN, Shade, blended
from ..structure import AS_USUAL, Structure
from .ignoring import IgnoredWords
from .instruments import read_solo, read_wanted
from .key import read_key
from .limits import note_limits, without_free_of_vocals, without_models
from .matching import Notes
from .metre import asked_metres, plays_any, settle_metre
from .moods import MOODS, mood_words
from .negation import take_out_negations
from .structure import read_structure
from .styles import pick_genre, with_bass_played, without_drums_in_names
from .tempo import is_middling, read_bpm, read_pace, read_pulse
from .texture import read_texture


@dataclass(slots=True)
class Wishes:
    """What the words ask for. `pull` leans the tempo to slow (-1) or fast (1); None where nothing was said.

    `metre` is a name in METRES, "" where the words ask for none that the genre has. `pace` is a range in BPM, where a
    word such as "andante" names one.
    """

    genre: str = ""
    metre: str = ""
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
    readings: tuple[Reading, ...] = ()
    reasons: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_words(
    prompt: str,
    genres: Mapping[str, Genre],
    *,
    seed: int,
    genre: str | None = None,
    time_signature: str | None = None,
    ignored: IgnoredWords | None = None,
) -> Wishes:
    """What a prompt says; where neither it nor `genre` names a style, mood and seed draw one.

    A `time_signature` wins over what the prompt says of it.
    """
    ignored = ignored or IgnoredWords()
    notes = Notes(ignored)
    whole = unicodedata.normalize("NFKC", prompt)
    text = without_models(whole, notes)
    form_notes = Notes(ignored)
    form = read_structure(with_bass_played(text.lower(), notes), form_notes)
    rest = without_free_of_vocals(form.rest, notes)
    lowered, without, unwanted_textures = take_out_negations(rest, genres, notes)
    moods = notes.found(lowered, MOODS)
    energy = sum(MOODS[word].energy for word in moods)
    valence = sum(MOODS[word].valence for word in moods)
    metres = {} if time_signature else asked_metres(lowered, notes)
    fitting = {
        name: each for name, each in genres.items() if plays_any(each, time_signature, metres)
    } or genres
    chosen = genres[genre or pick_genre(lowered, genres, fitting, energy, valence, seed, notes)]
    for word in moods:
        notes.reason(word, mood_words(word))
    middling = is_middling(lowered, notes)
    wishes = Wishes(
        genre=chosen.name,
        metre=settle_metre(time_signature, metres, chosen, notes),
        bpm=read_bpm(lowered, notes),
        pace=read_pace(lowered, notes),
        energy=round(min(1.0, max(0.0, chosen.energy + energy)), 3),
        valence=round(min(1.0, max(-1.0, chosen.valence + valence)), 3),
        pull=0.0 if middling else min(1.0, max(-1.0, sum(MOODS[word].pull for word in moods))),
        without=tuple(sorted(without)),
    )
    wishes.tonic, wishes.mode = read_key(text, notes)
    played = without_drums_in_names(lowered, genres, notes)
    wishes.wanted = read_wanted(played, chosen, without, notes)
    wishes.only = read_solo(played, chosen, without, notes)
    texture = read_texture(lowered, unwanted_textures, chosen, notes)
    wishes.prefers = texture.prefers
    wishes.shade = texture.shade if form.shade == PLAIN else blended((texture.shade, form.shade))
    wishes.structure = replace(form.structure, pulse=_pulse(lowered, chosen, wishes, notes))
    notes.add(form_notes)
    note_limits(lowered, notes)
    wishes.readings, wishes.reasons, wishes.notices = (
        notes.readings(whole),
        notes.reasons,
        tuple(notes.notices),
    )
    return wishes


def _pulse(text: str, genre: Genre, wishes: Wishes, notes: Notes) -> str:
    """At which speed the drums are to go, where there are any."""
    drums = "drums" in genre.roles or set(wishes.wanted) & set(DRUM_KITS)
    if drums and "drums" not in wishes.without:
        return read_pulse(text, notes)
    if pulse := read_pulse(text, Notes(notes.ignored)):
        notes.notice(f"No drums play here that could go at {pulse} speed.")
    return ""
