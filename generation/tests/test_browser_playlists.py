"""Playlists: tracks are added, put in order by dragging and by the arrow keys, played one after another, taken out."""

from collections.abc import Iterator
from zipfile import is_zipfile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from generation.tests.browser import visitor
from generation.tests.keyboard import press, tab_to
from generation.tests.listening import make_tracks, plays_beyond
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture(params=[pytest.param(1280, marks=pytest.mark.thorough), 390])
def page(browser: Browser, site: Site, request) -> Iterator[Page]:
    """Somebody with three tracks, on a desk and on a phone."""
    size = {"width": request.param, "height": 844}
    with visitor(browser, site.url, viewport=size, reduced_motion="reduce") as page:
        make_tracks(page, ("Rain", 20), ("Snow", 20), ("Wind", 20))
        page.goto("/library/")
        yield page


def titles(page: Page) -> Locator:
    return page.locator(".playlist-track .card-title")


def test_a_playlist_from_its_first_track_to_the_last(page: Page):
    dialog = page.get_by_role("dialog")
    card = page.get_by_role("article", name="Rain")
    press(page, card.get_by_label("More about"))
    press(page, card.get_by_role("link", name="Add to playlist"))
    tab_to(page, dialog.get_by_role("textbox"))
    page.keyboard.type("Evenings")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("The track is in “Evenings”")
    for title in ("Wind", "Snow"):
        press(page, page.get_by_role("checkbox", name=f"Select {title}"), "Space")
    press(page, page.locator("#selection").get_by_role("button", name="Playlist"))
    expect(dialog.get_by_role("heading")).to_have_text("Add 2 tracks to a playlist")
    press(page, dialog.get_by_role("button", name="Evenings"))
    expect(page.locator(".toast").last).to_contain_text("2 of 2 tracks are in “Evenings”")
    press(page, page.get_by_role("link", name="Playlists"))
    press(page, page.get_by_role("link", name="Evenings"))
    expect(titles(page)).to_have_text(["Rain", "Wind", "Snow"])

    handle = page.get_by_role("button", name="Move Rain")
    press(page, handle, "ArrowDown")
    expect(handle).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Rain: 2 of 3")
    expect(titles(page)).to_have_text(["Wind", "Rain", "Snow"])

    snow = page.get_by_role("button", name="Move Snow").bounding_box()
    rain = page.get_by_role("button", name="Move Rain").bounding_box()
    assert snow
    assert rain
    page.mouse.move(snow["x"] + 10, snow["y"] + 10)
    page.mouse.down()
    page.mouse.move(snow["x"] + 10, rain["y"] + 4, steps=5)
    expect(titles(page)).to_have_text(["Wind", "Snow", "Rain"])
    with page.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
        page.mouse.up()
    assert moved.value.status == 204
    page.reload()
    expect(titles(page)).to_have_text(["Wind", "Snow", "Rain"])

    press(page, page.locator(".playlist-track").first.get_by_role("button", name="Play Wind"))
    plays_beyond(page, 0.2)
    page.locator("audio-player").get_by_role("button", name="Next", exact=True).press("Enter")
    expect(page.locator(".player-title")).to_have_text("Snow")

    press(page, page.get_by_label("More about Snow"))
    press(page, page.get_by_role("button", name="Take out of the playlist"))
    expect(titles(page)).to_have_text(["Wind", "Rain"])
    plays_beyond(page, 0.2)
    press(page, page.get_by_role("button", name="Undo"))
    expect(titles(page)).to_have_text(["Wind", "Snow", "Rain"])
    press(page, page.get_by_role("button", name="Delete playlist"))
    expect(page.get_by_text("Evenings” is deleted")).to_be_visible()
    press(page, page.get_by_role("button", name="Undo"))
    expect(titles(page)).to_have_text(["Wind", "Snow", "Rain"])


def test_many_tracks_come_as_one_zip(page: Page):
    press(page, page.get_by_role("checkbox", name="Select Rain"), "Space")
    page.get_by_role("button", name="Select all shown").press("Enter")
    expect(page.locator("#selection")).to_contain_text("3 selected")
    press(page, page.locator("#selection").get_by_text("Zip", exact=True))
    with page.expect_download(timeout=120_000) as fetched:
        press(page, page.get_by_role("button", name="Zip of MP3"))
    assert fetched.value.suggested_filename.endswith(".zip")
    expect(page.get_by_text("Your zip is ready.", exact=False).first).to_be_visible()
    assert is_zipfile(fetched.value.path())
