"""Songs made at Modal, asked for over real gRPC."""

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from django.conf import settings as django_settings

from generation.engines.base import EngineError, Music, Pending
from generation.engines.modal import ModalEngine
from generation.engines.open_models import HINTS
from generation.engines.request import MusicRequest, RequestError
from generation.tests.collecting import collected
from generation.tests.modal_places import OPTIONS, SONG
from generation.tests.modal_results import pitch
from generation.tests.modal_service import INLINE_BYTES
from generation.tests.working import wait_until

WAIT = 20.0
COLLECTING = """
import json, sys
from generation.engines.modal import ModalEngine
[song] = ModalEngine(answer_seconds=60.0).collect(sys.argv[1], 60.0)
print(json.dumps([song().audio.duration, song().seed]))
"""


def made(engine: ModalEngine, request: MusicRequest = SONG) -> Music:
    music = collected(engine, engine.start([request], "job-1"), WAIT)
    assert isinstance(music, Music)
    return music


def heard(music: Music) -> float:
    """The loudest frequency in Hz."""
    spectrum = np.abs(np.fft.rfft(music.audio.samples[0]))
    return float(np.argmax(spectrum) / music.audio.duration)


def test_a_song_comes_back_with_what_it_cost(modal_engine):
    music = made(modal_engine)
    assert (music.audio.duration, music.audio.sample_rate, music.audio.channels) == (10.0, 48_000, 2)
    assert heard(music) == pytest.approx(pitch(7), abs=0.2)
    assert (music.seed, music.takes) == (7, ())
    assert music.cost_usd == Decimal("0.001355")  # 2.5 s of an L40S


def test_tempo_and_key_are_measured_here_in_what_came(modal_engine, modal_at):
    assert made(modal_engine).bpm is None
    modal_at.script.gpu.beats = True
    assert made(modal_engine).bpm == pytest.approx(120, abs=0.2)


def test_a_gpu_without_a_price_is_named(modal_engine, modal_at):
    modal_at.script.gpu.name = "B300"
    music = made(modal_engine)
    assert (music.cost_usd, music.unpriced) == (None, "B300")


def test_the_songs_of_a_call_come_in_their_order_each_with_its_own_cost(modal_engine):
    requests = [dataclasses.replace(SONG, seed=seed) for seed in (9, 7, 8)]
    songs = modal_engine.collect(modal_engine.start(requests, "job-1"), WAIT)
    assert not isinstance(songs, Pending)
    made = [song() for song in songs]
    assert [music.seed for music in made] == [9, 7, 8]
    assert [heard(music) for music in made] == [pytest.approx(pitch(seed), abs=0.2) for seed in (9, 7, 8)]
    assert [music.cost_usd for music in made] == [Decimal("0.001355")] * 3


def test_a_song_that_was_refused_leaves_the_others_alone(modal_engine, modal_at):
    modal_at.script.steps.append("second refused")
    requests = [dataclasses.replace(SONG, seed=seed) for seed in (7, 8, 9)]
    first, second, third = modal_engine.collect(modal_engine.start(requests, "job-1"), WAIT)
    assert (first().seed, third().seed) == (7, 9)
    with pytest.raises(EngineError, match="will not sing"):
        second()


def test_that_a_call_has_ended_is_heard_without_its_songs(modal_engine, modal_at):
    modal_at.script.gpu.sample_rate = 192_000
    call_id = modal_engine.start([MusicRequest("an epic", 30.0, seed=7)], "job-1")
    asyncio.run(modal_engine.ended(call_id))
    assert modal_at.figures().get("BlobGet", 0) == 0
    collected(modal_engine, call_id, WAIT)
    assert modal_at.figures()["BlobGet"] == 1


def test_a_long_song_and_long_lyrics_travel_as_blobs(modal_engine, modal_at):
    modal_at.script.gpu.sample_rate = 192_000
    music = made(modal_engine, MusicRequest("an epic", 30.0, seed=7, lyrics="la " * 3000))
    assert music.audio.duration == 30.0
    assert modal_at.figures()["blobs"] == 1
    assert modal_at.figures()["BlobCreate"] == 1
    assert len(modal_at.blobs.read("bl-00000002") or b"") > INLINE_BYTES


def test_long_songs_may_take_long_to_arrive(modal_engine, modal_at, monkeypatch):
    """Several songs of ten minutes are hundreds of MB: given up again and again, they would never arrive."""
    monkeypatch.setattr("generation.engines.modal.DOWNLOAD_SECONDS", 0.5)
    modal_at.script.gpu.sample_rate = 192_000
    modal_at.blobs.seconds_to_send = 2.0
    call_id = modal_engine.start([MusicRequest("an epic", 30.0, seed=7)], "job-1")
    asyncio.run(modal_engine.ended(call_id))
    assert isinstance(collected(modal_engine, call_id, 0.1), Music)


def test_starting_does_not_wait_for_the_song(modal_engine, modal_at):
    modal_at.script.steps.append("hang")
    call_id = modal_engine.start([SONG], "8d3f2c1e-5b7a-4f0e-9c55-3a1d1c0b9e77")
    assert len(call_id) <= 120
    assert collected(modal_engine, call_id, 0.0) == Pending(0.0)


def test_a_result_may_be_asked_for_again(modal_engine, modal_at):
    call_id = modal_engine.start([SONG], "job-1")
    first, second = collected(modal_engine, call_id, WAIT), collected(modal_engine, call_id, WAIT)
    assert isinstance(first, Music)
    assert isinstance(second, Music)
    assert np.array_equal(first.audio.samples, second.audio.samples)
    assert modal_at.figures()["spawned"] == 1


def test_another_process_collects_the_call(modal_engine, modal_at):
    modal_at.script.seconds = 0.5
    call_id = modal_engine.start([SONG], "job-1")
    ended = subprocess.run(
        [sys.executable, "-c", COLLECTING, call_id],
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert json.loads(ended.stdout or "null") == [10.0, 7], ended.stderr
    assert modal_at.figures()["spawned"] == 1


def test_a_forked_process_opens_a_client_of_its_own(modal_engine, modal_at):
    call_id = modal_engine.start([SONG], "job-1")
    child = os.fork()
    if not child:
        result = collected(modal_engine, call_id, WAIT)
        os._exit(0 if isinstance(result, Music) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert isinstance(collected(modal_engine, call_id, WAIT), Music)


def test_a_canceled_call_ends(modal_engine, modal_at):
    modal_at.script.steps.append("hang")
    call_id = modal_engine.start([SONG], "job-1")
    modal_engine.cancel(call_id)
    assert modal_at.calls.canceled == [call_id.split("/")[0]]
    with pytest.raises(EngineError) as error:
        collected(modal_engine, call_id, WAIT)
    assert (error.value.detail, error.value.retryable) == ("The call was canceled at Modal.", True)


def test_canceling_what_has_ended_is_no_error(modal_engine):
    call_id = modal_engine.start([SONG], "job-1")
    collected(modal_engine, call_id, WAIT)
    modal_engine.cancel(call_id)


def test_progress_is_what_the_gpu_side_tells(modal_engine, modal_at):
    modal_at.script.seconds = 1.5
    call_id = modal_engine.start([SONG], "job-1")
    seen: list[float] = []

    def look() -> bool:
        result = collected(modal_engine, call_id, 0.1)
        # Nothing is known of a call that ends between the two questions, for its result and for its progress.
        if isinstance(result, Pending) and result.progress is not None:
            seen.append(result.progress)
        return isinstance(result, Music)

    wait_until(look, WAIT)
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 1


def test_the_progress_of_many_calls_is_one_question(modal_engine, modal_at):
    modal_at.script.steps.extend(["hang"] * 3)
    calls = [modal_engine.start([SONG], f"job-{number}") for number in range(3)]
    calls.append(modal_engine.start([SONG], "job-ended"))
    collected(modal_engine, calls[-1], WAIT)
    asyncio.run(modal_engine.progress(calls))
    before = modal_at.figures()
    known = asyncio.run(modal_engine.progress(calls))
    assert known == dict.fromkeys(calls[:3], 0.0)
    questions = {name for name, count in modal_at.figures().items() if count != before[name]}
    assert questions == {"DictContents"}


def test_two_hundred_calls_are_followed_at_once(modal_engine, modal_at):
    """More than one connection carries, and other questions are answered meanwhile."""
    modal_at.script.steps.extend(["hang"] * 200)
    calls = [modal_engine.start([SONG], f"job-{number}") for number in range(200)]

    async def all_ended() -> None:
        following = [asyncio.create_task(modal_engine.ended(call_id)) for call_id in calls]
        while modal_at.figures().get("waiting", 0) < len(calls):
            await asyncio.sleep(0.05)
        assert len(await modal_engine.progress(calls)) == len(calls)
        for call_id in calls:
            await asyncio.to_thread(modal_engine.cancel, call_id)
        await asyncio.gather(*following)

    asyncio.run(asyncio.wait_for(all_ended(), 60))
    assert [each.waiting for each in modal_engine._connection._long_poll_clients] == [0] * 4
    assert modal_at.figures()["asked"] <= 2 * len(calls)  # once at once, then one long question


@pytest.mark.parametrize("step", ["crash", "terminated", "garbage", "expired", "unknown"])
def test_ended_says_so_however_the_call_ended(modal_engine, modal_at, step):
    modal_at.script.steps.append(step)
    asyncio.run(modal_engine.ended(modal_engine.start([SONG], "job-1")))


def test_what_the_model_cannot_is_refused_at_the_edge(modal_engine):
    with pytest.raises(RequestError) as error:
        modal_engine.checked(MusicRequest("a song", 601.0, seed=1, negative_prompt="drums"))
    assert [wrong.field for wrong in error.value.errors] == ["duration", "negative_prompt"]
    asked = modal_engine.checked(
        MusicRequest("a song", 60.0, genre="Chillhop", key="c sharp min", lyrics="la")
    )
    assert (asked.genre, asked.key) == ("lofi", "C# minor")
    resolution = modal_engine.resolve(asked)
    assert resolution.request.seed is not None
    assert resolution.notices == (HINTS,)


def test_instrumental_music_with_lyrics_is_refused_before_a_gpu_has_to_start(modal_engine):
    with pytest.raises(RequestError, match="has no lyrics") as error:
        modal_engine.checked(MusicRequest("a song", 60.0, lyrics="la", instrumental=True))
    assert [wrong.field for wrong in error.value.errors] == ["lyrics"]


def test_the_model_is_described_with_its_licence():
    can = ModalEngine(model="musicgen-medium", **OPTIONS).capabilities
    assert (can.model, can.licence, can.commercial_use) == ("facebook/musicgen-medium", "CC BY-NC 4.0", False)
    assert can.max_duration == 30
