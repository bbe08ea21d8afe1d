"""The heart of a track: pressed on a page with and without a script."""

import pytest

from generation.models import Track
from generation.tests.api_calls import stored_track


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def track(order) -> Track:
    return stored_track(order())


def test_a_track_is_liked_and_liked_no_more_by_a_form(alices, track, order):
    other = stored_track(order())
    for favorite, pressed in (("1", "true"), ("1", "true"), ("0", "false")):
        response = alices.post(
            f"/tracks/{track.pk}/like", {"favorite": favorite, "next": "/library/"}, follow=True
        )
        assert response.redirect_chain == [("/library/", 302)]
        html = response.content.decode()
        assert html.count('aria-pressed="true"') == (pressed == "true")
        assert f'name="favorite"\n      value="{1 - int(favorite)}"' in html
    track.refresh_from_db()
    other.refresh_from_db()
    assert (track.favorite, other.favorite) == (False, False)


def test_without_a_page_to_go_back_to_it_leads_to_the_track(alices, track):
    for elsewhere in ({}, {"next": "https://elsewhere.example/"}):
        response = alices.post(f"/tracks/{track.pk}/like", {"favorite": "1", **elsewhere})
        assert (response.status_code, response["Location"]) == (302, f"/tracks/{track.pk}/")


def test_a_script_gets_no_page(alices, track):
    response = alices.post(
        f"/tracks/{track.pk}/like", {"favorite": "1"}, headers={"Accept": "application/json"}
    )
    assert (response.status_code, response.content) == (204, b"")
    track.refresh_from_db()
    assert track.favorite


def test_another_users_track_and_a_deleted_one_are_not_there(client, bob, alices, track):
    assert client.post(f"/tracks/{track.pk}/like", {"favorite": "1"}).status_code == 302
    client.force_login(bob)
    assert client.post(f"/tracks/{track.pk}/like", {"favorite": "0"}).status_code == 404
    track.refresh_from_db()
    assert track.favorite
    track.discard()
    client.force_login(track.owner)
    assert client.post(f"/tracks/{track.pk}/like", {"favorite": "1"}).status_code == 404
    track.refresh_from_db()
    assert not track.favorite
