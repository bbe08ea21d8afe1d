import json
from dataclasses import asdict

import pytest

from generation.audio.loudness import integrated_loudness, true_peak
from generation.audio.measure import Measured, measure
from generation.tests.audio_signals import beat, silence


def test_it_holds_what_the_meters_say():
    audio = beat(2)
    assert measure(audio) == Measured(integrated_loudness(audio), true_peak(audio))
    assert measure(audio).lufs != pytest.approx(measure(audio).true_peak_db, abs=1)


def test_even_silence_can_be_stored_as_json():
    json.dumps(asdict(measure(silence(1))), allow_nan=False)
