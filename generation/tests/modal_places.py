"""Fixtures for what talks to Modal: a server of its own for each test, and the engine that knows it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from generation.engines.modal import ModalEngine
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.tests.modal_server import ModalServer, modal_server
from generation.tests.modal_service import TOKEN_ID, TOKEN_SECRET

PRICES = {"L40S": Decimal("0.000542")}
OPTIONS = {"gpu_prices": PRICES, "token_id": TOKEN_ID, "token_secret": TOKEN_SECRET}
SONG = MusicRequest("rainy night", 10.0, seed=7)


@pytest.fixture
def modal_at(monkeypatch) -> Iterator[ModalServer]:
    """A server, and an environment in which Modal's client goes to it."""
    with modal_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def modal_engine(modal_at, settings) -> ModalEngine:
    """The site's engine is the one at that server, and here it is."""
    settings.ENGINES = {"modal": {"BACKEND": "generation.engines.modal.ModalEngine", "OPTIONS": OPTIONS}}
    settings.GENERATION_ENGINE = "modal"
    engine = get_engine("modal")
    assert isinstance(engine, ModalEngine)
    return engine
