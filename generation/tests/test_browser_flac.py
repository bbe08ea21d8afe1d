"""A FLAC master is played in a browser from the place that a listener chooses, and saved as the WAV made of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import visitor
from generation.tests.listening import make_tracks, plays_beyond, press_play
from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.browser
LONG, FAR = 40, 35
AUDIO = "document.querySelector('audio-player').audio"
# As it was stored first: of the small format, once that is made, all would be loaded soon.
OF_MASTER = "for (const each of document.querySelectorAll('[data-play]')) each.dataset.src += '?format=flac'"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), MASTER_FORMAT="flac") as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url) as page:
        yield page


def test_a_flac_master_is_played_and_sought_in_and_saved_as_wav(page: Page):
    make_tracks(page, ("Ambient pads", LONG))
    page.evaluate(OF_MASTER)
    with page.expect_response(lambda answer: "/master.flac" in answer.url):
        press_play(page, "Ambient pads")
    plays_beyond(page, 0.3)
    assert page.evaluate(f"{AUDIO}.duration") == pytest.approx(LONG, abs=0.01)
    page.evaluate(f"document.querySelector('audio-player').seek({FAR})")
    plays_beyond(page, FAR + 0.3)
    page.locator("main").get_by_role("link", name="Ambient pads").click()
    expect(page.get_by_role("heading", name="Ambient pads", level=1)).to_be_visible()
    page.locator(".download-menu summary").click()
    with page.expect_download(timeout=90_000) as waiting:
        page.get_by_role("link", name="Download WAV", exact=True).click()
    assert waiting.value.suggested_filename == "Ambient pads.wav"
    assert waiting.value.path().read_bytes()[:4] == b"RIFF"
