"""What travels between the site and the GPU side, and what is not taken for it."""

import dataclasses
from typing import Any

import pytest

from generation.diffusion.songs import Finished, SongRequest
from generation.engines.parcel import BadParcel, Delivery, Order, Refusal, unpack_answer

ORDER = Order(SongRequest("rain", 10.0, 7), "musicgen-medium", "key-1")
SONG = Finished(b"fLaC", 10.0, 48_000, -14.0, -1.0, bpm=91.5, key="D minor")
DELIVERY = Delivery(SONG, "L40S", 2.5, "musicgen-medium", "0123abc")


def test_an_order_comes_out_as_it_went_in():
    assert Order.unpack(ORDER.pack()) == ORDER


@pytest.mark.parametrize(
    "answer",
    [
        DELIVERY,
        dataclasses.replace(DELIVERY, song=dataclasses.replace(SONG, bpm=None, key=None)),
        Refusal("internal", "Try again.", retryable=True),
        Refusal("content_rejected", "No.", retryable=False),
    ],
)
def test_an_answer_comes_out_as_it_went_in(answer):
    assert unpack_answer(answer.pack()) == answer


@pytest.mark.parametrize("name", ["song", "model", "progress_key"])
def test_an_order_that_lacks_something_cannot_be_read(name):
    packed = ORDER.pack()
    del packed[name]
    with pytest.raises(BadParcel, match="order cannot be read"):
        Order.unpack(packed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"flac": b"fLaK"}, "checksum"),
        ({"flac": "fLaC"}, "checksum"),
        ({"sha256": ""}, "checksum"),
        ({"duration": "long"}, "cannot be read"),
        ({"bpm": []}, "cannot be read"),
        ({"error": {"code": "internal"}}, "cannot be read"),
    ],
)
def test_a_damaged_answer_is_refused(changed, why):
    with pytest.raises(BadParcel, match=why):
        unpack_answer(DELIVERY.pack() | changed)


@pytest.mark.parametrize("read", [Order.unpack, unpack_answer])
def test_what_is_of_another_version_or_no_parcel_at_all_is_refused(read):
    packed: dict[str, Any] = (ORDER if read == Order.unpack else DELIVERY).pack()
    for other in (packed | {"version": 2}, {key: packed[key] for key in packed if key != "version"}):
        with pytest.raises(BadParcel, match="Deploy the GPU side anew"):
            read(other)
    with pytest.raises(BadParcel, match="no parcel but a list"):
        read([packed])
