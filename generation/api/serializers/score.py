"""A track's score: what is played when, in seconds of the audio."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from generation.models import Track
from generation.tracks.scores import outline_of, parts_of

_DIGITS = 3


class StretchSerializer(serializers.Serializer[Any]):
    """A section or a chord."""

    name = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()


class NotesSerializer(serializers.Serializer[Any]):
    """Notes in order of time, as four lists of equal length: the first note has the first number of each."""

    start = serializers.ListField(child=serializers.FloatField())
    duration = serializers.ListField(child=serializers.FloatField())
    pitch = serializers.ListField(
        child=serializers.IntegerField(), help_text="MIDI numbers; of drums those of General MIDI."
    )
    velocity = serializers.ListField(child=serializers.IntegerField())


class PartSerializer(serializers.Serializer[Any]):
    """What one role plays on one instrument."""

    role = serializers.CharField()
    instrument = serializers.CharField()
    stem = serializers.CharField(help_text="The stem in which it is heard.")
    is_drums = serializers.BooleanField()
    notes = NotesSerializer()


class ScoreSerializer(serializers.Serializer[Any]):
    """All times are seconds from the start of the audio."""

    duration = serializers.FloatField()
    bpm = serializers.FloatField(
        help_text="Of what the metre counts: quarter notes, in 6/8 and 12/8 dotted ones. A bar of 6/8 lasts 120 / bpm."
    )
    key = serializers.CharField()
    time_signature = serializers.CharField(help_text="Of all bars.")
    bars = serializers.ListField(
        child=serializers.FloatField(), help_text="Where bars begin, and at last where the final chord does."
    )
    sections = StretchSerializer(many=True, help_text="They cover the track.")
    chords = StretchSerializer(many=True, help_text="They cover the track, each within its section.")
    parts = PartSerializer(many=True)


def score_json(track: Track) -> dict[str, Any]:
    """The score of a track as `ScoreSerializer` describes it. Raises NoScore or OutdatedScore."""
    outline = outline_of(track)
    return {
        "duration": outline.duration,
        "bpm": outline.bpm,
        "key": outline.key,
        "time_signature": outline.time_signature,
        "bars": _rounded(outline.bars),
        "sections": [_stretch(*section) for section in outline.sections],
        "chords": [_stretch(*chord) for chord in outline.chords],
        "parts": [
            {
                "role": part.role,
                "instrument": part.instrument,
                "stem": part.stem,
                "is_drums": part.is_drums,
                "notes": {
                    "start": _rounded(note.start for note in part.notes),
                    "duration": _rounded(note.stop - note.start for note in part.notes),
                    "pitch": [note.pitch for note in part.notes],
                    "velocity": [note.velocity for note in part.notes],
                },
            }
            for part in parts_of(track)
        ],
    }


def _stretch(name: str, start: float, end: float) -> dict[str, Any]:
    return {"name": name, "start": round(start, _DIGITS), "end": round(end, _DIGITS)}


def _rounded(seconds: Iterable[float]) -> list[float]:
    return [round(each, _DIGITS) for each in seconds]
