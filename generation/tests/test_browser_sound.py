"""The music goes on: through pages, downloads, and signed addresses that end while it plays."""

import re
import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Download, Page, Route, expect

from generation.tests.browser import visitor
from generation.tests.listening import (
    LISTEN,
    LONGEST_SILENCE,
    make_tracks,
    plays_beyond,
    press_play,
    seconds_played,
    silence_after,
)
from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.browser
LONG, SHORT, FAR = 120, 5, 100
# Seconds that a signed address lives.
LIFE = 6
AUDIO = "document.querySelector('audio-player').audio"
LOADED = "(({ buffered }) => buffered.length ? buffered.end(buffered.length - 1) : 0)"


@pytest.fixture(scope="module")
def site(s3_server, tmp_path_factory) -> Iterator[Site]:
    variables = {
        "STORAGE_ENDPOINT_URL": s3_server.endpoint,
        "STORAGE_ACCESS_KEY_ID": s3_server.access_key,
        "STORAGE_SECRET_ACCESS_KEY": s3_server.secret_key,
        "STORAGE_BUCKET_NAME": s3_server.bucket,
        "STORAGE_URL_EXPIRE_SECONDS": str(LIFE),
    }
    with running_site(tmp_path_factory.mktemp("site"), **variables) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url, ["403"]) as page:
        yield page


def end_of_address(page: Page) -> float:
    """Wait until the address of what plays has ended; how much of the music is loaded, in seconds."""
    page.wait_for_timeout(1_000 * LIFE)
    return float(page.evaluate(f"{LOADED}({AUDIO})"))


def play_master(page: Page, title: str) -> None:
    """Play a track as it was stored first: of the small format, once that is made, all would be loaded soon."""
    page.evaluate(
        "for (const each of document.querySelectorAll('[data-play]')) each.dataset.src += '?format=wav'"
    )
    press_play(page, title)
    plays_beyond(page, 0.3)


def follow(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
    expect(page).to_have_title(re.compile(f"^{name}"))


def press_download(page: Page, name: str) -> Download:
    """Press a link of the menu of downloads and wait until the browser saves the file."""
    said = page.locator(".downloads-said")
    with page.expect_download(timeout=90_000) as waiting:
        page.get_by_role("link", name=f"Download {name}", exact=True).click()
        if name == "Stems":
            expect(said).to_have_text("Making the stems…")
    expect(said).to_contain_text("has started")
    expect(page.locator("#announcer")).to_contain_text("has started")
    return waiting.value


@pytest.mark.thorough
def test_the_music_goes_on_through_pages_a_rename_downloads_and_the_end_of_its_address(page: Page):
    make_tracks(page, ("Ambient pads", LONG), ("Short pads", SHORT))
    play_master(page, "Ambient pads")
    page.evaluate("window.same = true")
    page.evaluate(LISTEN)
    for name in ("Create", "Library"):
        follow(page, name)
    page.locator("main").get_by_role("link", name="Ambient pads").click()
    expect(page.get_by_role("button", name="Pause Ambient pads")).to_be_visible()
    page.get_by_role("link", name="Rename this track").click()
    page.get_by_label("Title", exact=True).fill("Night pads")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator(".player-title")).to_have_text("Night pads")
    follow(page, "Library")
    page.locator("main").get_by_role("link", name="Short pads").click()
    expect(page.get_by_role("heading", name="Short pads", level=1)).to_be_visible()
    page.locator(".download-menu summary").click()
    stems = press_download(page, "Stems")
    assert stems.suggested_filename == "Short pads (stems).zip"
    with zipfile.ZipFile(stems.path()) as archive:
        assert sum(name.endswith(".flac") for name in archive.namelist()) == 5
    assert press_download(page, "FLAC").path().read_bytes()[:4] == b"fLaC"
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download MIDI", exact=True).click()
    assert waiting.value.suggested_filename == "Short pads.mid"
    assert waiting.value.path().read_bytes()[:4] == b"MThd"

    loaded = end_of_address(page)
    assert loaded < LONG - 20
    plays_beyond(page, loaded + 2)
    silence = page.evaluate(LONGEST_SILENCE) / 1000
    print(f"the longest silence was {silence:.2f} s, {loaded:.0f} s were loaded")
    assert silence < 1.5
    assert page.evaluate("window.same"), "no page was loaded whole"


@pytest.mark.parametrize("knows_the_end", [True, False])
@pytest.mark.thorough
def test_after_a_seek_with_an_address_that_has_ended_the_sound_is_back(page: Page, knows_the_end):
    if not knows_the_end:
        page.route("**/tracks/*/audio?format=wav", promise_an_hour)
    make_tracks(page, ("Ambient pads", LONG))
    play_master(page, "Ambient pads")
    page.evaluate(LISTEN)
    loaded = end_of_address(page)
    assert loaded < FAR - 10
    silence = silence_after(page, f"document.querySelector('audio-player').seek({FAR})", FAR)
    print(f"the sound was back after {silence:.2f} s")
    assert silence < 1.5
    assert seconds_played(page) < FAR + 10
    page.get_by_role("button", name="Pause", exact=True).click()
    end_of_address(page)
    silence = silence_after(page, "document.querySelector('audio-player').play()", FAR)
    assert silence < 1.5


def promise_an_hour(route: Route) -> None:
    """The site says that its addresses live for longer than they do."""
    if "json" not in route.request.headers.get("accept", ""):
        route.continue_()
        return
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "expires_at": "2100-01-01T00:00:00Z"})
