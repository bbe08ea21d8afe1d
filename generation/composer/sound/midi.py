"""A score as a Standard MIDI File, to be opened where music is edited."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..score import BEATS_PER_BAR, Part, Score
from ..sources.timed_note import TimedNote
from ..theory import key_name, key_signature
from .general_midi import DRUM_CHANNEL, KITS, PROGRAMS, note_number
from .mix_table import load_mix
from .perform import perform
from .strokes import Stroke, cut_where_struck_again

if TYPE_CHECKING:
    from mido import MidiTrack

TICKS_PER_BEAT = 960
PITCHED_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)

_VOLUME, _PAN = 7, 10
_LOUDEST = 127
_CENTRE, _ASIDE = 64, 63

Event = tuple[int, Any]
"""When in ticks, and a message."""


def midi_file(score: Score) -> bytes:
    """The score as the bytes of a MIDI file of format 1: equal scores give equal bytes.

    The first track has tempo, time signature, key signature and the sections as markers; each part has a track with its
    name, General MIDI program, volume and pan. Notes stand where they are played, swung and a little early or late, so
    that the file and the sound of the same score lie on top of each other; the beats are those of the tempo.
    Raises ValueError for a score of more than 15 pitched parts, which MIDI has no channels for.
    """
    from mido import MidiFile, bpm2tempo

    tempo = bpm2tempo(score.bpm)
    clock = _Clock(tempo)
    end = clock.ticks(score.duration)
    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_track(_conductor(score, tempo, clock), end))
    performance = perform(score)
    for part, channel in zip(score.parts, _channels(score.parts), strict=True):
        notes = _notes(part, performance[part.role], channel, clock)
        file.tracks.append(_track([*_opening(score, part, channel), *notes], end))
    written = BytesIO()
    file.save(file=written)
    return written.getvalue()


class _Clock:
    """Seconds as ticks at a tempo in whole microseconds a beat, as MIDI has it."""

    def __init__(self, tempo: int) -> None:
        self._ticks_per_second = TICKS_PER_BEAT * 1e6 / tempo

    def ticks(self, seconds: float) -> int:
        return round(seconds * self._ticks_per_second)


def _channels(parts: Iterable[Part]) -> list[int]:
    """A channel for each part: kits share one, pitched parts and textures have one each."""
    free = iter(PITCHED_CHANNELS)
    try:
        return [DRUM_CHANNEL if part.instrument in KITS else next(free) for part in parts]
    except StopIteration:
        raise ValueError(
            f"MIDI has {len(PITCHED_CHANNELS)} channels for parts that are not drums, and this score has more of them."
        ) from None


def _conductor(score: Score, tempo: int, clock: _Clock) -> Iterator[Event]:
    from mido import MetaMessage

    key = key_name(score.tonic, score.mode)
    yield 0, MetaMessage("track_name", name=f"{score.genre}, {key}, seed {score.seed}")
    yield 0, MetaMessage("set_tempo", tempo=tempo)
    yield 0, MetaMessage("time_signature", numerator=BEATS_PER_BAR, denominator=4)
    yield 0, MetaMessage("key_signature", key=key_signature(score.tonic, score.mode))
    for section in score.sections:
        start = section.start_bar * BEATS_PER_BAR * 60 / score.bpm
        yield clock.ticks(start), MetaMessage("marker", text=section.name)


def _opening(score: Score, part: Part, channel: int) -> Iterator[Event]:
    from mido import Message, MetaMessage

    program = KITS[part.instrument] if channel == DRUM_CHANNEL else PROGRAMS[part.instrument]
    yield 0, MetaMessage("track_name", name=f"{part.role} ({part.instrument})".replace("_", " "))
    yield 0, Message("program_change", channel=channel, program=program)
    yield 0, Message("control_change", channel=channel, control=_VOLUME, value=_volume(score, part))
    pan = load_mix(score.genre).role(part.role).pan
    yield 0, Message("control_change", channel=channel, control=_PAN, value=round(_CENTRE + _ASIDE * pan))


def _volume(score: Score, part: Part) -> int:
    """How loud the mix has a part beside its loudest; General MIDI hears volume as 40 · log10(value / 127) dB."""
    mix = load_mix(score.genre)
    loudest = max(mix.role(other.role).lufs for other in score.parts)
    return max(1, round(_LOUDEST * 10 ** ((mix.role(part.role).lufs - loudest) / 40)))


def _notes(part: Part, notes: Iterable[TimedNote], channel: int, clock: _Clock) -> list[Event]:
    """Notes on and off. A note that is struck again while it sounds ends there: a channel has each pitch once."""
    from mido import Message

    strokes = [
        Stroke(
            start := clock.ticks(note.time),
            max(start + 1, clock.ticks(note.time + note.duration)),
            note_number(part, note),
            note.velocity,
        )
        for note in notes
    ]
    events = []
    for start, stop, pitch, velocity in cut_where_struck_again(strokes):
        events.append((start, Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((stop, Message("note_off", channel=channel, note=pitch, velocity=0)))
    return sorted(events, key=lambda event: (event[0], event[1].type == "note_on", event[1].note))


def _track(events: Iterable[Event], end: int) -> "MidiTrack":
    """Events in order of time as a track that lasts until `end`."""
    from mido import MetaMessage, MidiTrack

    track, now = MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(MetaMessage("end_of_track", time=max(0, end - now)))
    return track
