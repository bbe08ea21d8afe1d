"""The account as a whole, by the keyboard alone: its address is changed, its data are had, it is deleted."""

import json
from collections.abc import Iterator
from uuid import uuid4
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from generation.tests.browser import REFUSED, sign_up, visitor
from generation.tests.keyboard import press, tab_to
from generation.tests.listening import make_tracks
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
PASSWORD = "a long enough secret"
SECONDS = 30


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture(params=[pytest.param(1280, marks=pytest.mark.thorough), 390])
def page(browser: Browser, site: Site, request) -> Iterator[Page]:
    """Somebody with an account and a track, on a desk and on a phone."""
    size = {"width": request.param, "height": 844}
    with visitor(browser, site.url, [REFUSED], viewport=size, reduced_motion="reduce") as page:
        sign_up(page)
        make_tracks(page, ("Rain", 10))
        yield page


def fill(page: Page, field: Locator, text: str) -> None:
    tab_to(page, field)
    page.keyboard.type(text)


def test_the_address_is_changed_the_data_are_had_and_the_account_is_deleted(page: Page):
    email = f"new.{uuid4().hex}@example.org"
    page.goto("/accounts/")
    press(page, page.get_by_role("link", name="Change e-mail address"))
    fill(page, page.get_by_label("New e-mail address"), email)
    fill(page, page.get_by_label("Your password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text(f"Your e-mail address is {email} now.")
    expect(page.locator("#profile .account-who").first).to_have_text(email)

    with page.expect_download(timeout=120_000) as fetched:
        press(page, page.get_by_role("button", name="Export everything"))
    with ZipFile(fetched.value.path()) as data:
        assert json.loads(data.read("account.json"))["email"] == email
        assert [name for name in data.namelist() if name.startswith("audio/")] == ["audio/Rain.wav"]
    expect(page.locator(".toast").last).to_contain_text("Your zip is ready.")
    press(page, page.get_by_role("link", name="Back to the account"))
    expect(page.get_by_role("link", name="Download zip")).to_be_visible()

    press(page, page.get_by_role("link", name="Delete account"))
    expect(page.locator(".account-goes")).to_contain_text("1 track")
    fill(page, page.get_by_label("Your password"), "not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    fill(page, page.get_by_label("Your password"), PASSWORD)
    press(page, page.get_by_role("button", name="Delete account"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("deleted")
    page.goto("/accounts/login/")
    fill(page, page.get_by_label("Email"), email)
    fill(page, page.get_by_label("Password", exact=True), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".form-error")).to_be_visible()
