"""Pages and the API while the bucket is away: none of them asks it anything."""

import copy
import time
from collections.abc import Iterator

import pytest
from django.test import Client

from accounts.models import User
from generation.models import Track
from generation.tests.api_calls import client_of, finish, problem
from generation.tests.toxic_proxy import Stall
from generation.tracks import renditions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite_is_enough]
PAGES = (
    "/",
    "/library/",
    "/tracks/{track}/",
    "/tracks/{track}/delete",
    "/jobs/{job}/",
    "/jobs/{job}/card",
    "/admin/generation/job/",
    "/admin/generation/job/{job}/change/",
    "/admin/generation/track/",
    "/admin/generation/track/{track}/change/",
    "/api/v1/jobs",
    "/api/v1/jobs/{job}",
    "/api/v1/tracks",
    "/api/v1/tracks/{track}",
    "/api/v1/tracks/{track}/peaks",
    "/readyz",
    "/healthz",
)
REDIRECTS = (
    "/audio/{job}",
    "/audio/{track}",
    "/tracks/{track}/audio",
    "/tracks/{track}/audio?format=wav&download=1",
    "/api/v1/jobs/{job}/audio",
    "/api/v1/tracks/{track}/audio",
    "/api/v1/tracks/{track}/audio?format=mp3",
)
SOON = 20.0  # seconds for any of them, on a machine that is busy with other tests


@pytest.fixture
def operator(client: Client, alice: User) -> Client:
    """The owner of the music, who may see the admin too."""
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    return client


@pytest.fixture
def legacy(scripted, order, operator) -> Track:
    """A track from the time before there was a bucket."""
    return finish(order())


@pytest.fixture
def track(legacy, through_proxy, order) -> Track:
    track = finish(order())
    renditions.make_rendition(track.pk, "mp3")
    return track


@pytest.fixture(params=["down", "hanging"])
def outage(request, track, proxy) -> Iterator[None]:
    """A bucket that is away. Nobody may have tried to reach it when the test is over."""
    if request.param == "down":
        proxy.refuse()
    else:
        proxy.trouble = Stall()
    before = (proxy.connections, proxy.sent)
    yield
    assert (proxy.connections, proxy.sent) == before


def asked(client: Client, address: str, track: Track) -> tuple[int, str]:
    began = time.monotonic()
    response = client.get(address.format(job=track.job_id, track=track.pk))
    assert time.monotonic() - began < SOON
    return response.status_code, response.get("Location", "")


def test_pages_render_and_the_api_answers(operator, track, outage):
    statuses = {address: asked(operator, address, track)[0] for address in PAGES}
    assert {address: status for address, status in statuses.items() if status != 200} == {"/readyz": 503}


def test_audio_is_redirected_to_at_once(operator, track, outage, proxy):
    for address in REDIRECTS:
        status, location = asked(operator, address, track)
        assert (address, status) == (address, 302)
        assert location.startswith(proxy.endpoint)


def test_music_from_before_the_bucket_plays_on(operator, legacy, outage):
    status, location = asked(operator, "/audio/{track}", legacy)
    assert status == 302
    assert b"".join(operator.get(location))[:4] == b"RIFF"


def test_music_is_ordered_renamed_and_deleted(operator, track, outage, order):
    order("another one")
    began = time.monotonic()
    assert operator.post(f"/tracks/{track.pk}/rename", {"title": "Rain"}).status_code == 302
    assert operator.post(f"/tracks/{track.pk}/delete").status_code == 302
    assert time.monotonic() - began < SOON
    assert not Track.objects.visible_to(track.owner).filter(pk=track.pk).exists()


def test_music_in_a_bucket_that_is_configured_no_more_is_out_of_reach(operator, alice, track, settings):
    places = copy.deepcopy(settings.STORAGES)
    del places["s3"]
    settings.STORAGES = places
    response = operator.get(f"/tracks/{track.pk}/audio")
    assert response.status_code == 503
    assert "This music is out of reach" in response.content.decode()
    found = problem(client_of(alice).get(f"/api/v1/tracks/{track.pk}/audio"), 503, "storage_failed")
    for said in (response.content.decode(), found["detail"]):
        assert "STORAGE_BUCKET_NAME" not in said
