"""What the tests of models share: tiny ones in memory, each loaded once, and the way to a hub of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generation.diffusion.loading import load
from generation.diffusion.runner import Runner
from generation.tests.model_hub import Hub
from generation.tests.tiny_models import TINY_MODELS, download_tiny

TinyRunner = Callable[[str], Runner]


@pytest.fixture(scope="session")
def tiny_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache into which all models have been downloaded."""
    import torch

    torch.set_num_threads(1)
    cache_dir = tmp_path_factory.mktemp("models")
    for model in TINY_MODELS.values():
        download_tiny(model, cache_dir)
    return cache_dir


@pytest.fixture(scope="session")
def tiny_runner(tiny_cache: Path) -> TinyRunner:
    """The runner of a family, on the CPU."""
    runners: dict[str, Runner] = {}

    def tiny_runner(family: str) -> Runner:
        if family not in runners:
            runners[family] = load(TINY_MODELS[family], cache_dir=tiny_cache, device="cpu")
        return runners[family]

    return tiny_runner


@pytest.fixture
def reach(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hub], None]:
    """Models are downloaded from this hub."""

    def reach(hub: Hub) -> None:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        monkeypatch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE",
            hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
        )

    return reach
