"""The built-in composer as an engine: what it fills in, how it reports, and that it stops."""

import pytest

from generation.composer.sources import sampler
from generation.composer.writing.compose import SCORE_VERSION
from generation.engines.base import ScoredEngine, Stopped
from generation.engines.composer import SAMPLE_RATE, ComposerEngine
from generation.engines.request import MusicRequest

ENGINE = ComposerEngine()


def test_resolving_fills_in_what_it_would_draw_and_resolving_again_changes_nothing():
    resolved = ENGINE.resolve(ENGINE.checked(MusicRequest("sad piano", 5.0))).request
    assert None not in (resolved.seed, resolved.genre, resolved.bpm, resolved.key)
    assert ENGINE.resolve(resolved).request == resolved
    assert ENGINE.resolve(MusicRequest("sad piano", 5.0, seed=0)).request.seed == 0


def test_it_makes_the_resolved_piece_and_reports_how_far_it_is():
    request = ENGINE.resolve(MusicRequest("quiet piano", 5.0, seed=7, genre="ambient")).request
    progress: list[float] = []
    music = ENGINE.generate(request, progress.append, lambda: False)
    assert music.audio.samples.shape == (2, 5 * SAMPLE_RATE)
    assert music.audio.sample_rate == SAMPLE_RATE
    assert (music.bpm, music.key, music.score_version) == (request.bpm, request.key, SCORE_VERSION)
    assert progress == sorted(progress)
    assert progress[0] > 0
    assert progress[-1] == 1.0
    assert abs(music.audio.samples[:, -SAMPLE_RATE:]).max() > 0


def test_it_stops_where_it_is_asked_to():
    progress: list[float] = []
    with pytest.raises(Stopped):
        ENGINE.generate(MusicRequest("rain", 30.0, seed=7), progress.append, lambda: bool(progress))
    assert len(progress) == 1


def test_warming_up_reads_the_recordings_that_a_piece_begins_with():
    sampler.load.cache_clear()
    ENGINE.warm()
    assert sampler.load.cache_info().currsize > 0


def test_its_music_has_a_score():
    assert isinstance(ENGINE, ScoredEngine)
    assert ENGINE.midi(MusicRequest("rain", 5.0, seed=7)) != ENGINE.midi(MusicRequest("rain", 5.0, seed=8))
