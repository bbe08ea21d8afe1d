"""Names of audio, and how moves change them."""

import uuid

import pytest

from generation.storage.keys import Moves, job_in
from generation.storage.names import checked_name, content_type_of

JOB, TRACK = uuid.UUID(int=1), uuid.UUID(int=2)
KEY = f"tracks/{JOB}/{TRACK}/master.wav"


def test_a_name_counts_its_moves():
    names = [KEY]
    for _ in range(11):
        names.append(Moves.of(names[-1]).after().name)
    assert names[1] == f"tracks/{JOB}/{TRACK}/master.1.wav"
    assert names[11] == f"tracks/{JOB}/{TRACK}/master.11.wav"
    assert len(set(names)) == 12
    assert {Moves.of(name).original for name in names} == {KEY}
    assert [Moves.of(name).count for name in names] == list(range(12))


def test_a_name_knows_the_one_before_it():
    assert Moves.of(KEY).before() is None
    moves = Moves.of(KEY).after()
    assert moves.before() == Moves.of(KEY)


@pytest.mark.parametrize("name", [KEY, "a", "a.b.mp3", "listen.01.mp3", "x/y.z/w", "5.wav"])
def test_any_name_can_move_and_is_found_back(name):
    moved = Moves.of(name).after()
    assert moved.name != name
    assert Moves.of(moved.name) == moved
    assert moved.before() == Moves.of(name)
    assert moved.before().name == name
    checked_name(moved.name)
    assert content_type_of(moved.name) == content_type_of(name)


def test_a_key_names_its_job():
    assert job_in(KEY) == JOB
    assert job_in(Moves.of(KEY).after().name) == JOB


@pytest.mark.parametrize(
    "name",
    [
        "backup.tar",
        f"tracks/{JOB}/readme.txt",
        f"tracks/{JOB}/{TRACK}/deep/master.wav",
        f"tracks/{JOB}/{TRACK}/.master.wav.x.part",
        f"tracks/{str(JOB).replace('0', 'A')}/{TRACK}/master.wav",
        f"other/{KEY}",
        f"{KEY}\n",
    ],
)
def test_other_names_are_of_no_job(name):
    assert job_in(name) is None
