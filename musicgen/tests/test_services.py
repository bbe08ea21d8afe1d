"""A service is asked seldom and waited for briefly, however many ask how it is."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from musicgen import services
from musicgen.services import BROKEN, OK, SILENT, Service


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(services, "ANSWER_SECONDS", 0.1)


def test_many_questions_are_one():
    asked = []
    service = Service(lambda: asked.append(1) or OK)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: service.state(), range(200))) == {OK}
    assert len(asked) == 1


def test_it_is_asked_again_when_the_answer_is_old(monkeypatch):
    answers = iter(["ok", "gone"])
    service = Service(lambda: next(answers))
    assert [service.state(), service.state()] == ["ok", "ok"]
    monkeypatch.setattr(services, "KEPT_SECONDS", 0.0)
    assert service.state() == "gone"


def test_one_that_hangs_costs_one_thread_and_a_short_wait(monkeypatch):
    monkeypatch.setattr(services, "KEPT_SECONDS", 0.0)
    answers, asked = threading.Event(), []

    def hang():
        asked.append(1)
        answers.wait(30)
        return OK

    service = Service(hang)
    began = time.monotonic()
    assert [service.state() for _ in range(20)] == [SILENT] * 20
    assert time.monotonic() - began < 1.0
    assert len(asked) == 1
    answers.set()
    deadline = time.monotonic() + 10
    while service.state() != OK and time.monotonic() < deadline:
        time.sleep(0.01)
    assert service.state() == OK


def test_one_that_fails_in_an_unknown_way_is_broken(caplog):
    assert Service(lambda: str(1 / 0)).state() == BROKEN
    assert "cannot be asked" in caplog.text
