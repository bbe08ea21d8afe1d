"""A real headless Chromium for tests and screenshots."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect, sync_playwright

# The first has no windows, and takes a third of the time for that.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Run as root in a container, and ask nothing of the world outside.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
# As an initial script it keeps what a page asks of the Media Session API: no test can press the keys of a device.
MEDIA_SESSION_RECORDER = """
  window.mediaKeys = {};
  const recorders = {
    setActionHandler: (action, handler) => { mediaKeys[action] = handler; },
    setPositionState: (state) => { window.position = state; },
  };
  for (const [name, record] of Object.entries(recorders)) {
    const original = MediaSession.prototype[name];
    MediaSession.prototype[name] = function (...values) { record(...values); original.apply(this, values); };
  }
"""
# As an initial script it notes what a screen reader is told: the next words take the place of the last.
ANNOUNCEMENTS = """
  window.announced = [];
  new MutationObserver(() => {
    const said = document.getElementById("announcer")?.textContent.trim();
    if (said && said !== announced.at(-1)) announced.push(said);
  }).observe(document, { subtree: true, childList: true, characterData: true });
"""
# As an initial script it notes every progress that a page shows, however soon the next takes its place.
SHOWN_PROGRESS = """
  window.shownProgress = [];
  new MutationObserver(() => {
    for (const ring of document.querySelectorAll(".ring[aria-valuenow]")) {
      const value = Number(ring.getAttribute("aria-valuenow"));
      if (value !== shownProgress.at(-1)) shownProgress.push(value);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-valuenow"] });
"""
# Links within running text are as high as its lines; a link may spread over what surrounds it by its ::after.
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, select, textarea, input")]
  .filter((each) => each.checkVisibility() && !each.closest("p, .skip-link") && !each.matches("[type=radio]"))
  .filter((each) => getComputedStyle(each, "::after").position !== "absolute")
  .filter((each) => each.offsetWidth < 44 || each.offsetHeight < 44)
  .map((each) => each.outerHTML.slice(0, 80))"""
# As an initial script it has the console say what the page's security policy has stopped, or would stop.
POLICY_REPORTER = """
  document.addEventListener("securitypolicyviolation", (stopped) => {
    console.error(`Content-Security-Policy: ${stopped.violatedDirective} stops ${stopped.blockedURI}`);
  });
"""
# What `visitor` may be told to expect: a form that is refused, and a question of a page that was given up.
REFUSED = "422"
GIVEN_UP = ["htmx:sendAbort", "htmx:afterRequest"]
# What is expected of a page comes within it, on a loaded machine too.
expect.set_options(timeout=30_000)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or the one that `playwright install chromium` brought."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visitor(browser: Browser, url: str, expected: Sequence[str] = (), **options: Any) -> Iterator[Page]:
    """A page of a new visitor to the site at `url`, with the options of `Browser.new_context`.

    Afterwards the test fails if the browser has complained about any page of this visitor in words that hold none of
    the `expected` ones: an error of a script, a file that did not come, something that the security policy stops.
    """
    complaints: list[str] = []
    context = browser.new_context(base_url=url, **options)
    context.add_init_script(POLICY_REPORTER)
    context.on("weberror", lambda failure: complaints.append(str(failure.error)))
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    try:
        yield context.new_page()
    finally:
        context.close()
    unexpected = [said for said in complaints if not any(words in said for words in expected)]
    assert not unexpected, unexpected


def sign_up(page: Page) -> None:
    """Make a new account and come to the create page."""
    page.goto("/accounts/signup/")
    page.locator("#id_email").fill(f"{uuid4().hex}@example.org")
    page.locator("#id_password1").fill("a long enough secret")
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_title(re.compile("^Create"))
