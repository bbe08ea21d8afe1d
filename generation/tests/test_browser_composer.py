"""Ordering from the built-in composer in a real browser: its genres, what it cannot do, and what one may hear first."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import REFUSED, visitor
from generation.tests.ordering_page import (
    PHONE,
    TIMEOUT,
    axe_finds_nothing_at_any_width,
    choose,
    generate,
    go_to,
    prompt,
    shows,
)
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(composer_site: Site) -> Site:
    return composer_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url, [REFUSED]) as page:
        yield page


def plays(page: Page) -> None:
    """Wait until the player is heard."""
    end = time.monotonic() + TIMEOUT / 1000
    while page.evaluate("document.querySelector('audio-player').audio.currentTime") < 0.2:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def test_genres_are_found_by_the_keyboard_and_what_each_cannot_do_is_said(page: Page):
    page.set_viewport_size(PHONE)
    page.goto("/")
    search = page.get_by_role("searchbox", name="Find a genre")
    search.press_sequentially("hiphop")
    expect(page.locator(".chip-row .chip:visible")).to_have_text(["Hip hop"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Hip hop")).to_be_checked()
    expect(page.get_by_role("radio", name="Hip hop")).to_be_focused()
    expect(page.locator(".chip", has_text="Hip hop")).to_be_in_viewport(ratio=1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="House")).to_be_checked()
    search.fill("polka")
    expect(page.locator(".genre-none")).to_contain_text("There is no such genre.")
    page.keyboard.press("Escape")
    search.fill("tech")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Techno")).to_be_focused()
    page.keyboard.press("Space")
    shows(page, genre="techno", variations="2")
    assert not page.locator(".job").count(), "nothing was ordered by that"
    prompt(page).press_sequentially("A ballad with female vocals")
    expect(page.locator(".order-notices")).to_contain_text("sing")
    expect(page.locator(".order-notices .notice")).to_be_in_viewport(ratio=1)
    choose(page, "duration", "10")
    generate(page).click()
    expect(page.locator(".job article")).to_have_count(2)
    expect(page.locator(".card-notice")).to_contain_text("sing")
    go_to(page, "Library")
    go_to(page, "Create")
    shows(page, genre="techno")
    expect(page.locator(".chip", has_text="Techno")).to_be_in_viewport(ratio=1)
    page.get_by_text("More options").click()
    signature = page.get_by_label("Time signature")
    expect(signature.locator("option:enabled")).to_have_text(["From the prompt", "4/4"])
    choose(page, "genre", "jazz")
    signature.select_option("3/4")
    choose(page, "genre", "techno")
    expect(page.locator(".order-notices")).to_contain_text(
        "The genre “techno” is played in 4/4 here, not in 3/4."
    )
    expect(signature.locator("option:enabled")).to_have_text(["From the prompt", "4/4", "3/4"])
    choose(page, "genre", "jazz")
    choose(page, "variations", "1")
    prompt(page).fill("Waltz of the tide")
    for name in ("Library", "Create"):
        go_to(page, name)
    shows(page, genre="jazz", time_signature="3/4")
    generate(page).click()
    waltz = page.locator("article.card-completed", has_text="Waltz of the tide")
    expect(waltz.locator(".card-facts")).to_contain_text("3/4", timeout=TIMEOUT)
    waltz.get_by_role("link", name="Waltz of the tide").click()
    expect(page.locator(".details dl > div", has_text="Time signature").locator("dd")).to_have_text("3/4")


def test_words_that_were_not_meant_are_taken_back_on_the_next_order(page: Page):
    page.goto("/")
    prompt(page).fill("techno at midnight")
    choose(page, "duration", "10")
    choose(page, "variations", "1")
    generate(page).click()
    page.get_by_role("link", name="Techno at midnight").click()
    page.get_by_role("link", name="Not what I meant by techno").click()
    taken_back = page.locator("input[name=ignored_words]")
    expect(taken_back).to_be_checked()
    for name in ("Library", "Create", "Library", "Create"):
        go_to(page, name)
    expect(taken_back).to_be_checked()
    shows(page, prompt="techno at midnight", duration="10", variations="1")
    taken_back.uncheck(force=True)
    for name in ("Library", "Create"):
        go_to(page, name)
    shows(page, prompt="techno at midnight")
    expect(taken_back).to_have_count(0)


def test_a_demonstration_is_made_on_demand_plays_by_itself_and_is_there_for_the_next(
    page: Page, browser: Browser, site: Site
):
    page.goto("/")
    expect(page.locator(".demo")).to_have_count(3)
    page.get_by_role("button", name="Play Night drive").press("Enter")
    plays(page)
    expect(page.get_by_role("button", name="Pause Night drive")).to_be_focused()
    expect(page.locator("audio-player track-like")).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("Night drive is ready.")
    for script in (True, False):
        with visitor(browser, site.url, java_script_enabled=script) as other:
            other.goto("/")
            if script:
                other.get_by_role("button", name="Play Night drive").click()
                plays(other)
            else:
                end = time.monotonic() + TIMEOUT / 1000
                while not other.locator("#demo-night-drive audio").count():
                    assert time.monotonic() < end, "each web process asks every ten seconds what is made"
                    other.wait_for_timeout(500)
                    other.goto("/")
                other.get_by_role("button", name="Play The summit").click()
                expect(other.locator("#demo-summit audio")).to_be_visible(timeout=TIMEOUT)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_axe_finds_nothing_on_the_first_visit(browser: Browser, site: Site, scheme):
    with visitor(browser, site.url, color_scheme=scheme, reduced_motion="reduce") as page:
        page.goto("/")
        page.get_by_role("searchbox", name="Find a genre").fill("polka")
        prompt(page).fill("A ballad with female vocals")
        expect(page.locator(".order-notices")).to_contain_text("sing")
        axe_finds_nothing_at_any_width(page)
        page.goto("/demo/rain")
        axe_finds_nothing_at_any_width(page)
