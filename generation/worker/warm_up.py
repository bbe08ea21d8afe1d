"""Loading at the start of a worker what its first track would otherwise wait for."""

import tempfile

import numpy as np
from django.conf import settings

from generation.audio.encode import encode
from generation.audio.formats import LISTENING_FORMAT, encoded_as
from generation.audio.master import master
from generation.audio.measure import measure
from generation.audio.types import Audio
from generation.covers.pixels import cover_jpeg
from generation.storage import audio_storage

SAMPLE_RATE = 48_000


def warm_up() -> None:
    """Load codecs, filters, what draws covers, and the client of the storage."""
    audio = master(Audio(np.full((2, SAMPLE_RATE // 2), 0.1, dtype=np.float32), SAMPLE_RATE))
    measure(audio)
    for format_name in (settings.MASTER_FORMAT, LISTENING_FORMAT):
        with tempfile.TemporaryFile() as file:
            encode(audio, encoded_as(format_name), file)
    cover_jpeg("", 0)
    audio_storage().warm()
