"""What the browser tests of ordering share: what is done with the form."""

import re

from playwright.sync_api import Locator, Page, ViewportSize, expect

from generation.tests.accessibility import axe_finds_nothing

TIMEOUT = 60_000
PHONE: ViewportSize = {"width": 390, "height": 844}


def prompt(page: Page) -> Locator:
    return page.get_by_label("What should it sound like?")


def generate(page: Page) -> Locator:
    return page.get_by_role("button", name="Generate", exact=True)


def choose(page: Page, field: str, value: str) -> None:
    """Choose by the keyboard: a notice that comes meanwhile moves what a pointer aims at."""
    choice = page.locator(f"input[name={field}][value='{value}']")
    choice.press("Space")
    expect(choice).to_be_checked()


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


def axe_finds_nothing_at_any_width(page: Page) -> None:
    """On a desk and on a phone."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        axe_finds_nothing(page)
