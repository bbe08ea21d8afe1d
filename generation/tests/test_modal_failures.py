"""What is said when a call at Modal ends badly, or when Modal is not there."""

import asyncio
import time
from collections.abc import Callable

import pytest

from generation.engines.base import EngineError, Music, Unreachable
from generation.engines.modal import ModalEngine
from generation.tests.collecting import collected
from generation.tests.modal_places import OPTIONS, SONG
from generation.tests.toxic_proxy import Stall, toxic_proxy

WAIT = 20.0


def error_of(act: Callable[[], object]) -> EngineError:
    with pytest.raises(EngineError) as raised:
        act()
    return raised.value


@pytest.mark.parametrize(
    ("step", "code", "retryable", "words"),
    [
        ("refused", "content_rejected", False, "The model will not sing this."),
        ("oom", "out_of_memory", True, "too little memory"),
        ("foreign", "out_of_memory", True, "CUDA out of memory"),
        ("killed", "out_of_memory", True, "Deploy on a larger one"),
        ("crash", "internal", True, "RuntimeError (the sampler gave NaN)"),
        ("late", "internal", True, "TimeoutError (the model did not load)"),
        ("timeout", "engine_timeout", False, "the app's timeout"),
        ("startup", "engine_unavailable", True, "The container did not start"),
        ("internal", "engine_unavailable", True, "Modal lost the container"),
        ("expired", "engine_unavailable", True, "no longer keeps the result"),
        ("unknown", "engine_unavailable", True, "does not know this call"),
        ("damaged", "internal", True, "its checksum is another"),
        ("no audio", "internal", True, "cannot be read as audio"),
        ("short", "internal", True, "lasts 0.50 s and not 10 s"),
        ("garbage", "internal", False, "no parcel"),
        ("newer", "internal", False, "Deploy the GPU side anew"),
    ],
)
def test_a_call_that_ended_badly(modal_engine, modal_at, step, code, retryable, words):
    modal_at.script.steps.append(step)
    call_id = modal_engine.start([SONG], "job-1")
    error = error_of(lambda: collected(modal_engine, call_id, 0.5))
    assert not isinstance(error, Unreachable)
    assert (error.code, error.retryable) == (code, retryable)
    assert words in error.detail
    assert error.message.endswith(".")


def test_a_wrong_token(modal_at):
    engine = ModalEngine(**OPTIONS | {"token_secret": "as-wrong"})
    error = error_of(lambda: engine.start([SONG], "job-1"))
    assert not isinstance(error, Unreachable)
    assert "MODAL_TOKEN_ID and MODAL_TOKEN_SECRET" in error.detail
    assert "as-wrong" not in error.detail
    assert "MODAL" not in error.message


def test_no_token_at_all(modal_at, monkeypatch):
    monkeypatch.delenv("MODAL_TOKEN_ID")
    error = error_of(lambda: ModalEngine().start([SONG], "job-1"))
    assert "modal token new" in error.detail


def test_an_app_that_is_not_deployed(modal_at):
    error = error_of(lambda: ModalEngine("songs", **OPTIONS).start([SONG], "job-1"))
    assert "no app “songs”" in error.detail
    assert "modal deploy generation/engines/modal_app.py" in error.detail


def test_an_app_that_is_taken_away_and_deployed_anew(modal_engine, modal_at):
    modal_engine.start([SONG], "job-1")
    looked_up = modal_at.figures()["ClassGet"]
    modal_at.script.deployed.clear()
    assert "modal deploy" in error_of(lambda: modal_engine.start([SONG], "job-1")).detail
    assert modal_at.figures()["ClassGet"] > looked_up
    modal_at.script.deployed.add("musicgen")
    assert isinstance(collected(modal_engine, modal_engine.start([SONG], "job-1"), WAIT), Music)


def test_a_quota_that_is_spent(modal_engine, modal_at):
    modal_at.script.trouble = "exhausted"
    error = error_of(lambda: modal_engine.start([SONG], "job-1"))
    assert (error.code, error.retryable) == ("engine_unavailable", True)
    assert "spend limit" in error.detail
    assert not isinstance(error, Unreachable)


def test_a_lost_answer_starts_no_second_song(modal_engine, modal_at):
    modal_at.script.lost_answers = 2
    assert isinstance(collected(modal_engine, modal_engine.start([SONG], "job-1"), WAIT), Music)
    assert modal_at.figures()["spawned"] == 1


def test_an_order_of_which_nobody_knows_whether_it_arrived_is_not_called_unreachable(modal_engine, modal_at):
    modal_at.script.lost_answers = 100
    error = error_of(lambda: modal_engine.start([SONG], "job-1"))
    assert modal_at.figures()["spawned"] == 1
    assert not isinstance(error, Unreachable)
    assert error.retryable


def test_a_container_that_does_not_start_in_time(modal_engine, modal_at):
    modal_at.script.starting = 60.0
    error = error_of(lambda: modal_engine.health(0.2))
    assert (error.code, error.retryable) == ("engine_unavailable", True)
    assert "No container was ready after 0.2 s" in error.detail


@pytest.mark.parametrize("trouble", ["unavailable", "unauthenticated"])
def test_a_call_goes_on_while_nobody_can_ask_for_it(modal_engine, modal_at, trouble):
    call_id = modal_engine.start([SONG], "job-1")
    modal_at.script.trouble = trouble
    assert isinstance(error_of(lambda: collected(modal_engine, call_id, 0.1)), Unreachable)
    assert isinstance(error_of(lambda: asyncio.run(modal_engine.ended(call_id))), Unreachable)
    assert isinstance(error_of(lambda: asyncio.run(modal_engine.progress([call_id]))), Unreachable)
    modal_at.script.trouble = ""
    assert isinstance(collected(modal_engine, call_id, WAIT), Music)


def test_nothing_is_started_at_a_service_that_is_away(modal_engine, modal_at):
    modal_at.script.trouble = "unavailable"
    assert isinstance(error_of(lambda: modal_engine.start([SONG], "job-1")), Unreachable)
    assert isinstance(error_of(lambda: modal_engine.cancel("fc-1/key/10")), Unreachable)
    assert "spawned" not in modal_at.figures()


@pytest.mark.parametrize("how", ["refuses", "stalls"])
def test_a_dead_server_holds_nobody_up(modal_at, monkeypatch, how):
    engine = ModalEngine(**OPTIONS, answer_seconds=0.4)
    with toxic_proxy(modal_at.url) as proxy:
        monkeypatch.setenv("MODAL_SERVER_URL", proxy.endpoint)
        if how == "stalls":
            proxy.trouble = Stall()
        else:
            proxy.refuse()
        for act in (
            lambda: engine.start([SONG], "job-1"),
            lambda: engine.cancel("fc-1/key/10"),
            lambda: collected(engine, "fc-1/key/10", 0.0),
            lambda: asyncio.run(engine.ended("fc-1/key/10")),
        ):
            began = time.monotonic()
            assert isinstance(error_of(act), Unreachable)
            assert time.monotonic() - began < 40  # Modal's client alone would take a minute
    assert "spawned" not in modal_at.figures()


def test_a_server_that_comes_back_is_found_again(modal_at, monkeypatch):
    engine = ModalEngine(**OPTIONS)
    with toxic_proxy(modal_at.url) as proxy:
        monkeypatch.setenv("MODAL_SERVER_URL", proxy.endpoint)
        call_id = engine.start([SONG], "job-1")
        proxy.refuse()
        assert isinstance(error_of(lambda: engine.start([SONG], "job-2")), Unreachable)
        proxy.accept()
        assert isinstance(collected(engine, call_id, WAIT), Music)
    assert modal_at.figures()["spawned"] == 1
