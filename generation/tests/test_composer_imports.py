"""What a process pays for making music: scipy alone would cost it 80 MB and half a second."""

from generation.composer.sound import levels
from generation.engines.composer import ComposerEngine
from generation.tests.test_audio_imports import loaded_by

MAKE = """
from generation.audio.master import master
from generation.audio.types import Audio
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import compose
from generation.composer.sound.render import render
chunk = next(render(compose(read_prompt("rock", duration=5.0, seed=1, genre="rock"))))
master(Audio(chunk, 48_000))"""


def test_music_is_made_and_mastered_without_scipy():
    loaded = loaded_by(MAKE)
    assert {"numpy", "soundfile"} <= loaded
    assert "scipy" not in loaded


def test_a_score_is_written_without_numpy():
    loaded = loaded_by(
        "from generation.composer.writing.compose import compose\n"
        "from generation.composer.reading.prompt import read_prompt"
    )
    assert "generation.composer.writing.compose" in loaded
    assert "numpy" not in loaded


def test_a_warm_engine_has_read_what_every_piece_needs():
    levels.calibration.cache_clear()
    levels._table.cache_clear()
    ComposerEngine().warm()
    assert levels._table.cache_info().currsize == 1
