"""Pictures of the pages: `python -m docs.screenshots http://127.0.0.1:8000`, which `make screenshots` calls.

A browser orders a few short tracks from the running site as a guest, waits for them, and takes every page in light and
dark, at the width of a phone and of a desk, into `docs/images/`.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from generation.tests.browser import chromium

IMAGES = Path(__file__).parent / "images"
SIZES = {390: 844, 1280: 800, 1920: 1080}
SCHEMES = ("light", "dark")
PROMPTS = (
    ("Rainy night in the city, soft piano, slow drums", "30"),
    ("Epic cinematic rise with strings and taiko", "30"),
    ("Late-night jazz trio, brushes and upright bass", "60"),
    ("Driving house, bright arpeggios", "30"),
)
VARIATIONS = 2  # as the form asks for where nobody chooses
MUSIC_TIMEOUT = 120_000
LISTEN, SETTLE = 4_000, 500


def main() -> None:
    """Take all pictures of the site whose address is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("url", help="where the site answers, such as http://127.0.0.1:8000")
    parser.add_argument("--into", type=Path, default=IMAGES, help="folder for the pictures")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        kept = _make_music(browser, options.url)
        for scheme in SCHEMES:
            for width in SIZES:
                context = _context(browser, options.url, scheme, width, kept)
                _take(context.new_page(), options.into, f"{width}-{scheme}")
                context.close()


def _context(
    browser: Browser, url: str, scheme: str, width: int, kept: StorageState | None = None
) -> BrowserContext:
    return browser.new_context(
        base_url=url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": SIZES[width]},
        storage_state=kept,
    )


def _make_music(browser: Browser, url: str) -> StorageState:
    """Order the music as a guest, wait until it is there, and return what keeps that guest logged in."""
    context = _context(browser, url, "light", 1280)
    page = context.new_page()
    page.goto("/")
    for number, (prompt, duration) in enumerate(PROMPTS, start=1):
        page.get_by_label("What should it sound like?").fill(prompt)
        page.locator(f"input[name=duration][value='{duration}']").check(force=True)
        page.get_by_role("button", name="Generate").click()
        page.locator(".job").nth(number - 1).wait_for()
    page.locator(".card-completed").nth(VARIATIONS * len(PROMPTS) - 1).wait_for(timeout=MUSIC_TIMEOUT)
    kept = context.storage_state()
    context.close()
    return kept


def _take(page: Page, folder: Path, name: str) -> None:
    """The pages one after the other; the player shows from the first play on."""
    page.goto("/")
    page.screenshot(path=folder / f"create-{name}.png")
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_timeout(LISTEN)
    page.get_by_role("link", name="Library", exact=True).click()
    page.get_by_role("heading", name="Library").wait_for()
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=folder / f"library-{name}.png")
    page.locator(".card-title a").first.click()
    page.get_by_role("heading", name="How it was made").wait_for()
    page.wait_for_timeout(SETTLE)
    page.screenshot(path=folder / f"track-{name}.png")


if __name__ == "__main__":
    main()
