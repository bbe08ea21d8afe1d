"""What the browser tests of ordering share: a visitor, and what is done with the form."""

import re
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from generation.tests.running_site import Site

TIMEOUT = 60_000
PHONE: ViewportSize = {"width": 390, "height": 844}


def visitor(browser: Browser, site: Site) -> Iterator[Page]:
    """A visitor; any complaint of the browser fails the test, one about the site's security policy too."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    # That an order was refused is no complaint about the page.
    complaints = [said for said in complaints if "422" not in said]
    assert not complaints, complaints


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


def go_to(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
    expect(page).to_have_title(re.compile(f"^{name}"))


def axe_finds_nothing(page: Page) -> None:
    """On a desk and on a phone."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        results = Axe().run(page)
        assert results.violations_count == 0, results.generate_report()
