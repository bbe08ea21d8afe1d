"""Ordering in a real browser: what one sets stays, what comes of it is in sight, and what may be asked for again."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import ANNOUNCEMENTS, REFUSED, SMALL_TARGETS, visitor
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
# Once nothing scrolls any more.
UNCOVERED = """async () => {
  const box = () => document.querySelector("article.card").getBoundingClientRect();
  for (let before = NaN; before !== box().top; ) {
    before = box().top;
    await new Promise((done) => setTimeout(done, 300));
  }
  const card = box();
  return card.bottom <= document.querySelector(".order-foot").getBoundingClientRect().top;
}"""


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url, [REFUSED]) as page:
        yield page


def test_what_was_set_stays_after_an_order_on_other_pages_by_back_and_after_a_reload(page: Page):
    asked = {
        "prompt": "[slow] rainy night",
        "duration": "10",
        "variations": "2",
        "title": "Night",
        "bpm": "82",
    }
    page.add_init_script(ANNOUNCEMENTS)
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
    expect(prompt(page)).to_be_focused()
    shows(page, **asked)
    expect(page.locator("article.card-completed")).to_have_count(2, timeout=TIMEOUT)
    expect(page.locator("#announcer")).to_have_text("Both variations of Night are ready.")
    assert "Ordered: 1 · Night." in page.evaluate("announced")[0]
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
    shows(page, prompt="[hang] slow rain", bpm="71.5", seed="7")
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


@pytest.mark.parametrize("way", ["menu", "page"])
def test_who_logs_out_leaves_nothing_of_what_was_typed_and_heard_in_the_tab(page: Page, way):
    page.goto("/accounts/signup/")
    page.locator("#id_email").fill(f"{way}@example.org")
    page.locator("#id_password1").fill("a long enough secret")
    page.get_by_role("button", name="Sign up").click()
    prompt(page).fill("a secret song")
    generate(page).click()
    page.get_by_role("button", name="Play").first.click()
    go_to(page, "Library")
    page.reload()
    expect(page.locator(".player-title")).to_have_text("A secret song")
    if way == "menu":
        page.locator(".account-corner summary").click()
    else:
        page.goto("/accounts/logout/")
    page.locator(f"{'.account-corner' if way == 'menu' else 'main'} form button").click()
    expect(page).to_have_title(re.compile("^Create"))
    page.wait_for_timeout(500)
    shows(page, prompt="")
    expect(page.locator("audio-player")).to_be_hidden()


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
    page.get_by_label("Length in seconds").fill("10")
    expect(page.locator("#order .field-error")).to_have_count(1)
    generate(page).click()
    expect(page.locator("article.card")).to_have_count(1)
    for wrong in (".field-error", ".field-invalid", "[aria-invalid]", "[name=refused]"):
        expect(page.locator(f"#order {wrong}")).to_have_count(0)


def test_on_a_phone_generate_is_in_reach_and_the_new_card_in_sight(browser: Browser, site: Site):
    for motion in ("no-preference", "reduce"):
        with visitor(browser, site.url, viewport=PHONE, has_touch=True, reduced_motion=motion) as page:
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


def test_without_javascript_the_form_stays_as_it_was_ordered(browser: Browser, site: Site):
    with visitor(browser, site.url, java_script_enabled=False) as page:
        page.goto("/")
        prompt(page).fill("rainy night")
        choose(page, "duration", "10")
        generate(page).click()
        expect(page.locator("article.card")).to_have_count(1)
        shows(page, prompt="rainy night", duration="10")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
def test_axe_finds_nothing_in_any_state_of_the_page(browser: Browser, site: Site, scheme):
    with visitor(browser, site.url, [REFUSED], color_scheme=scheme, reduced_motion="reduce") as page:
        page.goto("/")
        for words in ("[reject] noise", "[hang] canceled", "[hang] live"):
            prompt(page).fill(words)
            generate(page).click()
            if "canceled" in words:
                page.get_by_role("button", name="Cancel [hang] canceled").click()
                expect(page.get_by_role("button", name="Try again")).to_have_count(2, timeout=TIMEOUT)
        choose(page, "duration", "custom")
        page.get_by_text("More options").click()
        page.get_by_label("Seed").fill("-1")
        prompt(page).fill(" ")
        generate(page).click()
        expect(page.locator("#order .field-error")).to_have_count(3)
        page.locator("article.card-canceled summary").click()
        axe_finds_nothing_at_any_width(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Try again")).to_have_count(3, timeout=TIMEOUT)
