"""The built-in composer as an engine: what it fills in, how it reports, and that it stops."""

import pytest

from generation.composer.sources import sampler
from generation.composer.writing.compose import SCORE_VERSION
from generation.engines.base import ScoredEngine, Stopped
from generation.engines.composer import SAMPLE_RATE, ComposerEngine
from generation.engines.request import MusicRequest, RequestError

ENGINE = ComposerEngine()


def test_resolving_fills_in_what_it_would_draw_and_resolving_again_changes_nothing():
    resolved = ENGINE.resolve(ENGINE.checked(MusicRequest("sad piano", 5.0))).request
    assert None not in (
        *(resolved.seed, resolved.genre, resolved.bpm),
        *(resolved.key, resolved.time_signature),
    )
    assert ENGINE.resolve(resolved).request == resolved
    assert ENGINE.resolve(MusicRequest("sad piano", 5.0, seed=0)).request.seed == 0


def test_a_time_signature_is_played_by_a_genre_that_has_it_and_the_rest_is_refused():
    asked = ENGINE.checked(MusicRequest("music", 5.0, seed=1, genre="Jazz", time_signature=" 3 / 4"))
    assert asked.time_signature == ENGINE.resolve(asked).request.time_signature == "3/4"
    for seed in range(4):
        drawn = ENGINE.resolve(MusicRequest("music", 5.0, seed=seed, time_signature="7/8")).request
        assert drawn.time_signature == "7/8"
        assert "7/8" in ENGINE.capabilities.time_signatures[drawn.genre or ""]
    with pytest.raises(RequestError, match=r"^The genre “techno” is played in 4/4 here, not in 3/4\.$"):
        ENGINE.checked(MusicRequest("music", 5.0, genre="techno", time_signature="3/4"))


def test_a_prompt_that_names_a_genre_without_the_time_signature_is_played_in_four_and_that_is_said():
    resolution = ENGINE.resolve(MusicRequest("techno", 5.0, seed=1, variations=2, time_signature="7/8"))
    assert (resolution.request.genre, resolution.request.time_signature) == ("techno", "4/4")
    assert resolution.notices == ("'7/8' was not used: Techno is played in 4/4 here.",)
    assert ENGINE.checked(resolution.request) == resolution.request


def test_it_makes_the_resolved_piece_and_reports_how_far_it_is():
    request = ENGINE.resolve(MusicRequest("quiet piano", 5.0, seed=7, genre="ambient")).request
    progress: list[float] = []
    music = ENGINE.generate(request, progress.append, lambda: False)
    assert music.audio.samples.shape == (2, 5 * SAMPLE_RATE)
    assert music.audio.sample_rate == SAMPLE_RATE
    assert (music.bpm, music.key, music.score_version) == (request.bpm, request.key, SCORE_VERSION)
    assert music.time_signature == request.time_signature
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
