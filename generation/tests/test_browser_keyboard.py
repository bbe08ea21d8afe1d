"""Everything by the keyboard alone, on a desk and on a narrow window: no test here presses a pointer."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from generation.tests.browser import GIVEN_UP, visitor
from generation.tests.keyboard import IS_SEEN, NAME_OF_FOCUS, press, tab_to
from generation.tests.listening import plays_beyond, seconds_played
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
TIMEOUT = 60_000
DESK, PHONE = 1280, 390


@pytest.fixture(scope="module")
def site(composer_site: Site) -> Site:
    return composer_site


@pytest.fixture(params=[pytest.param(DESK, marks=pytest.mark.thorough), PHONE])
def width(request) -> int:
    return int(request.param)


@pytest.fixture
def page(browser: Browser, site: Site, width) -> Iterator[Page]:
    size = {"width": width, "height": 844}
    with visitor(browser, site.url, GIVEN_UP, viewport=size, reduced_motion="reduce") as page:
        yield page


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def order(page: Page, prompt: str) -> None:
    """Two variations of ten seconds of the genre after Hip hop in the row, by Ctrl+Enter."""
    page.goto("/")
    press(page, page.get_by_role("link", name="Skip to the content"))
    expect(page.locator("#main")).to_be_focused()
    tab_to(page, page.get_by_label("What should it sound like?"))
    page.keyboard.type(prompt)
    tab_to(page, page.get_by_role("searchbox", name="Find a genre"))
    page.keyboard.type("hiphop")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="House")).to_be_checked()
    tab_to(page, page.locator("input[name=duration]:checked"))
    page.keyboard.press("ArrowLeft")
    tab_to(page, page.locator("input[name=variations]:checked"))
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.card-completed")).to_have_count(2, timeout=TIMEOUT)


def test_music_is_ordered_played_liked_downloaded_and_deleted(page: Page, width):
    order(page, "Rainy night")
    card = page.get_by_role("article", name="1 · Rainy night")
    press(page, card.get_by_role("button", name="Play"))
    plays_beyond(page, 0.2)
    expect(card.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Play")).to_be_focused()
    press(page, card.get_by_role("button", name="Like"), "Space")
    expect(card.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")

    more = card.get_by_label("More about")
    press(page, more)
    tab_to(page, card.get_by_role("link", name="Download WAV"))
    with page.expect_download(timeout=TIMEOUT):
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    press(page, more)
    press(page, card.get_by_role("link", name="Share"))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("each => each.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(more).to_be_focused()

    if width == PHONE:
        press(page, button(page, "Show the player in full"))
        expect(button(page, "Close the full view")).to_be_focused()
    position = page.locator("audio-player").get_by_role("slider", name="Position")
    press(page, position, "End")
    page.keyboard.press("PageDown")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert seconds_played(page) == pytest.approx(5, abs=1)
    press(page, button(page, "Next"))
    expect(page.locator(".player-title")).to_contain_text("2")
    queue = page.locator("audio-player").get_by_label("Queue")
    press(page, queue)
    expect(page.get_by_text("Nothing comes after this track.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(queue).to_be_focused()
    if width == PHONE:
        page.keyboard.press("Escape")
        expect(button(page, "Show the player in full")).to_be_focused()

    press(page, more)
    press(page, card.get_by_role("button", name="Delete track"))
    expect(page.locator("article.card")).to_have_count(1)
    expect(page.locator(":focus")).to_have_count(1)


def test_a_track_is_renamed_mixed_looked_into_and_used_again(page: Page):
    order(page, "techno at midnight")
    press(page, page.get_by_role("article").first.get_by_role("link", name="techno"))
    title = page.get_by_role("heading", level=1)
    expect(title).to_contain_text("at midnight")
    press(page, page.get_by_role("link", name="Rename this track"))
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Blue hour")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Blue hour")
    expect(page.get_by_role("link", name="Rename this track")).to_be_focused()
    expect(page.locator("main").get_by_role("button", name="Like Blue hour")).to_be_visible()

    section = page.get_by_role("list", name="Sections").get_by_role("button").first
    press(page, section)
    plays_beyond(page, 0.2)
    tab_to(page, page.get_by_role("region", name="Notes, from left to right"))
    press(page, button(page, "Follow"))
    expect(button(page, "Follow")).to_have_attribute("aria-pressed", "false")
    press(page, page.get_by_text("Sections and chords in words"))
    expect(page.locator(".score-words li").first).to_be_visible()
    press(page, button(page, "Mix the stems"))
    mute = button(page, "Mute drums")
    press(page, mute, "Space")
    expect(mute).to_have_attribute("aria-pressed", "true")
    level = page.get_by_role("slider", name="Level of drums")
    before = level.input_value()
    press(page, level, "ArrowLeft")
    assert level.input_value() != before

    press(page, page.get_by_role("link", name="Not what I meant by midnight"))
    taken_back = page.locator("input[name=ignored_words]")
    expect(taken_back).to_be_checked()
    press(page, taken_back, "Space")
    expect(taken_back).not_to_be_checked()
    page.go_back()
    press(page, page.get_by_role("link", name="Make another like it"))
    expect(page.get_by_label("What should it sound like?")).to_have_value("techno at midnight")
    expect(page.locator("input[name=duration]:checked")).to_have_value("10")


def test_an_order_is_canceled_and_its_card_dismissed(page: Page):
    page.goto("/")
    tab_to(page, page.get_by_label("What should it sound like?"))
    page.keyboard.type("endless pads")
    tab_to(page, page.locator("input[name=duration]:checked"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    tab_to(page, page.locator("input[name=variations]:checked"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+Enter")
    press(page, page.get_by_role("button", name="Cancel").first)
    expect(page.get_by_role("button", name="Try again")).to_be_focused(timeout=TIMEOUT)
    press(page, page.get_by_label("More about"))
    press(page, page.get_by_role("button", name="Remove from the list"))
    expect(page.locator(".job")).to_have_count(0)
    expect(page.locator("#recent-title")).to_be_focused()


@pytest.mark.parametrize("width", [PHONE], indirect=True)
def test_no_bar_covers_what_has_the_focus(page: Page, width):
    order(page, "A ballad with female vocals")
    press(page, page.get_by_role("button", name="Play").first)
    plays_beyond(page, 0.2)
    track = page.locator(".card-title a").first.get_attribute("href") or ""
    for address in ("/", "/library/", track):
        page.goto(address)
        expect(page.locator("audio-player")).to_be_visible()
        covered = []
        for key in ("Tab", "Shift+Tab"):
            for _ in range(60):
                page.keyboard.press(key)
                if not page.evaluate(IS_SEEN):
                    covered.append((key, page.evaluate(NAME_OF_FOCUS)))
        assert covered == [], address
