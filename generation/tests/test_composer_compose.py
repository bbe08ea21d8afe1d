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
        "ambient": "7eba76c550e9a6543d5a5136bc50d63b",
        "cinematic": "f2f005410a0045ff0a701499978d49bf",
        "classical": "06ba0ccd3324c7109f8ebf26f8922bce",
        "drum and bass": "14fb40a69b68b520083efd272544035a",
        "folk": "3331d0b0fa6b09c486c4663684630678",
        "funk": "4471fe581c56bfdc897c4c4d943d3fa3",
        "hip hop": "45e5ccd8ffce3bcdd87af0530929d2a1",
        "house": "a2bd2fba9718ccc89c8f10cb7aef117c",
        "jazz": "c80f47ae7b65fa56b2c5d3735cecb05e",
        "lofi": "cbf6d9b1a89be67217fbc3439e1290b7",
        "pop": "10cfb6ca180bf5c51899b84e4e287fee",
        "reggae": "4c598ed1dc21b70525a3936849a7d651",
        "rock": "a01de5795be7257828cc26b459cf479b",
        "techno": "a457132405986e581ba8616b5da45db8",
        "classical in 3/4": "270ecaef4afad97b00154a3ec4b476f5",
        "folk in 6/8": "309941e80c2807768901a99bf8608df7",
        "pop in 12/8": "ef3986356c4d8e0f6aa05a4c2770b816",
        "jazz in 5/4": "05711534f90c150b1b1de9c1e6a07d85",
        "rock in 7/8": "3da9593592074f35d5e0274135de6bc1",
    }
}
# The same for words: what is newly read in an old prompt makes another score of it.
READ = {
    4: {
        "dark trap beat with a flute, slow build, 140 bpm": "7de014a3755d6dc81d44dd3c80469c0c",
        "warm 80s synth pop in F# minor, big finale, no guitar": "8506c5b2f9e5ab626ab61966d780b1a5",
        "solo piano, sad and slow, lots of reverb": "c7549ff78c7f5bb7628130c2b776ba8a",
        "jazz with violins and a long intro, muffled": "57debc4008189654e2fc6b2255788c4c",
        "朝のカフェ": "b193b06fc437204cc9c1362881141845",
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
