"""What every page has: the name, the account corner, the player; and the pages that say that something is wrong."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import User
from generation.tests.web_pages import text_of


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


def test_the_site_goes_by_its_own_name_everywhere(client, settings):
    settings.SITE_NAME = "Tunes & Co"
    for address in ("/", "/library/", "/accounts/login/", "/nothing"):
        html = client.get(address).content.decode()
        assert "Tunes &amp; Co" in html
        assert "AI Music Generator" not in html


def test_the_place_where_one_is_is_marked(client):
    assert b'<a href="/" aria-current="page">' in client.get("/").content
    assert b'<a href="/library/" aria-current="page">' in client.get("/library/").content
    assert b'<a href="/library/" aria-current="true">' in client.get("/playlists/").content


def test_the_account_corner_of_a_visitor_offers_both_doors(client, settings):
    words = text_of(client.get("/library/"))
    assert "Sign up" in words
    assert "Log in" in words
    settings.SIGNUP_OPEN = False
    assert "Sign up" not in text_of(client.get("/library/"))


def test_a_guest_reads_where_the_tracks_are_kept(client):
    client.post("/", {"prompt": "rain", "duration": "10"})
    assert "Your tracks are kept in this browser. Sign up to keep them everywhere." in text_of(
        client.get("/library/")
    )


def test_an_account_shows_its_name_and_the_way_out(client, alice):
    client.force_login(alice)
    response = client.get("/")
    assert "alice@example.org" in text_of(response)
    assert b'method="post" action="/accounts/logout/"' in response.content
    assert f'href="{reverse("account")}"'.encode() in response.content


def test_nothing_in_a_page_needs_an_inline_script_or_style(client, alice, order):
    order()
    client.force_login(alice)
    for address in ("/", "/library/", "/nothing"):
        html = client.get(address).content.decode()
        assert "style=" not in html
        assert "<style" not in html
        assert "onclick" not in html
        assert "<script>" not in html


def test_what_is_not_there_gets_a_page_that_leads_back(client):
    response = client.get("/nothing")
    assert response.status_code == 404
    assert "There is nothing here" in text_of(response)
    assert b'id="main"' in response.content


def test_a_form_from_an_old_page_gets_a_page_that_says_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/", {"prompt": "rain"})
    assert response.status_code == 403
    assert "Nothing was changed." in text_of(response)
    assert not User.objects.exists()


def test_the_page_after_an_error_is_drawn_without_a_request():
    html = render_to_string("500.html")
    assert "Something went wrong" in html
    assert "AI Music Generator" in html
