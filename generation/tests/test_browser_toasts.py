"""What is said in a corner: toasts, and the line at the top while a page is long in coming."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from generation.tests.browser import GIVEN_UP, visitor
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
# Milliseconds from the request of a page until the line is shown.
NOTE_PROGRESS_LINE = """() => {
  document.addEventListener("htmx:beforeSend", () => { window.sentAt = performance.now(); });
  new MutationObserver(() => { window.hiddenFor ??= performance.now() - sentAt; })
    .observe(document.querySelector(".page-progress"), { attributeFilter: ["hidden"] });
}"""


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A visitor with a finished track, who reads about it."""
    lost = ["net::ERR_FAILED", "htmx:sendError", *GIVEN_UP]  # while the site cannot be reached
    with visitor(browser, site.url, lost, viewport={"width": 390, "height": 844}) as page:
        page.goto("/")
        page.get_by_label("What should it sound like?").fill("short tone")
        page.get_by_role("button", name="Generate", exact=True).click()
        page.locator("article.card-completed").first.wait_for()
        page.locator(".card-title a").first.click()
        page.get_by_role("heading", level=1, name="Short tone").wait_for()
        yield page


def say_after_renaming(page: Page) -> None:
    """Have the server say that the track is renamed."""
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    form: dict[str, str | float | bool] = {"csrfmiddlewaretoken": token, "title": "Short tone"}
    answer = page.request.post(f"{page.url}rename", form=form, headers={"Referer": page.url}, max_redirects=0)
    assert answer.status == 302


@contextmanager
def keeping(page: Page) -> Iterator[None]:
    """Wait until the site has answered to a press on a heart: a page that is left before takes it back."""
    with page.expect_response(lambda answer: answer.url.endswith("/like")):
        yield


def test_toasts_are_said_without_moving_the_page_and_go_by_themselves_but_for_errors(page: Page):
    page.clock.install()
    where = page.locator("h1").bounding_box()
    say_after_renaming(page)
    page.reload()
    toast = page.get_by_role("status").locator(".toast")
    expect(toast.locator("p")).to_have_text("Renamed.")
    assert page.locator("h1").bounding_box() == where
    box, tabs = toast.bounding_box(), page.locator(".rail-tabs").bounding_box()
    assert box
    assert tabs
    assert box["y"] + box["height"] <= tabs["y"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    toast.hover()
    page.clock.run_for(20_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(7_000)
    expect(toast).to_have_count(0)

    page.route("**/library/", lambda route: route.abort())
    links = page.get_by_role("navigation", name="Main")
    for _ in range(2):
        links.get_by_role("link", name="Library").click()
        expect(page.get_by_role("alert").locator(".toast")).to_contain_text("cannot be reached")
    page.clock.run_for(60_000)
    dismiss = page.get_by_role("button", name="Dismiss")
    expect(dismiss).to_have_count(1)
    dismiss.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()


def test_what_was_done_is_taken_back_by_a_press_on_undo(page: Page):
    undo = page.locator(".toast").get_by_role("button", name="Undo")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="Rename this track").click()
    page.get_by_label("Title", exact=True).fill("Long tone")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Long tone")
    expect(page.locator(".toast p")).to_have_text("Renamed.")
    undo.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Short tone")
    expect(page.locator(".toast")).to_have_count(1)
    assert page.evaluate("window.same"), "no page was loaded whole, which would have ended the music"
    page.get_by_role("button", name="Dismiss").click()

    heart = page.locator("main").get_by_role("button", name="Like Short tone")
    with keeping(page):
        heart.click()
    expect(page.locator(".toast")).to_have_count(0)
    with keeping(page):
        heart.click()
    expect(heart).to_have_attribute("aria-pressed", "false")
    with keeping(page):
        undo.press("Enter")
    expect(heart).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#main")).to_be_focused()
    page.reload()
    expect(heart).to_have_attribute("aria-pressed", "true")


def test_a_card_that_was_taken_off_the_list_is_put_back(page: Page):
    page.goto("/")
    page.get_by_label("What should it sound like?").fill("[reject] noise")
    page.get_by_role("button", name="Generate", exact=True).click()
    card = page.locator("article.card-failed")
    card.get_by_label("More about").click()
    card.get_by_role("button", name="Remove from the list").click()
    expect(card).to_have_count(0)
    expect(page.locator(".toast p")).to_have_text("Removed from the list.")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(card).to_have_count(1)
    expect(page.locator(".toast")).to_have_count(0)


def test_a_page_that_is_long_in_coming_shows_a_line(page: Page):
    held: list[Route] = []
    page.route("**/library/", lambda route: held.append(route))
    line, main = page.locator(".page-progress"), page.locator("#main")
    page.evaluate(NOTE_PROGRESS_LINE)
    with page.expect_request("**/library/"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(line).to_be_visible()
    assert page.evaluate("window.hiddenFor") > 250, "a page that comes soon shows none"
    expect(main).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(line).to_be_hidden()
    expect(main).not_to_have_attribute("aria-busy", "true")


def test_without_javascript_messages_stand_at_the_top_of_the_page(browser: Browser, page: Page):
    say_after_renaming(page)
    kept = page.context.storage_state()
    with visitor(browser, page.url, storage_state=kept, java_script_enabled=False) as plain:
        plain.goto(page.url)
        message = plain.get_by_role("status").filter(has_text="Renamed.")
        expect(message).to_be_visible()
        box, heading = message.bounding_box(), plain.locator("h1").bounding_box()
        assert box
        assert heading
        assert box["y"] < heading["y"]
