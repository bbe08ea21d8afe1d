"""What a call of the test server comes to: a song, a refusal, or one of the ways in which calls end badly."""

import io
import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from modal.exception import InputCancellation
from modal_proto import api_pb2

from generation.diffusion.songs import Finished
from generation.engines.parcel import VERSION, Delivery, Order, Refusal

PICKLE_PROTOCOL: Final = 4
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
    """What the server says of the GPU, the model, and its version; what songs sound like."""

    name: str = "L40S"
    seconds: float = 2.5
    model: str = "ace-step-1.5-xl-turbo"
    revision: str | None = "0123abc"
    version: int = VERSION
    sample_rate: int = 48_000
    bpm: float | None = 91.5
    key: str | None = "D minor"


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
            "libraries": {"torch": "2.13.0", "diffusers": "0.42.1"},
        }
    )


def song(order: Any, gpu: Gpu) -> Result:
    """The song that was ordered: a tone whose pitch is decided by the seed."""
    return given(_parcel(Order.unpack(order), gpu))


def _parcel(order: Order, gpu: Gpu, duration: float | None = None) -> dict[str, Any]:
    duration = order.song.duration if duration is None else duration
    finished = Finished(
        flac=_tone(pitch(order.song.seed), duration, gpu.sample_rate),
        duration=duration,
        sample_rate=gpu.sample_rate,
        loudness=-13.5,
        true_peak=-1.0,
        bpm=gpu.bpm,
        key=gpu.key,
    )
    return Delivery(finished, gpu.name, gpu.seconds, gpu.model, str(gpu.revision)).pack()


@lru_cache(maxsize=64)
def _tone(hertz: int, duration: float, sample_rate: int) -> bytes:
    import numpy as np

    from generation.audio.encode import encode
    from generation.audio.types import Audio

    turns = np.arange(round(duration * sample_rate), dtype=np.float64) * (2 * math.pi * hertz / sample_rate)
    wave = (0.3 * np.sin(turns)).astype(np.float32)
    file = io.BytesIO()
    encode(Audio(np.stack([wave, wave]), sample_rate), "flac", file)
    return file.getvalue()


def _damaged(order: Any, gpu: Gpu) -> Result:
    parcel = _parcel(Order.unpack(order), gpu)
    return given(parcel | {"flac": parcel["flac"][:-1] + b"?"})


def _no_audio(order: Any, gpu: Gpu) -> Result:
    unpacked = Order.unpack(order)
    finished = Finished(b"fLaC and no more", unpacked.song.duration, gpu.sample_rate, 0.0, 0.0, None, None)
    return given(Delivery(finished, gpu.name, gpu.seconds, gpu.model, str(gpu.revision)).pack())


# What a call may be told to do, by its prompt in brackets ("[oom] rainy night") or by the script.
STEPS: Final[dict[str, Callable[[Any, Gpu], Result]]] = {
    "ok": song,
    "refused": lambda order, gpu: given(
        Refusal("content_rejected", "The model will not sing this.", retryable=False).pack()
    ),
    "oom": lambda order, gpu: given(
        Refusal("out_of_memory", "The GPU has too little memory for this song.", retryable=True).pack()
    ),
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
    "no audio": _no_audio,
    "garbage": lambda order, gpu: given("this is no parcel"),
    "newer": lambda order, gpu: given(_parcel(Order.unpack(order), gpu) | {"version": VERSION + 1}),
    "short": lambda order, gpu: given(_parcel(Order.unpack(order), gpu, duration=0.5)),
}
