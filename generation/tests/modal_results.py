"""What a call of the test server comes to: a song, a refusal, or one of the ways in which calls end badly."""

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from modal.exception import InputCancellation
from modal_proto import api_pb2

from generation.diffusion.errors import ModelUnavailable
from generation.diffusion.flac import encode_flac
from generation.diffusion.songs import SongRequest
from generation.engines.parcel import VERSION, Answer, Delivery, Order, Refusal
from generation.tests.audio_signals import beat

PICKLE_PROTOCOL: Final = 4
REFUSED: Final = Refusal("content_rejected", "The model will not sing this.", retryable=False)
NO_ROOM: Final = Refusal("out_of_memory", "The GPU has too little memory for this song.", retryable=True)
LOWEST_HZ, HZ_STEPS = 220, 220
SUCCESS = api_pb2.GenericResult.GENERIC_STATUS_SUCCESS
FAILURE = api_pb2.GenericResult.GENERIC_STATUS_FAILURE
# An exception whose class this side does not have: the pickle of torch's, as a GPU without room raises it.
NOT_IMPORTABLE: Final = (
    b"\x80\x04ctorch_of_the_gpu_side.cuda\nOutOfMemoryError\n"
    b"(VCUDA out of memory. Tried to allocate 3.00 GiB.\ntR."
)


@dataclass
class Gpu:
    """What the server says of the GPU, the model, and its version; whether songs are beats (120 BPM) or tones.

    Each result is made larger by `padding` bytes, which nobody reads.
    """

    name: str = "L40S"
    seconds: float = 2.5
    model: str = "ace-step-1.5-xl-turbo"
    revision: str | None = "0123abc"
    downloaded: str | None = None
    version: int = VERSION
    sample_rate: int = 48_000
    beats: bool = False
    padding: int = 0


@dataclass(frozen=True)
class Result:
    """How a call ended: Modal's status, what it gave (pickled), and what there is to say."""

    status: int
    data: bytes = b""
    said: str = ""


def pitch(seed: int) -> int:
    """The frequency in Hz of the tone that a seed gives."""
    return LOWEST_HZ + seed % HZ_STEPS


def given(value: Any) -> Result:
    return Result(SUCCESS, pickle.dumps(value, PICKLE_PROTOCOL))


def raised(error: BaseException) -> Result:
    """The function raised an exception, of a class which both sides know."""
    return Result(FAILURE, pickle.dumps(error, PICKLE_PROTOCOL), repr(error))


def canceled() -> Result:
    status = api_pb2.GenericResult.GENERIC_STATUS_TERMINATED
    return Result(status, raised(InputCancellation("Input was cancelled by user")).data, "canceled")


def health(gpu: Gpu) -> Result:
    return given(
        {
            "parcel": gpu.version,
            "model": gpu.model,
            "revision": gpu.revision,
            "downloaded": gpu.downloaded or gpu.revision,
            "libraries": {"torch": "2.13.0", "diffusers": "0.42.1"},
        }
    )


def songs(order: Any, gpu: Gpu) -> Result:
    """The songs that were ordered: tones whose pitches are decided by the seeds."""
    return given(_answer(order, gpu) | {"padding": bytes(gpu.padding)})


def _answer(order: Any, gpu: Gpu, **changed: Any) -> dict[str, Any]:
    """The packed answer; `changed` are fields of its deliveries."""
    return Answer(tuple(_delivery(song, gpu, **changed) for song in Order.unpack(order).songs)).pack()


def _delivery(song: SongRequest, gpu: Gpu, **changed: Any) -> Delivery:
    duration = changed.get("duration", song.duration)
    sound = _beat if gpu.beats else _tone
    made: dict[str, Any] = {
        "flac": sound(pitch(song.seed), duration, gpu.sample_rate),
        "duration": duration,
        "seed": song.seed,
        "gpu": gpu.name,
        "gpu_seconds": gpu.seconds,
        "model": gpu.model,
        "revision": str(gpu.revision),
    }
    return Delivery(**made | changed)


def _second_refused(order: Any, gpu: Gpu) -> Result:
    made = [_delivery(song, gpu) for song in Order.unpack(order).songs]
    return given(Answer((made[0], REFUSED, *made[2:])).pack())


@lru_cache(maxsize=64)
def _tone(hertz: int, duration: float, sample_rate: int) -> bytes:
    import numpy as np

    from generation.audio.types import Audio

    turns = np.arange(round(duration * sample_rate), dtype=np.float64) * (2 * math.pi * hertz / sample_rate)
    wave = (0.3 * np.sin(turns)).astype(np.float32)
    return encode_flac(Audio(np.stack([wave, wave]), sample_rate))


@lru_cache(maxsize=4)
def _beat(hertz: int, duration: float, sample_rate: int) -> bytes:
    return encode_flac(beat(duration, sample_rate))


def _damaged(order: Any, gpu: Gpu) -> Result:
    answer = _answer(order, gpu)
    for song in answer["songs"]:
        song["flac"] = song["flac"][:-1] + b"?"
    return given(answer)


def _refusing(refusal: Refusal) -> Callable[[Any, Gpu], Result]:
    return lambda order, gpu: given(Answer((refusal,) * len(Order.unpack(order).songs)).pack())


# What a call may be told to do, by its prompt in brackets ("[oom] rainy night") or by the script.
STEPS: Final[dict[str, Callable[[Any, Gpu], Result]]] = {
    "ok": songs,
    "refused": _refusing(REFUSED),
    "second refused": _second_refused,
    "oom": _refusing(NO_ROOM),
    "no gpu": lambda order, gpu: raised(ModelUnavailable("There is no GPU here.")),
    "foreign": lambda order, gpu: Result(FAILURE, NOT_IMPORTABLE, "OutOfMemoryError: CUDA out of memory."),
    "crash": lambda order, gpu: raised(RuntimeError("the sampler gave NaN")),
    "late": lambda order, gpu: raised(TimeoutError("the model did not load")),
    "timeout": lambda order, gpu: Result(
        api_pb2.GenericResult.GENERIC_STATUS_TIMEOUT, said="Task's current input hit its timeout of 300s"
    ),
    "killed": lambda order, gpu: Result(
        api_pb2.GenericResult.GENERIC_STATUS_KERNEL_OOM_KILL,
        said="Container ran out of memory and was killed",
    ),
    "startup": lambda order, gpu: Result(
        api_pb2.GenericResult.GENERIC_STATUS_INIT_FAILURE,
        said="Container startup timed out: it did not become ready in 600s",
    ),
    "internal": lambda order, gpu: Result(
        api_pb2.GenericResult.GENERIC_STATUS_INTERNAL_FAILURE, said="The worker was lost"
    ),
    "terminated": lambda order, gpu: canceled(),
    "damaged": _damaged,
    "no audio": lambda order, gpu: given(_answer(order, gpu, flac=b"fLaC and no more")),
    "garbage": lambda order, gpu: given("this is no parcel"),
    "newer": lambda order, gpu: given(_answer(order, gpu) | {"version": VERSION + 1}),
    "short": lambda order, gpu: given(_answer(order, gpu, duration=0.5)),
}
