"""The address of a cover as a picture."""

from io import BytesIO

import pytest
from PIL import Image

from generation.covers.pixels import cover_png
from generation.tests.api_calls import finish


@pytest.fixture
def track(db, scripted, order):
    return finish(order())


@pytest.mark.parametrize(("query", "size"), [("", 512), ("?size=512", 512), ("?size=1200", 1200)])
def test_the_cover_is_a_png_of_that_size(alices, track, query, size):
    response = alices.get(f"/tracks/{track.pk}/cover.png{query}")
    assert response["Content-Type"] == "image/png"
    assert Image.open(BytesIO(response.content)).size == (size, size)
    assert response.content == cover_png(track.genre, track.seed, track.key, size)


def test_a_browser_keeps_it_for_itself_and_is_not_sent_it_twice(alices, track):
    response = alices.get(f"/tracks/{track.pk}/cover.png")
    assert {"private", "immutable"} <= set(response["Cache-Control"].split(", "))
    again = alices.get(f"/tracks/{track.pk}/cover.png", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = alices.get(f"/tracks/{track.pk}/cover.png?size=1200", headers={"If-None-Match": response["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("size", ["513", "5000", "big", "-1", ""])
def test_there_are_two_sizes_and_no_other(alices, track, size):
    assert alices.get(f"/tracks/{track.pk}/cover.png?size={size}").status_code == 404


def test_another_user_gets_404(client, bob, track):
    assert client.get(f"/tracks/{track.pk}/cover.png").status_code == 404
    client.force_login(bob)
    assert client.get(f"/tracks/{track.pk}/cover.png").status_code == 404
