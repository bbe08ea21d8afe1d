"""What travels between the site and the GPU side, and what is not taken for it."""

import dataclasses
import hashlib
from typing import Any

import pytest

from generation.diffusion.songs import SongRequest, Take
from generation.engines.parcel import VERSION, Answer, BadParcel, Delivery, Order, Refusal

SONGS = (SongRequest("rain", 10.0, 7), SongRequest("rain", 10.0, 8, bpm=92.0, tags=("wet",), takes=4))
ORDER = Order(SONGS, "musicgen-medium", "key-1")
TAKES = (
    Take(8, 0.75, {"sound": 1.0, "tempo": 0.5}, bpm=88.0, key="A minor"),
    Take(2_654_435_777, 0.5, {"sound": 1.0, "tempo": 0.0}),
)
DELIVERY = Delivery(b"fLaC", 10.0, 8, "L40S", 2.5, "musicgen-medium", "0123abc", TAKES, ("Chosen: 92 BPM.",))
REFUSAL = Refusal("internal", "Try again.", retryable=True)


def test_an_order_comes_out_as_it_went_in():
    assert Order.unpack(ORDER.pack()) == ORDER


@pytest.mark.parametrize(
    "answer",
    [
        Answer((DELIVERY,)),
        Answer((dataclasses.replace(DELIVERY, takes=(), reasons=()), REFUSAL, DELIVERY)),
        Answer((Refusal("content_rejected", "No.", retryable=False),)),
        Answer(()),
    ],
)
def test_an_answer_comes_out_as_it_went_in(answer):
    assert Answer.unpack(answer.pack()) == answer


@pytest.mark.parametrize("name", ["songs", "model", "progress_key"])
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
        ({"seed": []}, "cannot be read"),
        ({"takes": [{"seed": 7}]}, "cannot be read"),
        ({"takes": 3}, "cannot be read"),
        ({"error": {"code": "internal"}}, "cannot be read"),
    ],
)
def test_a_damaged_answer_is_refused(changed, why):
    with pytest.raises(BadParcel, match=why):
        Answer.unpack({"version": VERSION, "songs": [REFUSAL.pack(), DELIVERY.pack() | changed]})


def test_a_song_that_was_ordered_by_the_version_before_is_taken():
    """So it was answered: one song, which was mastered there, with what was measured of it."""
    song = {"flac": DELIVERY.flac, "sha256": hashlib.sha256(DELIVERY.flac).hexdigest(), "duration": 10.0}
    song |= {"sample_rate": 48_000, "loudness": -14.0, "true_peak": -1.0, "bpm": 91.5, "key": None}
    song |= {
        "gpu": "L40S",
        "gpu_seconds": 2.5,
        "model": "musicgen-medium",
        "revision": "0123abc",
        "version": 1,
    }
    [read] = Answer.unpack(song).songs
    assert read == dataclasses.replace(DELIVERY, seed=None, takes=(), reasons=())
    [refused] = Answer.unpack({"version": 1, **REFUSAL.pack()}).songs
    assert refused == REFUSAL


@pytest.mark.parametrize("read", [Order.unpack, Answer.unpack])
def test_what_is_of_another_version_or_no_parcel_at_all_is_refused(read):
    packed: dict[str, Any] = (ORDER if read == Order.unpack else Answer((DELIVERY,))).pack()
    for other in (
        packed | {"version": VERSION + 1},
        {key: packed[key] for key in packed if key != "version"},
    ):
        with pytest.raises(BadParcel, match="Deploy the GPU side anew"):
            read(other)
    with pytest.raises(BadParcel, match="no parcel but a list"):
        read([packed])
