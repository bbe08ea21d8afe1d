"""Takes of a song on their way through the site: asked for where the engine can, and shown with what they scored."""

import pytest

from generation.diffusion.songs import Take
from generation.engines.open_models import SOUND_ALONE
from generation.engines.registry import get_engine
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.tests.api_calls import API, client_of, stored_track, wrong_fields
from generation.web.order_form import OrderForm

pytestmark = pytest.mark.django_db
TAKES = (
    Take(7, 0.52, {"sound": 0.9, "tempo": 0.14, "key": 0.52}, bpm=110.0, key="E minor"),
    Take(2_654_435_776, 0.93, {"sound": 0.88, "tempo": 0.95, "key": 0.96}, bpm=92.4, key="A minor"),
)


@pytest.fixture(autouse=True)
def engines(settings) -> None:
    settings.ENGINES = {
        "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
        "songs": {"BACKEND": "generation.engines.diffusion.DiffusionEngine"},
    }
    settings.GENERATION_ENGINE = "songs"


@pytest.fixture
def api(alice):
    return client_of(alice)


def ordered(api, **fields: object):
    return api.post(f"{API}/jobs", {"prompt": "rain", "duration": 30} | fields, format="json")


def test_takes_are_ordered_and_one_is_what_is_made_without_a_wish(api):
    assert ordered(api, takes=4).json()["input"]["takes"] == 4
    assert ordered(api).json()["input"]["takes"] == 1
    assert ordered(api, takes=None).json()["input"]["takes"] == 1
    assert [job.request.takes for job in Job.objects.order_by("created_at")] == [4, 1, 1]


def test_an_order_from_before_there_were_takes_had_one(api, order):
    job = order(duration=10.0)
    del job.input["takes"]
    job.save()
    assert api.get(f"{API}/jobs/{job.pk}").json()["input"]["takes"] == 1


@pytest.mark.parametrize("takes", ["4", True, 2.5, [4]])
def test_takes_are_a_whole_number(api, takes):
    assert wrong_fields(ordered(api, takes=takes)) == {"takes": "invalid"}


@pytest.mark.parametrize("takes", [0, 9, -1, 10**30])
def test_only_as_many_as_the_engine_makes_can_be_ordered(api, takes):
    assert wrong_fields(ordered(api, takes=takes)) == {"takes": "out_of_range"}
    assert not Job.objects.exists()


def test_an_engine_that_makes_one_says_so(api):
    answer = ordered(api, takes=2, engine="composer")
    assert wrong_fields(answer) == {"takes": "unsupported"}
    assert "cannot honour “takes”" in answer.json()["errors"][0]["message"]


def test_the_engines_tell_how_many_they_make(api):
    engines = {each["name"]: each for each in api.get(f"{API}/engines").json()["results"]}
    assert engines["songs"]["limits"]["takes"] == {"min": 1, "max": 8}
    assert engines["composer"]["limits"]["takes"] == {"min": 1, "max": 1}


def test_the_form_offers_them_where_the_engine_makes_several():
    assert OrderForm(initial={"engine": "songs"}).take_counts == [1, 2, 4, 8]
    assert OrderForm(initial={"engine": "composer"}).take_counts == [1]
    form = OrderForm({"prompt": "rain", "duration": "30", "engine": "songs", "takes": "4"})
    assert form.is_valid()
    assert form.request is not None
    assert form.request.takes == 4
    hidden = OrderForm({"prompt": "rain", "duration": "30", "engine": "composer", "takes": "4"})
    assert not hidden.is_valid()
    assert hidden.errors_above == ["Built-in composer cannot honour “takes”; leave it out."]


@pytest.mark.parametrize(
    ("wish", "is_said"),
    [({}, True), ({"bpm": 92}, False), ({"key": "A minor"}, False), ({"lyrics": "la"}, False)],
)
def test_it_is_said_where_takes_are_chosen_by_their_sound_alone(wish, is_said):
    engine = get_engine("songs")
    several = engine.resolve(MusicRequest("rain", 30.0, seed=1, takes=2, **wish))
    assert (SOUND_ALONE in several.notices) == is_said
    assert SOUND_ALONE not in engine.resolve(MusicRequest("rain", 30.0, seed=1, **wish)).notices


def test_the_scores_stand_in_the_api_and_on_the_page(api, client, alice, order):
    job = order(duration=10.0, takes=2, bpm=92)
    takes = [take.as_json() for take in TAKES]
    track = stored_track(job, takes=takes, seed=2_654_435_776, bpm=92.4, key="A minor")
    assert api.get(f"{API}/tracks/{track.pk}").json()["takes"] == takes
    assert api.get(f"{API}/jobs/{job.pk}").json()["tracks"][0]["takes"] == takes
    client.force_login(alice)
    page = client.get(f"/tracks/{track.pk}/").content.decode()
    assert "The best of 2 takes" in page
    assert page.count(", this track</th>") == 1
    assert [score in page for score in ("93\xa0%", "52\xa0%", "92.4 BPM, asked for 92", "110 BPM")] == [
        True
    ] * 4


def test_a_track_that_was_the_only_take_says_nothing_of_takes(api, client, alice, order):
    track = stored_track(order(duration=10.0))
    assert api.get(f"{API}/tracks/{track.pk}").json()["takes"] == []
    client.force_login(alice)
    assert "takes" not in client.get(f"/tracks/{track.pk}/").content.decode().lower()
