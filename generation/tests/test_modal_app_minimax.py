"""MiniMax Music 3 as Modal runs it: deployed by its command, asked by the site for two takes."""

from pathlib import Path

import pytest

from generation.diffusion.catalog import MINIMAX_MUSIC
from generation.engines.modal import ModalEngine
from generation.engines.request import MusicRequest
from generation.tests.modal_containers import container, deployed, made
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET
from generation.tests.tiny_models import download_tiny

pytestmark = [pytest.mark.torch, pytest.mark.thorough]


def test_the_best_take_of_a_song_with_lyrics_comes_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = tmp_path / "models"
    download_tiny(MINIMAX_MUSIC, models)
    with deployed(MINIMAX_MUSIC, models) as cloud:
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        engine = ModalEngine(model=MINIMAX_MUSIC.name, token_id=TOKEN_ID, token_secret=TOKEN_SECRET)
        asked = MusicRequest("rain", 5.0, seed=1, lyrics="[verse]\nla la", takes=2)
        with container(cloud, "Generator.*", tmp_path, MODELS_DIR=str(models), MODAL_GPU="") as there:
            [song] = made(engine, engine.start([asked], "job-1"), there)
    assert song.audio.duration == 5.0
    assert song.takes[0].seed == 1
    assert len(song.takes) == 2
