import io
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.instruments import DRUM_KITS, DRUM_VOICES, INSTRUMENTS
from generation.composer.reading.prompt import read_prompt
from generation.composer.score import Note, Part
from generation.composer.sound.general_midi import DRUM_NOTES, KITS, PROGRAMS
from generation.composer.sound.midi import midi_file
from generation.composer.sound.perform import perform
from generation.composer.sound.written import on_grid, written
from generation.composer.theory import SCALES, key_signature
from generation.composer.writing.compose import compose

IMPORTS = """
import generation.composer.sound.midi, generation.composer.sound.stem_names, sys
print(sorted({"numpy", "django", "mido"} & set(sys.modules)))
"""


def score_of(genre, duration=20.0, **given):
    return compose(read_prompt("", duration=duration, seed=5, genre=genre, **given))


def opened(score, **how):
    return mido.MidiFile(file=io.BytesIO(midi_file(score, **how)))


def notes_on(track):
    return [message for message in track if message.type == "note_on"]


def only(track, kind):
    [message] = [message for message in track if message.type == kind]
    return message


def test_every_instrument_has_a_program_and_every_drum_a_note():
    assert set(DRUM_KITS) <= set(KITS)
    assert set(INSTRUMENTS) - set(DRUM_KITS) <= set(PROGRAMS)
    assert set(DRUM_VOICES) <= set(DRUM_NOTES)
    assert len(set(DRUM_NOTES.values())) == len(DRUM_NOTES)
    numbers = [*PROGRAMS.values(), *KITS.values(), *DRUM_NOTES.values()]
    assert all(0 <= number <= 127 for number in numbers)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_file_has_every_note_of_the_score_and_lasts_as_long(genre):
    score = score_of(genre)
    file = opened(score)
    assert (file.type, len(file.tracks)) == (1, 1 + len(score.parts))
    assert [len(notes_on(track)) for track in file.tracks[1:]] == [len(part.notes) for part in score.parts]
    assert abs(file.length - score.duration) < 0.002


def test_tempo_metre_key_and_sections_stand_in_the_first_track():
    score = score_of("jazz", bpm=132, key="D minor")
    conductor = opened(score).tracks[0]
    assert abs(mido.tempo2bpm(only(conductor, "set_tempo").tempo) - 132) < 1e-3
    metre = only(conductor, "time_signature")
    assert (metre.numerator, metre.denominator) == (4, 4)
    assert only(conductor, "key_signature").key == "Dm"
    markers = [message.text for message in conductor if message.type == "marker"]
    assert markers == [section.name for section in score.sections]


@pytest.mark.parametrize("mode", sorted(SCALES))
def test_every_key_has_a_signature_that_midi_knows(mode):
    for tonic in range(12):
        mido.MetaMessage("key_signature", key=key_signature(tonic, mode)).bytes()
    assert key_signature(2, "dorian") == "C"


def test_parts_have_names_programs_and_channels_of_their_own():
    score = score_of("rock")
    drums = [part.instrument in DRUM_KITS for part in score.parts]
    tracks = opened(score).tracks[1:]
    changes = [only(track, "program_change") for track in tracks]
    assert [change.channel == 9 for change in changes] == drums
    assert any(drums)
    pitched = [change.channel for change, is_kit in zip(changes, drums, strict=True) if not is_kit]
    assert len(set(pitched)) == len(pitched)
    named = dict(zip([part.role for part in score.parts], tracks, strict=True))
    assert only(named["bass"], "track_name").name == f"bass ({score_part(score, 'bass')})".replace("_", " ")
    assert only(named["bass"], "program_change").program == PROGRAMS[score_part(score, "bass")]
    strokes = Counter(note.voice for part in score.parts if part.role == "drums" for note in part.notes)
    assert Counter(message.note for message in notes_on(named["drums"])) == {
        DRUM_NOTES[voice]: count for voice, count in strokes.items()
    }


def score_part(score, role):
    return next(part.instrument for part in score.parts if part.role == role)


def test_notes_stand_where_they_are_played():
    score = score_of("lofi", bpm=80)
    bass = next(index for index, part in enumerate(score.parts) if part.role == "bass")
    file = opened(score)
    seconds, now = [], 0
    for message in file.tracks[1 + bass]:
        now += message.time
        if message.type == "note_on":
            seconds.append(mido.tick2second(now, file.ticks_per_beat, mido.bpm2tempo(80)))
    played = [note.time for note in perform(score)["bass"]]
    assert max(abs(written - heard) for written, heard in zip(seconds, played, strict=True)) < 0.001


def test_a_note_struck_again_ends_before_it_begins_anew():
    score = score_of("ambient")
    long = (Note(0.0, 8.0, 60, 80), Note(2.0, 8.0, 60, 90), Note(2.0, 1.0, 60, 70))
    track = opened(replace(score, parts=(Part("pad", "warm_pad", long),))).tracks[1]
    sounding, most = 0, 0
    for message in track:
        if message.type in ("note_on", "note_off"):
            sounding += 1 if message.type == "note_on" else -1
            most = max(most, sounding)
    assert (sounding, most, len(notes_on(track))) == (0, 1, 3)


def test_equal_scores_give_equal_files():
    assert midi_file(score_of("house")) == midi_file(score_of("house"))
    assert midi_file(score_of("house")) != midi_file(score_of("house", bpm=125))


def heard(file):
    """Of each note that a player begins: its track, and the program, volume and pan of its channel at that time."""
    tagged = []
    for number, track in enumerate(file.tracks):
        now = 0
        for message in track:
            now += message.time
            tagged.append((now, number, message))
    channels = {}
    for _, number, message in sorted(tagged, key=lambda each: each[:2]):  # as players read a file
        if message.is_meta:
            continue
        state = channels.setdefault(message.channel, {})
        if message.type == "program_change":
            state["program"] = message.program
        elif message.type == "control_change":
            state[message.control] = message.value
        elif message.type == "note_on":
            yield number, (state["program"], state[7], state[10])


@pytest.mark.parametrize("genre", ["cinematic", "house"])
def test_of_more_parts_than_channels_each_is_heard_as_what_it_is(genre):
    crowd = "with " + ", ".join(name.replace("_", " ") for name in PROGRAMS)
    score = compose(read_prompt(crowd, duration=60.0, seed=1, genre=genre))
    pitched = [part for part in score.parts if part.instrument not in KITS]
    assert len(pitched) > 15
    assert len({PROGRAMS[part.instrument] for part in pitched}) > 15
    file = opened(score)
    assert [len(notes_on(track)) for track in file.tracks[1:]] == [len(part.notes) for part in score.parts]
    places = {}
    for number, place in heard(file):
        places.setdefault(number, set()).add(place)
    for number, part in enumerate(score.parts, start=1):
        [(program, _, _)] = places[number]
        assert program == (KITS | PROGRAMS)[part.instrument], part.role


def test_what_shares_a_channel_ends_no_note_of_another():
    score = score_of("ambient")
    crowd = [Part(name, name, (Note(0.0, 16.0, 60, 80),)) for name in sorted(PROGRAMS)[:14]]
    turns = [
        Part(name, name, (Note(start, 2.0, 62, 80),)) for name, start in (("oboe", 10.0), ("flute", 8.0))
    ]
    oboe, flute = opened(replace(score, parts=(*crowd, *turns))).tracks[-2:]
    assert only(oboe, "note_on").channel == only(flute, "note_on").channel
    assert tick_of(flute, "note_off") < tick_of(oboe, "note_on")


def tick_of(track, kind):
    return sum(message.time for message in track[: track.index(only(track, kind)) + 1])


def test_writing_midi_needs_neither_numpy_nor_django_and_loads_mido_late():
    answer = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def starts_of(track):
    now = 0
    for message in track:
        now += message.time
        if message.type == "note_on":
            yield now


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_quantised_file_has_every_note_on_the_grid_to_the_tick(genre):
    score = score_of(genre, 60.0)
    file = opened(score, quantised=True)
    grid = {file.ticks_per_beat // 8, file.ticks_per_beat // 6}
    starts = [tick for track in file.tracks[1:] for tick in starts_of(track)]
    assert all(any(tick % step == 0 for step in grid) for tick in starts)
    places = [{(on_grid(n.start), n.pitch, n.voice) for n in part.notes} for part in score.parts]
    assert len(starts) == sum(len(each) for each in places)
    heard = [tick for track in opened(score).tracks[1:] for tick in starts_of(track)]
    assert not all(any(tick % step == 0 for step in grid) for tick in heard)
    assert abs(file.length - score.duration) < 0.002


def test_a_quantised_note_is_as_loud_and_ends_where_it_is_written():
    score = score_of("lofi", bpm=93)
    third = 1 / 3
    notes = (
        Note(0.5, 0.5, 60, 80),
        Note(0.518, 0.982, 64, 70),
        Note(1 + third, third, 67, 60),
        Note(2.125, 0, 72, 1),
    )
    track = opened(replace(score, parts=(Part("keys", "epiano", notes),)), quantised=True).tracks[1]
    now, found = 0, []
    for message in track:
        now += message.time
        if message.type in ("note_on", "note_off"):
            found.append((now, message.type, message.note, message.velocity))
    assert found == [
        (480, "note_on", 60, 80),
        (480, "note_on", 64, 70),
        (960, "note_off", 60, 0),
        (1280, "note_on", 67, 60),
        (1440, "note_off", 64, 0),
        (1600, "note_off", 67, 0),
        (2040, "note_on", 72, 1),
        (2070, "note_off", 72, 0),
    ]


@pytest.mark.parametrize(
    ("start", "place"),
    [
        (0, 0),
        (3.75, 3.75),
        (0.125, 0.125),
        (2 + 1 / 6, 2 + 1 / 6),
        (0.06, 0),
        (4.249, 4),
        (1.018, 1),
        (7.3, 7.25),
    ],
)
def test_a_rolled_note_belongs_to_the_sixteenth_in_which_it_is_struck(start, place):
    assert on_grid(start) == pytest.approx(place, abs=1e-9)


def of_keys(*notes):
    """A score of these notes alone."""
    return replace(score_of("lofi"), parts=(Part("keys", "epiano", notes),))


def test_what_is_struck_twice_on_one_place_is_written_once():
    [event] = written(of_keys(Note(0, 1, 60, 50), Note(0.02, 2, 60, 70)))["keys"]
    assert (event.time, event.velocity) == (0.0, 70)


def test_what_is_written_beyond_the_end_is_cut_there():
    score = of_keys(Note(0, 1e4, 60, 50), Note(1e5, 1, 60, 50))
    [event] = written(score)["keys"]
    assert event.duration == score.duration
