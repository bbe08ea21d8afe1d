"""The outline and the notes of a piece in seconds: what pages draw lies where the music is."""

import io
from itertools import pairwise

import mido
import numpy as np
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.midi import midi_file
from generation.composer.sound.played_parts import played_parts
from generation.composer.theory import QUALITIES, chord_name, parse_chord
from generation.composer.writing.compose import compose
from generation.composer.writing.outline import outline_of, section_title


def brief_of(genre, duration=40.0, **given):
    return read_prompt("", duration=duration, seed=5, genre=genre, **given)


def covers(stretches, start, end):
    """Whether stretches of time follow each other from the start to the end."""
    joined = all(before.end == after.start for before, after in pairwise(stretches))
    return joined and (stretches[0].start, stretches[-1].end) == (start, end)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_sections_and_chords_cover_the_piece_in_order(genre):
    outline = outline_of(brief_of(genre))
    assert covers(outline.sections, 0, 40)
    assert covers(outline.chords, 0, 40)
    within = outline.chords_by_section
    assert [section for section, _ in within] == list(outline.sections)
    assert [chord for _, chords in within for chord in chords] == list(outline.chords)
    for section, chords in within:
        assert covers(chords, section.start, section.end)
        assert all(before.name != after.name for before, after in pairwise(chords))


@pytest.mark.parametrize("genre", ["jazz", "techno", "classical"])
def test_it_is_the_outline_of_what_is_composed(genre):
    score, outline = compose(brief_of(genre)), outline_of(brief_of(genre))
    bar = score.bar_seconds
    assert outline.time_signature == score.metre.name
    assert [section.name for section in outline.sections] == [
        section_title(section.name) for section in score.sections
    ]
    assert [round(section.start, 6) for section in outline.sections] == [
        round(section.start_bar * bar, 6) for section in score.sections
    ]
    assert len(outline.bars) == score.bars + 1
    assert outline.bars[-1] == pytest.approx(score.duration - score.tail)


def test_a_piece_of_one_chord_has_one_section():
    outline = outline_of(read_prompt("slow", duration=5, seed=5, genre="ambient", bpm=40))
    assert (outline.bars, len(outline.chords)) == ((0.0,), 1)
    assert outline.sections == (("Ending", 0.0, 5),)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_its_notes_are_those_of_the_midi_file(genre):
    score = compose(brief_of(genre, duration=20.0))
    file = mido.MidiFile(file=io.BytesIO(midi_file(score)))
    tempo = next(message.tempo for message in file.tracks[0] if message.type == "set_tempo")
    for part, track in zip(played_parts(score), file.tracks[1:], strict=True):
        now, sounding, found = 0, {}, []
        for message in track:
            now += message.time
            seconds = mido.tick2second(now, file.ticks_per_beat, tempo)
            if message.type == "note_on":
                sounding.setdefault(message.note, []).append((seconds, message.velocity))
            elif message.type == "note_off":
                start, velocity = sounding[message.note].pop(0)
                found.append((start, seconds, message.note, velocity))
        assert len(found) == len(part.notes)
        in_file = sorted(found, key=lambda note: (note[2], note[0]))
        drawn = sorted(part.notes, key=lambda note: (note.pitch, note.start))
        assert [note[2:] for note in in_file] == [(note.pitch, note.velocity) for note in drawn]
        times = [note[:2] for note in in_file], [(note.start, note.stop) for note in drawn]
        assert np.abs(np.subtract(*times)).max(initial=0) < 0.002


def test_a_chord_is_written_as_it_was_read():
    for symbol in [*(f"{root}{quality}" for root in ("C", "F#", "Bb") for quality in QUALITIES), "F/C"]:
        assert chord_name(parse_chord(symbol), 0, "major") == symbol


@pytest.mark.parametrize(
    ("symbol", "steps", "key", "written"),
    [
        ("Abmaj7", 1, (1, "minor"), "Amaj7"),
        ("Ab", 3, (3, "minor"), "B"),
        ("Bb7", 10, (10, "minor"), "Ab7"),
        ("Bb", 8, (8, "minor"), "F#"),
        ("Db", 9, (9, "major"), "Bb"),
        ("F#m7b5", 4, (4, "major"), "A#m7b5"),
        ("F/C", 3, (3, "major"), "Ab/Eb"),
    ],
)
def test_chords_are_spelled_as_their_key_is(symbol, steps, key, written):
    assert chord_name(parse_chord(symbol).transposed(steps), *key) == written
