import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from generation.composer.brief import read_prompt
from generation.composer.compose import SCORE_VERSION, compose, score_hash
from generation.composer.genres import GENRES

PROMPTS = (
    "dark trap beat with a flute, slow build, 140 bpm",
    "warm 80s synth pop in F# minor, big finale, no guitar",
    "solo piano, sad and slow, lots of reverb",
    "jazz with violins and a long intro, muffled",
    "朝のカフェ",
)
# Change these only together with SCORE_VERSION.
GOLDEN = {
    2: {
        "ambient": "35dafeede48f54c90ca2e7c4de022df1",
        "cinematic": "6a853edd226a6c1057c85c6a80db8430",
        "classical": "818005068b5f2b643c6faa584e3513c2",
        "folk": "b70075922e9e25b29bc18a1ceb9efbbb",
        "funk": "f15864dc1babdf5e80d70ea2388f6878",
        "hip hop": "3ee7a909256df3b82b9910b30a222635",
        "house": "0fc3b46afb8ec8c0e0b14133b0cc249f",
        "jazz": "0c75ec6d4ff0cfb85dbbdc2bfd7efedb",
        "lofi": "48ad577795ebc866eddd4a7ab836601b",
        "pop": "a43ae949efc7f4595266e3b6389fe0fc",
        "rock": "bcab01ed99c93e51cc15e468e58601fe",
        "techno": "51022beb19e2d3ceae72dee98115788a",
    }
}
# The same for words: what is newly read in an old prompt makes another score of it.
READ = {
    2: {
        "dark trap beat with a flute, slow build, 140 bpm": "dfcd1e72c53e82598ba4947babe9b72d",
        "warm 80s synth pop in F# minor, big finale, no guitar": "60d9d8636e50ddbbb7a79e4bb4ea7b47",
        "solo piano, sad and slow, lots of reverb": "62ea80ec58a83b1365f7ac69187015cd",
        "jazz with violins and a long intro, muffled": "8f72b4d3710c7f4739d658aebdbaf7e1",
        "朝のカフェ": "4c98c20dfab9eea4ea572b44ab4ce590",
    }
}
PROGRAM = """
from generation.composer.brief import read_prompt
from generation.composer.compose import compose, score_hash
from generation.composer.genres import GENRES
for genre in sorted(GENRES):
    print(genre, score_hash(compose(read_prompt("", duration=30, seed=7, genre=genre))))
import sys
print("numpy" in sys.modules, "django" in sys.modules)
"""


def hashes():
    return {
        genre: score_hash(compose(read_prompt("", duration=30, seed=7, genre=genre)))
        for genre in sorted(GENRES)
    }


def test_the_scores_are_those_of_this_version():
    assert hashes() == GOLDEN[SCORE_VERSION]


def test_prompts_are_read_as_by_this_version():
    assert {
        prompt: score_hash(compose(read_prompt(prompt, duration=40, seed=7))) for prompt in PROMPTS
    } == READ[SCORE_VERSION]


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
    made = compose(read_prompt("", duration=33.3, seed=9, genre="rock", bpm=120, key="E minor"))
    assert (made.genre, made.seed, made.duration, made.bpm) == ("rock", 9, 33.3, 120)
    assert (made.tonic, made.mode) == (4, "minor")
    assert made.bars * 240 / made.bpm + made.tail == pytest.approx(33.3, abs=1e-9)
    assert sum(section.bars for section in made.sections) == made.bars
    assert all(0 <= section.energy <= 1 for section in made.sections)
