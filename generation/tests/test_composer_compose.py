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
        "ambient": "c6e58c582eebaee141891c229652ee4b",
        "cinematic": "556de026e93869b7a34fc0ab6e5664f6",
        "classical": "11cdf352ce23b6366409296d40176ce5",
        "drum and bass": "b48bef2b7988c44914d63fa0ff551bde",
        "folk": "2e23e8c380537a85a74cdee11a89b3ae",
        "funk": "f15864dc1babdf5e80d70ea2388f6878",
        "hip hop": "c64e4ab1e9501ba61235bdc5bfc286d8",
        "house": "0fc3b46afb8ec8c0e0b14133b0cc249f",
        "jazz": "c47082618a0d01f17fa1fb65534b40d1",
        "lofi": "82b48e34ecb65f1a640191261aba998d",
        "pop": "06f955a0637118d7d00972a0887d4240",
        "reggae": "6102b58b952b4d60ce4b42c38b079cbf",
        "rock": "bcab01ed99c93e51cc15e468e58601fe",
        "techno": "141f6939ae179a7ca3f987bef14bfe2a",
        "classical in 3/4": "e99cfe9c1baa6dc2a8ad78534134c31c",
        "folk in 6/8": "f23a39b0d88800eea436ac85a10ca3d0",
        "pop in 12/8": "ac2247bc6996b4bb14d23e41aa050c8b",
        "jazz in 5/4": "dc33774ef66f354c3e71e8ec82a51a0a",
        "rock in 7/8": "956ad85834bffd7c11bad22fc92437ba",
    }
}
# The same for words: what is newly read in an old prompt makes another score of it.
READ = {
    4: {
        "dark trap beat with a flute, slow build, 140 bpm": "156e788e4859b72f73d921d064e24f79",
        "warm 80s synth pop in F# minor, big finale, no guitar": "0975f05cd5f962fb8948a1fe80467fae",
        "solo piano, sad and slow, lots of reverb": "a9fe6c5b1de564aa5bb32355872a135f",
        "jazz with violins and a long intro, muffled": "6941a5878959ddc505ff3db17e98a921",
        "朝のカフェ": "da14534ae1c026a803a80f65c6fb9cf9",
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
