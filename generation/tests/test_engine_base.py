"""What every engine does of itself: drawing a seed, and following a call until it has ended."""

import asyncio

import pytest

from generation.engines.base import MAX_IN_FLIGHT, Unreachable
from generation.engines.request import MAX_SEED, MusicRequest
from generation.engines.scripted import UNAVAILABLE, ScriptedEngine, ScriptedRemoteEngine

REQUEST = MusicRequest("rain", 1.0)


def test_a_seed_is_drawn_where_none_is_given_and_kept_where_one_is():
    engine = ScriptedEngine()
    drawn = {engine.resolve(REQUEST).request.seed for _ in range(20)}
    assert len(drawn) > 1
    assert all(seed is not None and 0 <= seed <= MAX_SEED for seed in drawn)
    assert engine.resolve(MusicRequest("rain", 1.0, seed=0)).request.seed == 0


def test_a_call_is_followed_until_its_music_is_there():
    engine = ScriptedRemoteEngine(rounds=1)
    call = engine.start([REQUEST], "job")
    asyncio.run(engine.ended(call))
    assert engine.asked[call] == 2


def test_a_call_that_failed_has_ended():
    engine = ScriptedRemoteEngine(rounds=0)
    engine.script.append(UNAVAILABLE)
    asyncio.run(engine.ended(engine.start([REQUEST], "job")))
    assert not engine.script


def test_a_call_that_cannot_be_asked_for_has_not_ended():
    engine = ScriptedRemoteEngine(rounds=0)
    engine.script.append(Unreachable("It is away."))
    with pytest.raises(Unreachable):
        asyncio.run(engine.ended(engine.start([REQUEST], "job")))


def test_what_an_error_says_to_the_operator_is_what_it_says_to_all_where_nothing_more_is_known():
    assert Unreachable("It is away.").detail == "It is away."
    away = Unreachable("It is away.", detail="Refused by 10.0.0.1.")
    assert (away.message, away.detail, away.retryable) == ("It is away.", "Refused by 10.0.0.1.", True)


def test_an_engine_takes_so_many_calls_at_once_unless_it_says_otherwise():
    assert ScriptedRemoteEngine().max_in_flight == MAX_IN_FLIGHT
    assert ScriptedRemoteEngine(max_in_flight=3).max_in_flight == 3
