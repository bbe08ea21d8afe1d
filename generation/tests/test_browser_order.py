"""Ordering in a real browser: what one sets stays, what comes of it is in sight, and what may be asked for again."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from generation.tests.browser import SMALL_TARGETS, chromium, with_policy
from generation.tests.running_site import Site, running_site

pytestmark = pytest.mark.browser
TIMEOUT = 60_000
SCRIPTED = "generation.tests.scripted_settings"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), DJANGO_SETTINGS_MODULE=SCRIPTED) as site:
        yield site


@pytest.fixture(scope="module")
def composing(tmp_path_factory) -> Iterator[Site]:
    """A site with the built-in composer."""
    with running_site(tmp_path_factory.mktemp("composing")) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    yield from visitor(browser, site)


@pytest.fixture
def composers_page(browser: Browser, composing: Site) -> Iterator[Page]:
    yield from visitor(browser, composing)


def visitor(browser: Browser, site: Site) -> Iterator[Page]:
    """A visitor under a policy that allows nothing inline; any complaint of the browser fails the test."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.url)
    context.route("**/*", with_policy)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not [said for said in complaints if "422" not in said]


def prompt(page: Page) -> Locator:
    return page.get_by_label("What should it sound like?")


def generate(page: Page) -> Locator:
    return page.get_by_role("button", name="Generate", exact=True)


def choose(page: Page, field: str, value: str) -> None:
    page.locator(f"input[name={field}][value='{value}']").check(force=True)


def shows(page: Page, **values: str) -> None:
    """Wait until these fields of the form have these values."""
    for name, value in values.items():
        if name in ("duration", "variations", "genre"):
            expect(page.locator(f"input[name={name}]:checked")).to_have_value(value)
        else:
            expect(page.locator(f"#order [name={name}]")).to_have_value(value)


def plays(page: Page) -> None:
    """Wait until the player is heard."""
    end = time.monotonic() + TIMEOUT / 1000
    while page.evaluate("document.querySelector('audio-player').audio.currentTime") < 0.2:
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def go_to(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
    expect(page).to_have_title(re.compile(f"^{name}"))


def test_what_was_set_stays_after_an_order_on_other_pages_by_back_and_after_a_reload(page: Page):
    asked = {
        "prompt": "[slow] rainy night",
        "duration": "10",
        "variations": "2",
        "title": "Night",
        "bpm": "82",
    }
    page.goto("/")
    prompt(page).fill("[slow] rainy night")
    choose(page, "duration", "10")
    choose(page, "variations", "2")
    page.get_by_text("More options").click()
    page.get_by_label("Title").fill("Night")
    page.get_by_label("Tempo").fill("82")
    prompt(page).focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.card")).to_have_count(2)
    expect(page.locator("#announcer")).to_contain_text("Ordered: 1 · Night.")
    expect(prompt(page)).to_be_focused()
    shows(page, **asked)
    expect(page.locator("article.card-completed")).to_have_count(2, timeout=TIMEOUT)
    expect(page.locator("#announcer")).to_have_text("Both variations of Night are ready.")
    prompt(page).fill("rainy morning")
    asked["prompt"] = "rainy morning"
    go_to(page, "Library")
    go_to(page, "Create")
    shows(page, **asked)
    expect(page.get_by_label("Title")).to_be_visible()
    go_to(page, "Library")
    page.go_back()
    shows(page, **asked)
    page.reload()
    shows(page, **asked)
    generate(page).click()
    expect(page.locator("article.card")).to_have_count(4)
    expect(generate(page)).to_be_focused()
    page.get_by_role("link", name="Clear").click()
    shows(page, prompt="", duration="30", title="")
    expect(prompt(page)).to_be_focused()
    page.get_by_role("link", name="Undo clearing").click()
    shows(page, **asked)
    page.get_by_role("link", name="Clear").click()
    shows(page, prompt="")
    prompt(page).press_sequentially("new")
    expect(page.get_by_role("link", name="Clear", exact=True)).to_be_visible()
    page.reload()
    shows(page, prompt="new", title="")


def test_another_like_it_is_filled_in_and_stays_changed_after_going_back(page: Page):
    page.goto("/")
    prompt(page).fill("[hang] slow rain")
    page.get_by_text("More options").click()
    page.get_by_label("Tempo").fill("71.5")
    page.get_by_label("Seed").fill("7")
    generate(page).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_focused(timeout=TIMEOUT)
    page.get_by_role("link", name="Clear").click()
    shows(page, prompt="", bpm="")
    page.locator("article summary").click()
    page.get_by_role("link", name="Make another like it").click()
    shows(page, prompt="[hang] slow rain", bpm="71.5", seed="")
    expect(page).to_have_url(re.compile(r"/$"))
    prompt(page).fill("[hang] slow snow")
    go_to(page, "Library")
    page.go_back()
    shows(page, prompt="[hang] slow snow", bpm="71.5")
    page.locator("article summary").click()
    page.get_by_role("button", name="Remove from the list").click()
    expect(page.locator("article.card")).to_have_count(0)
    shows(page, prompt="[hang] slow snow")
    page.reload()
    expect(page.locator("article.card")).to_have_count(0)


def test_the_same_order_once_more_is_said_to_give_the_same_music(page: Page):
    page.goto("/")
    prompt(page).fill("rainy night")
    choose(page, "duration", "10")
    page.get_by_text("More options").click()
    page.get_by_label("Seed").fill("7")
    expect(page.locator(".order-notices")).to_be_empty()
    generate(page).click()
    expect(page.locator(".order-notices")).to_contain_text("the same music")
    page.get_by_label("Seed").fill("")
    expect(page.locator(".order-notices")).to_be_empty()


def test_the_focus_goes_to_what_is_wrong_and_nothing_is_lost(page: Page):
    page.goto("/")
    generate(page).click()
    expect(prompt(page)).to_be_focused()
    expect(page.get_by_text("Describe the music in a few words.")).to_be_visible()
    prompt(page).fill("rainy night")
    choose(page, "duration", "custom")
    page.get_by_label("Length in seconds").fill("999")
    generate(page).click()
    expect(page.get_by_label("Length in seconds")).to_be_focused()
    shows(page, prompt="rainy night", seconds="999")
    assert not page.locator("article.card").count()


def test_on_a_phone_generate_is_in_reach_and_the_new_card_in_sight(browser: Browser, site: Site):
    for motion in ("no-preference", "reduce"):
        context = browser.new_context(
            base_url=site.url, viewport=PHONE, has_touch=True, reduced_motion=motion
        )
        page = context.new_page()
        page.goto("/")
        prompt(page).fill("rainy night")
        choose(page, "duration", "10")
        for made in (1, 2, 3):
            expect(generate(page)).to_be_in_viewport(ratio=1)
            generate(page).click()
            expect(page.locator("article.card")).to_have_count(made)
            expect(page.locator("article.card").first).to_be_in_viewport(ratio=1)
            assert page.evaluate(UNCOVERED), "no part of it lies under Generate"
        expect(page.locator("article.card-completed")).to_have_count(3, timeout=TIMEOUT)
        page.get_by_role("button", name="Play").first.click()
        page.keyboard.press("End")
        expect(generate(page)).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        assert page.evaluate(SMALL_TARGETS) == []
        context.close()


UNCOVERED = """async () => {
  await new Promise((done) => setTimeout(done, 600));
  const card = document.querySelector("article.card").getBoundingClientRect();
  return card.bottom <= document.querySelector(".order-foot").getBoundingClientRect().top;
}"""


def test_genres_are_found_by_the_keyboard_and_the_wish_that_cannot_be_met_is_said_after_too(
    composers_page: Page,
):
    page = composers_page
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


def test_a_demonstration_is_made_on_demand_plays_by_itself_and_is_there_for_the_next(
    composers_page: Page, browser: Browser, composing: Site
):
    page = composers_page
    page.goto("/")
    expect(page.locator(".demo")).to_have_count(3)
    page.get_by_role("button", name="Play Night drive").press("Enter")
    plays(page)
    expect(page.get_by_role("button", name="Pause Night drive")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Night drive is ready.")
    page.wait_for_timeout(10_500)  # each web process asks every ten seconds what is made
    for script in (True, False):
        context = browser.new_context(base_url=composing.url, java_script_enabled=script)
        other = context.new_page()
        other.goto("/")
        if script:
            other.get_by_role("button", name="Play Night drive").click()
            plays(other)
        else:
            expect(other.locator("#demo-night-drive audio")).to_be_visible()
            other.get_by_role("button", name="Play The summit").click()
            expect(other.locator("#demo-summit audio")).to_be_visible(timeout=TIMEOUT)
        context.close()


def test_without_javascript_the_form_stays_as_it_was_ordered(browser: Browser, site: Site):
    context = browser.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    prompt(page).fill("rainy night")
    choose(page, "duration", "10")
    generate(page).click()
    expect(page.locator("article.card")).to_have_count(1)
    shows(page, prompt="rainy night", duration="10")
    context.close()
