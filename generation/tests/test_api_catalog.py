"""`/engines` and `/genres`: what may be asked."""

from generation.tests.api_calls import API, client_of


def test_the_engines_and_their_limits(alice, scripted):
    body = client_of(alice).get(f"{API}/engines").json()
    assert body["default"] == "scripted"
    [engine] = body["results"]
    limits = engine.pop("limits")
    assert engine == {
        "name": "scripted",
        "title": "Scripted engine",
        "description": "Plays a tone.",
        "default": True,
        "deterministic": True,
        "model": None,
        "licence": None,
        "licence_url": None,
        "licence_note": None,
        "commercial_use": True,
        "used_up_until": None,
        "fields": ["bpm"],
        "midi": False,
        "stems": False,
        "genres": [],
        "keys": [],
        "time_signatures": {},
    }
    assert limits["duration"] == {"min": 0.1, "max": 300, "default": 30}
    assert limits["seed"] == {"min": 0, "max": 2**32 - 1}
    assert limits["prompt_length"] == 2000


def test_an_engine_tells_the_time_signatures_of_each_genre(alice, settings):
    settings.ENGINES = {"composer": {"BACKEND": "generation.engines.composer.ComposerEngine"}}
    settings.GENERATION_ENGINE = "composer"
    [engine] = client_of(alice).get(f"{API}/engines").json()["results"]
    assert "time_signature" in engine["fields"]
    assert engine["time_signatures"].keys() == set(engine["genres"])
    assert engine["time_signatures"]["jazz"] == ["4/4", "3/4", "5/4"]
    assert engine["time_signatures"]["techno"] == ["4/4"]


def test_the_genres_and_the_words_that_mean_them(alice):
    genres = {genre["name"]: genre for genre in client_of(alice).get(f"{API}/genres").json()["results"]}
    assert {"lofi", "ambient", "rock"} <= set(genres)
    assert genres["lofi"]["title"] == "Lo-fi"
    assert "chillhop" in genres["lofi"]["aliases"]
