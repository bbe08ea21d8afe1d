"""A score as a Standard MIDI File, to be opened where music is edited."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ..score import Part, Score
from ..sources.timed_note import TimedNote
from ..theory import key_name, key_signature
from .general_midi import DRUM_CHANNEL, KITS, PROGRAMS, note_number
from .midi_channels import channels_of
from .mix_table import load_mix
from .perform import perform
from .strokes import Stroke, cut_where_struck_again
from .written import written

if TYPE_CHECKING:
    from mido import MidiTrack

TICKS_PER_BEAT = 960

_VOLUME, _PAN = 7, 10
_LOUDEST = 127
_CENTRE, _ASIDE = 64, 63
_OFF, _SETTING, _ON = range(3)

Event = tuple[int, Any]
"""When in ticks, and a message."""


def midi_file(score: Score, *, quantised: bool = False) -> bytes:
    """The score as the bytes of a MIDI file of format 1: equal scores give equal bytes.

    The first track has tempo, time signature, key signature and the sections as markers; each part has a track with its
    name, General MIDI program, volume and pan. Notes stand where they are played, swung and a little early or late, so
    that the file and the sound of the same score lie on top of each other; the beats are those of the tempo. Where they
    are to be `quantised`, they stand where they are written.
    MIDI has 15 channels for pitched parts. Where there are more, some share one, and each sets it anew when it plays.
    """
    from mido import MidiFile, bpm2tempo

    quarters_per_minute = score.bpm * score.metre.count
    tempo = bpm2tempo(quarters_per_minute)
    # MIDI has whole microseconds a beat. What is heard goes by them; what is written goes by the beat, to the tick.
    clock = _Clock(quarters_per_minute / 60 if quantised else 1e6 / tempo)
    end = clock.ticks(score.duration)
    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_track(_conductor(score, tempo, clock), end))
    performance = written(score) if quantised else perform(score)
    played: dict[int, list[Event]] = {}
    for channel, places in channels_of(score.parts):
        strokes = [
            stroke
            for place in places
            for stroke in _strokes(place, score.parts[place], performance[score.parts[place].role], clock)
        ]
        settings = {place: _settings(score, score.parts[place], channel) for place in places}
        played |= _on_channel(channel, settings, strokes)
    for place, part in enumerate(score.parts):
        file.tracks.append(_track([_name(part), *played[place]], end))
    content = BytesIO()
    file.save(file=content)
    return content.getvalue()


class _Clock:
    """Seconds as ticks, at a tempo in beats a second."""

    def __init__(self, tempo: float) -> None:
        self._ticks_per_second = TICKS_PER_BEAT * tempo

    def ticks(self, seconds: float) -> int:
        return round(seconds * self._ticks_per_second)


def _conductor(score: Score, tempo: int, clock: _Clock) -> Iterator[Event]:
    from mido import MetaMessage

    key = key_name(score.tonic, score.mode)
    yield 0, MetaMessage("track_name", name=f"{score.genre}, {key}, seed {score.seed}")
    yield 0, MetaMessage("set_tempo", tempo=tempo)
    numerator, denominator = score.metre.signature
    yield 0, MetaMessage("time_signature", numerator=numerator, denominator=denominator)
    yield 0, MetaMessage("key_signature", key=key_signature(score.tonic, score.mode))
    for section in score.sections:
        start = section.start_bar * score.bar_seconds
        yield clock.ticks(start), MetaMessage("marker", text=section.name)


def _name(part: Part) -> Event:
    from mido import MetaMessage

    return 0, MetaMessage("track_name", name=f"{part.role} ({part.instrument})".replace("_", " "))


def _settings(score: Score, part: Part, channel: int) -> list[Any]:
    """The messages that make a channel sound as a part: its program, its volume, its pan."""
    from mido import Message

    program = KITS[part.instrument] if channel == DRUM_CHANNEL else PROGRAMS[part.instrument]
    pan = load_mix(score.genre).role(part.role).pan
    return [
        Message("program_change", channel=channel, program=program),
        Message("control_change", channel=channel, control=_VOLUME, value=_volume(score, part)),
        Message("control_change", channel=channel, control=_PAN, value=round(_CENTRE + _ASIDE * pan)),
    ]


def _volume(score: Score, part: Part) -> int:
    """How loud the mix has a part beside its loudest; General MIDI hears volume as 40 · log10(value / 127) dB."""
    mix = load_mix(score.genre)
    loudest = max(mix.role(other.role).lufs for other in score.parts)
    return max(1, round(_LOUDEST * 10 ** ((mix.role(part.role).lufs - loudest) / 40)))


def _strokes(place: int, part: Part, notes: Iterable[TimedNote], clock: _Clock) -> Iterator[Stroke[int]]:
    for note in notes:
        start = clock.ticks(note.time)
        stop = max(start + 1, clock.ticks(note.time + note.duration))
        yield Stroke(start, stop, note_number(part, note), note.velocity, place)


def _on_channel(
    channel: int, settings: Mapping[int, Sequence[Any]], strokes: Iterable[Stroke[int]]
) -> dict[int, list[Event]]:
    """What each part on a channel plays there, by its place: `settings`, and notes on and off.

    A note that is struck again while it sounds ends there: a channel has each pitch once. Where parts share it, each
    sets it anew when it begins to play after another. Players read events of one tick track by track: notes end a tick
    earlier there, so that none ends what another part has just struck.
    """
    from mido import Message

    is_shared = len(settings) > 1
    events: dict[int, list[tuple[int, int, Any]]] = {place: [] for place in settings}
    playing = None
    if not is_shared:
        [playing] = settings
        events[playing] += [(0, _SETTING, message) for message in settings[playing]]
    in_time = sorted(cut_where_struck_again(strokes), key=lambda stroke: (stroke.start, stroke.part))
    for start, stop, pitch, velocity, place in in_time:
        if place != playing:
            events[place] += [(start, _SETTING, message) for message in settings[place]]
            playing = place
        on = Message("note_on", channel=channel, note=pitch, velocity=velocity)
        off = Message("note_off", channel=channel, note=pitch, velocity=0)
        events[place] += [(start, _ON, on), (max(start + 1, stop - is_shared), _OFF, off)]
    return {
        place: [(tick, message) for tick, _, message in sorted(each, key=_in_order)]
        for place, each in events.items()
    }


def _in_order(event: tuple[int, int, Any]) -> tuple[int, int, int]:
    """What ends comes before what begins, and a channel is set between them; notes by pitch, settings as they are."""
    tick, rank, message = event
    return tick, rank, 0 if rank == _SETTING else message.note


def _track(events: Iterable[Event], end: int) -> "MidiTrack":
    """Events in order of time as a track that lasts until `end`."""
    from mido import MetaMessage, MidiTrack

    track, now = MidiTrack(), 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(MetaMessage("end_of_track", time=max(0, end - now)))
    return track
