"""The cards of living jobs in a real browser: they hear what happens, and poll only where they do not."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import GIVEN_UP, visitor
from generation.tests.ordering_page import choose
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
TIMEOUT = 60_000
# Notes the streams that the page opens, what it hears, and what its cards ask: whether it was a poll, how many events
# had been heard by then, and how many milliseconds nothing had been asked; and what is drawn on a card that stays.
NOTES = """
  window.streams = []; window.heard = 0; window.asked = []; window.askedAt = performance.now();
  const names = ["status", "progress", "completed", "failed", "canceled"];
  window.EventSource = class extends EventSource {
    constructor(address) {
      super(address);
      window.streams.push(this);
      for (const name of names) this.addEventListener(name, () => (window.heard += 1));
    }
  };
  document.addEventListener("htmx:beforeSend", ({ detail: { elt, requestConfig } }) => {
    if (!elt.matches(".card-live")) return;
    asked.push({ poll: !requestConfig.triggeringEvent, heard, pause: performance.now() - askedAt });
    askedAt = performance.now();
  });
  window.drawn = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const percent = target.closest(".card-live[data-job]")?.querySelector(".card-percent");
      if (percent) drawn.push([target.getAttribute("aria-valuenow"), percent.textContent]);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["aria-valuenow"] });
  window.seemsHidden = false;
  Object.defineProperty(document, "hidden", { get: () => window.seemsHidden });
"""

CANCEL = """async () => {
  const form = document.querySelector(".card-live form");
  if (form) await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
}"""


@pytest.fixture(scope="module")
def site(composer_site: Site) -> Site:
    return composer_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    with visitor(browser, site.url, ["503", *GIVEN_UP]) as page:
        page.add_init_script(NOTES)
        yield page


def order(page: Page, seconds: int = 60) -> None:
    page.goto("/")
    page.locator("textarea[name=prompt]").fill("wide ambient pads")
    choose(page, "duration", str(seconds))
    choose(page, "variations", "1")
    page.get_by_role("button", name="Generate", exact=True).click()


def cancel(page: Page) -> None:
    """Cancel what goes on, if it still does, so that it holds up no test after this one."""
    page.evaluate(CANCEL)


def noted(page: Page, name: str) -> Any:
    return page.evaluate(f"window.{name}")


def open_streams(page: Page) -> int:
    count: int = page.evaluate("streams.filter(each => each.readyState !== EventSource.CLOSED).length")
    return count


def test_a_card_hears_of_its_job_from_the_queue_to_the_end_and_does_not_poll(page: Page):
    order(page)
    expect(page.locator("article.card-completed")).to_have_count(1, timeout=TIMEOUT)
    assert len(noted(page, "streams")) == 1
    assert noted(page, "heard") >= 3
    # A card that has asked nothing for ten seconds does once: nothing tells it how long the rest will take.
    polls = [each for each in noted(page, "asked") if each["poll"] and each["heard"]]
    assert [each for each in polls if each["pause"] < 9_900] == []
    page.wait_for_function(
        "() => streams.every(each => each.readyState === EventSource.CLOSED)", timeout=TIMEOUT
    )


def test_where_the_stream_is_refused_the_card_polls(page: Page):
    page.route("**/api/v1/events", lambda route: route.fulfill(status=503))
    order(page)
    expect(page.locator("article.card-completed")).to_have_count(1, timeout=TIMEOUT)
    asked = noted(page, "asked")
    assert len(asked) >= 2
    assert all(each["poll"] and not each["heard"] for each in asked)


def test_progress_is_drawn_without_asking_for_the_card(page: Page):
    order(page, seconds=180)
    page.wait_for_function("() => drawn.length", timeout=TIMEOUT)
    value, text = noted(page, "drawn")[0]
    assert text == f"{value}%"
    cancel(page)


@pytest.mark.thorough
def test_a_hidden_page_holds_no_stream_and_asks_nothing(page: Page):
    order(page, seconds=180)
    page.wait_for_function("() => window.heard > 0", timeout=TIMEOUT)
    page.evaluate("window.seemsHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    assert open_streams(page) == 0
    asked, heard = len(noted(page, "asked")), noted(page, "heard")
    page.wait_for_timeout(2000)
    assert len(noted(page, "asked")) == asked
    page.evaluate("window.seemsHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(noted(page, "asked")) > asked
    page.wait_for_function(
        "before => heard > before || document.querySelector('article.card-completed')",
        arg=heard,
        timeout=TIMEOUT,
    )
    cancel(page)
