"""What each part of a score plays, in seconds: for whoever draws notes rather than sounding them."""

from dataclasses import dataclass

from ..score import Part, Score
from ..sources.timed_note import TimedNote
from .general_midi import KITS, note_number
from .perform import perform
from .stem_names import STEM_OF
from .strokes import Stroke, cut_where_struck_again


@dataclass(frozen=True, slots=True)
class PlayedPart:
    """A part as it is heard: `stem` names that of `STEMS` in which it sounds.

    `notes` are in order of time, `start` and `stop` in seconds; drums go by their General MIDI notes.
    """

    role: str
    instrument: str
    stem: str
    is_drums: bool
    notes: tuple[Stroke[float], ...]


def played_parts(score: Score) -> tuple[PlayedPart, ...]:
    """The parts of a score with the notes that its MIDI file has, where they are heard."""
    performance = perform(score)
    return tuple(
        PlayedPart(
            role=part.role,
            instrument=part.instrument,
            stem=STEM_OF[part.role],
            is_drums=part.instrument in KITS,
            notes=_notes(part, performance[part.role]),
        )
        for part in score.parts
    )


def _notes(part: Part, played: tuple[TimedNote, ...]) -> tuple[Stroke[float], ...]:
    strokes = (
        Stroke(note.time, note.time + note.duration, note_number(part, note), note.velocity)
        for note in played
    )
    return tuple(sorted(cut_where_struck_again(strokes)))
