import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import SCORE_VERSION, compose, score_hash

PROMPTS = (
    "dark trap beat with a flute, slow build, 140 bpm",
    "warm 80s synth pop in F# minor, big finale, no guitar",
    "solo piano, sad and slow, lots of reverb",
    "jazz with violins and a long intro, muffled",
    "朝のカフェ",
)
# What a job keeps for those that name no style: with each new genre the seed draws another.
DRAWN = {"solo piano, sad and slow, lots of reverb": "lofi", "朝のカフェ": "pop"}
# One genre in each metre that is not four.
METRES = {"3/4": "classical", "6/8": "folk", "12/8": "pop", "5/4": "jazz", "7/8": "rock"}
# Change these only together with SCORE_VERSION: `python -m generation.tests.test_composer_compose` prints the new ones.
GOLDEN = {
    4: {
        "ambient": "c289d53581deb849cccedcfbe90e3a22",
        "cinematic": "891ba35ae86b34ca5c656c9f72d370ed",
        "classical": "1bc163831e4099bef631caf2f19855f1",
        "drum and bass": "e7654bda6f5b235144c8a3951163b561",
        "folk": "5124d6d9e5f786ce87c1a5b750c37dab",
        "funk": "f82123ed4198421884f13dd6ca8119d1",
        "hip hop": "15f1c86ee61d9903f113cdeb627a0634",
        "house": "a2bd2fba9718ccc89c8f10cb7aef117c",
        "jazz": "05bd6786dc59983c3c5b3edafe44f112",
        "lofi": "c31e78769ea4577affc59a04608d03ef",
        "pop": "0e9a3bd46df155ee229e4d9504372f5d",
        "reggae": "692ba749c3d22823298a7c6e0edb28e0",
        "rock": "bbcd9107674ada102c55fedafbb71fd0",
        "techno": "1035e473fb31ee3a223c68fd5596f03e",
        "classical in 3/4": "b45c96425d0751826423e2e6d560c6c2",
        "folk in 6/8": "5f5bfcee3adcaba9aef61abc8a9618a8",
        "pop in 12/8": "f640eb2c46a54a10cf8082fd2144e599",
        "jazz in 5/4": "c35fc4db8dd0c49ae8cc5c576232cc26",
        "rock in 7/8": "2bed7f1d92fe3b91ffdc1b65f40b5e2b",
    }
}
# The same for words: what is newly read in an old prompt makes another score of it.
READ = {
    4: {
        "dark trap beat with a flute, slow build, 140 bpm": "5771c5d2f806e6b7f220760c7a425379",
        "warm 80s synth pop in F# minor, big finale, no guitar": "89664f19ec76b913064a4a888e8502be",
        "solo piano, sad and slow, lots of reverb": "bf305966f32903859c76bfb97a7d0104",
        "jazz with violins and a long intro, muffled": "71044f50d755cd496a47b234af9dfa8c",
        "朝のカフェ": "b3d231d6229435d8dd74c84892305606",
    }
}
PROGRAM = """
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import compose, score_hash
from generation.composer.genre.catalog import GENRES
for genre in sorted(GENRES):
    score = compose(read_prompt("", duration=30, seed=7, genre=genre, time_signature="4/4"))
    print(genre, score_hash(score))
import sys
print("numpy" in sys.modules, "django" in sys.modules)
"""


def hashes():
    return {
        genre: score_hash(compose(read_prompt("", duration=30, seed=7, genre=genre, time_signature="4/4")))
        for genre in sorted(GENRES)
    }


def hashes_in_metres():
    return {
        f"{genre} in {metre}": score_hash(
            compose(read_prompt("", duration=30, seed=7, genre=genre, time_signature=metre))
        )
        for metre, genre in METRES.items()
    }


def hashes_of_prompts():
    return {
        prompt: score_hash(compose(read_prompt(prompt, duration=40, seed=7, genre=DRAWN.get(prompt))))
        for prompt in PROMPTS
    }


def test_the_scores_are_those_of_this_version():
    assert hashes() | hashes_in_metres() == GOLDEN[SCORE_VERSION]


def test_prompts_are_read_as_by_this_version():
    assert hashes_of_prompts() == READ[SCORE_VERSION]


@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_another_process_writes_the_same_scores_and_needs_no_numpy(hash_seed):
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, modules = answer.stdout.splitlines()
    assert dict(line.rsplit(maxsplit=1) for line in lines) == hashes()
    assert modules == "False False"


def test_the_hash_sees_every_note():
    made = compose(read_prompt("", duration=10, seed=1, genre="jazz"))
    first = made.parts[0]
    note = first.notes[-1]._replace(velocity=first.notes[-1].velocity - 1)
    altered = replace(made, parts=(replace(first, notes=(*first.notes[:-1], note)), *made.parts[1:]))
    assert score_hash(altered) != score_hash(made)
    assert score_hash(compose(read_prompt("", duration=10, seed=1, genre="jazz"))) == score_hash(made)


def test_seeds_write_different_pieces():
    for genre in GENRES:
        made = {
            score_hash(compose(read_prompt("", duration=10, seed=seed, genre=genre))) for seed in range(30)
        }
        assert len(made) == 30


def test_the_score_says_what_was_asked():
    made = compose(
        read_prompt("", duration=33.3, seed=9, genre="rock", bpm=120, key="E minor", time_signature="4/4")
    )
    assert (made.genre, made.seed, made.duration, made.bpm) == ("rock", 9, 33.3, 120)
    assert (made.tonic, made.mode) == (4, "minor")
    assert made.bars * 240 / made.bpm + made.tail == pytest.approx(33.3, abs=1e-9)
    assert sum(section.bars for section in made.sections) == made.bars
    assert all(0 <= section.energy <= 1 for section in made.sections)


def _printed(name, found):
    lines = [
        f"        {json.dumps(key, ensure_ascii=False)}: {json.dumps(value)}," for key, value in found.items()
    ]
    return "\n".join([f"{name} = {{", f"    {SCORE_VERSION}: {{", *lines, "    }", "}"])


if __name__ == "__main__":
    print(_printed("GOLDEN", hashes() | hashes_in_metres()))
    print(_printed("READ", hashes_of_prompts()))
