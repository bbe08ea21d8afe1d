"""The guide to the composer says what the code does."""

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.check import STYLE_SYMBOLS
from generation.composer.genre.file import parse_genre
from generation.composer.genre.types import Genre, Player, SectionKind
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.mix_table import GenreMix, RoleMix, load_mix
from generation.composer.sound.render import render
from generation.composer.theory import family, key_name
from generation.composer.writing.compose import compose
from generation.tests.sound import RATE
from generation.tests.test_composer_keys import heard_key

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "composer.md").read_text()
FILE = "bossa_nova.toml"
(EXAMPLE,) = re.findall(r"```toml\n(.+?)```", GUIDE, flags=re.DOTALL)


@pytest.fixture
def bossa(monkeypatch) -> Iterator[Genre]:
    """The genre of the guide, among the others."""
    genre = parse_genre(EXAMPLE, FILE)
    monkeypatch.setattr(GENRES, "_genres", {**GENRES, genre.name: genre})
    yield genre
    load_mix.cache_clear()


@pytest.mark.parametrize("key", [None, "E major", "E minor"])
def test_one_more_genre_is_read_composed_and_heard(bossa, key):
    brief = read_prompt("a calm bossa nova at dusk", duration=6, seed=7, key=key)
    assert brief.genre == "bossa nova"
    assert key in (None, brief.key)
    score = compose(brief)
    assert {"drums", "bass", "guitar", "lead"} <= {part.role for part in score.parts}
    samples = np.concatenate(list(render(score, sample_rate=RATE)), axis=1)
    assert samples.shape == (2, 6 * RATE)
    assert np.isfinite(samples).all()
    assert np.sqrt(np.mean(samples[:, : 5 * RATE] ** 2)) > 0.01


def test_its_mix_has_every_role(bossa):
    assert set(load_mix(bossa.name).roles) == set(bossa.roles)


def test_its_key_is_heard(bossa):
    for mode in bossa.modes:
        first, second = (bossa.progressions_for(mode, use) for use in ("A", "B"))
        for pair in product(first, second):
            assert heard_key(bossa, mode, *pair) == key_name(0, family(mode))


def test_a_piece_of_any_length_has_a_form(bossa):
    for duration in (5, 10, 20, 45, 90, 180, 300):
        score = compose(read_prompt("", duration=duration, seed=1, genre=bossa.name))
        assert sum(section.bars for section in score.sections) == score.bars > 0


def test_words_that_would_have_to_go_from_other_genres_are_told():
    words = {word for genre in GENRES.values() for word in (*genre.aliases, *genre.keywords, *genre.nearest)}
    mine = parse_genre(EXAMPLE, FILE)
    for word in words & {*mine.aliases, *mine.keywords, *mine.nearest}:
        assert f"`{word}`" in GUIDE.partition("Besides, in this case")[2]


def test_every_style_of_player_and_every_key_is_explained():
    table = GUIDE.partition("### Players")[2].partition("### The mix")[0]
    for style in STYLE_SYMBOLS:
        assert f"`{style}`" in table
    assert [field.name for field in fields(Player) if f"{field.name}`" not in table] == ["patterns"]
    explained = {*re.findall(r"[`\[.](\w+)", GUIDE.partition("### One more genre")[0]), "sound"}
    named = (field.name for kind in (Genre, SectionKind, GenreMix, RoleMix) for field in fields(kind))
    assert set(named) <= explained


def test_every_file_that_is_named_is_there():
    folders = [ROOT / folder for folder in ("generation", "generation/tests", "generation/tests/measures")]
    folders += [ROOT / "generation/composer", *(ROOT / "generation/composer").iterdir()]
    for name in set(re.findall(r"`([\w/]+\.(?:py|toml))`", GUIDE)) - {FILE}:
        assert any((folder / name).is_file() for folder in folders), name
