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
        "ambient": "bf937b7ffd0cec63cfd52f0414f1d21f",
        "cinematic": "f952c826f3b700985e338320bc839df5",
        "classical": "1bc163831e4099bef631caf2f19855f1",
        "drum and bass": "867bf5a8c79a1b8a5c6d8633f8046483",
        "folk": "70881d6299dc4e1f61535a4b62e88b9e",
        "funk": "dfef718badab8f04e102aec66ec9016a",
        "hip hop": "afc5d79f97f164c51d4a7f3bfca8390a",
        "house": "c2dbc8287c89a93dad5c5b3ec4446b0d",
        "jazz": "0a379272d9c35f282ad08627ebeab2b1",
        "lofi": "a68db92d22194afa797da7a5a9415d8d",
        "pop": "fe35b78f0ef99110a0e0e808803d76ee",
        "reggae": "692ba749c3d22823298a7c6e0edb28e0",
        "rock": "1f3265555e046fa4df1bddf0731bc9bf",
        "techno": "1035e473fb31ee3a223c68fd5596f03e",
        "classical in 3/4": "76b5e1ead1d6c1acbcdb88a783747c8b",
        "folk in 6/8": "46535d4eaedf7fba2cab7b1995688c3c",
        "pop in 12/8": "fa2f445de92d3e5ad26cf53c94bfd33a",
        "jazz in 5/4": "e1a17e9683919839ba90f9464085bb3e",
        "rock in 7/8": "af94b00dfd13f7252420946aad8e139f",
    }
}
# The same for words: what is newly read in an old prompt makes another score of it.
READ = {
    4: {
        "dark trap beat with a flute, slow build, 140 bpm": "f4b8c7713fe64f240a19c215cf72abbc",
        "warm 80s synth pop in F# minor, big finale, no guitar": "57002d871ae77ac94cad2129f285ba13",
        "solo piano, sad and slow, lots of reverb": "e7992de05f778bf053387448eecbac1e",
        "jazz with violins and a long intro, muffled": "c7cd4341515a83302e432ce3e89e2d5e",
        "朝のカフェ": "1a0898b1527385ed4529851539139b76",
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
