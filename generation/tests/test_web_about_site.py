"""What the site says of itself: icon, manifest, robots, descriptions, the colour of the window."""

import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from PIL import Image

from generation.covers.colours import Colour
from generation.tests.api_calls import finish

SURFACE = re.compile(r"--surface: oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)")
THEME = re.compile(r'<meta name="theme-color" content="(#\w+)"')
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]+)">')


@pytest.mark.parametrize("path", ["/favicon.ico", "/site.webmanifest", "/robots.txt"])
def test_they_are_kept_for_a_day_and_ask_no_database(client, path):
    response = client.get(path)  # without the database, which no fixture allows here
    assert response["Cache-Control"] == "public, max-age=86400"
    assert "Set-Cookie" not in response
    assert client.post(path).status_code == 405


def test_the_icon_is_one(client):
    icon = Image.open(BytesIO(client.get("/favicon.ico").content))
    assert icon.format == "ICO"
    assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_the_manifest_names_icons_that_are_there_in_the_size_they_say(client, settings):
    settings.SITE_NAME = 'Fiddle "&" Sons'
    response = client.get("/site.webmanifest")
    manifest = json.loads(response.content)
    assert response["Content-Type"] == "application/manifest+json"
    assert manifest["name"] == settings.SITE_NAME
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        file = finders.find(icon["src"].removeprefix(settings.STATIC_URL))
        assert "{}x{}".format(*Image.open(file).size) == icon["sizes"]


def test_search_engines_find_the_start_and_the_description_of_the_api_alone(client):
    lines = client.get("/robots.txt").content.decode().splitlines()
    closed = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow")]
    for private in ("/jobs/1/", "/playlists/", "/accounts/tokens/", "/admin/", "/api/v1/jobs"):
        assert any(private.startswith(path) for path in closed), private
    assert "/" not in closed
    assert "Allow: /api/v1/docs" in lines


@pytest.mark.django_db
def test_every_page_describes_itself_with_other_words(alices, scripted, order):
    track = finish(order())
    pages = (
        "/",
        "/library/",
        f"/tracks/{track.pk}/",
        f"/jobs/{track.job_id}/",
        "/api/v1/docs",
    )
    described = [DESCRIPTION.findall(alices.get(page).content.decode()) for page in pages]
    assert all(len(each) == 1 for each in described)
    assert len({each[0] for each in described}) == len(pages)
    assert track.title in described[2][0]


@pytest.mark.django_db
def test_the_window_has_the_colour_of_the_page(client):
    tokens = (Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text()
    surfaces = [Colour(*map(float, parts)).hex for parts in SURFACE.findall(tokens)]
    assert THEME.findall(client.get("/").content.decode()) == surfaces[:2]
    assert surfaces[1] == surfaces[2], "dark by the device and dark by choice"
    assert json.loads(client.get("/site.webmanifest").content)["theme_color"] == surfaces[0]
