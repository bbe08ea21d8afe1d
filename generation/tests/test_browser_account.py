"""The account page in a real browser: a token is made, copied, used as the page says, and revoked."""

import re
import shlex
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError
from zipfile import ZipFile

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import REFUSED, SMALL_TARGETS, sign_up, visitor
from generation.tests.keyboard import press, tab_to
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A new person with an account."""
    permissions = ["clipboard-read", "clipboard-write"]
    with visitor(browser, site.url, [REFUSED], permissions=permissions) as page:
        sign_up(page)
        yield page


def status_of(command: str) -> int:
    """What the site answers to a command that the page shows, split as a shell does."""
    program, *words = shlex.split(command)
    assert program == "curl"
    options = list(zip(words[:-1:2], words[1:-1:2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in options if option == "-H")
    body = next((value.encode() for option, value in options if option == "-d"), None)
    try:
        with urllib.request.urlopen(urllib.request.Request(words[-1], body, headers), timeout=30) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_token_is_made_copied_used_and_revoked(page: Page):
    page.locator(".account-corner summary").click()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    page.get_by_label("Name").fill("<b>Radio</b> bot")
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_label("It expires").select_option("On a date")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_text("Give the last day")).to_be_visible()
    expect(page.get_by_label("Last day")).to_be_focused()
    page.get_by_label("Last day").fill("2030-01-31")
    page.get_by_role("button", name="Make token").click()
    expect(page.get_by_role("heading", name="“<b>Radio</b> bot” is made")).to_be_in_viewport()
    secret, command = page.locator("copy-text code").all_text_contents()
    page.get_by_role("button", name="Copy token").click()
    expect(page.locator("#announcer")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("button", name="Copy command").click()
    expect(page.get_by_role("button", name="Copied").last).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == command
    assert status_of(command) == 202

    for go_on in (page.reload, lambda: (page.goto("/library/"), page.go_back())):
        go_on()
        expect(page.get_by_text("expires on 31 January 2030")).to_be_visible()
        assert secret not in page.content()

    page.get_by_role("link", name="Revoke <b>Radio</b> bot").click()
    dialog = page.get_by_role("dialog", name="Revoke “<b>Radio</b> bot”?")
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Revoke <b>Radio</b> bot").click()
    dialog.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("“<b>Radio</b> bot” is revoked.")).to_be_visible()
    expect(page.locator(".token")).to_have_count(0)
    assert status_of(command) == 401


def test_a_second_factor_is_set_up_and_used_by_the_keyboard_alone(page: Page):
    page.goto("/accounts/")
    email = page.locator(".account-who").first.inner_text()
    press(page, page.get_by_role("link", name="Set up second factor"))
    press(page, page.get_by_role("link", name="Turn it on"))
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("a long enough secret")
    page.keyboard.press("Enter")
    picture = page.get_by_role("img", name="QR code")
    expect(picture).to_be_visible()
    assert picture.evaluate("each => each.decode().then(() => each.naturalWidth)") > 100
    secret = page.locator(".account-secret").inner_text()
    for width, height in ((390, 844), (1280, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SMALL_TARGETS) == []
    tab_to(page, page.get_by_label("Authenticator code"))
    page.keyboard.type(code_of(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".account-codes li")).to_have_count(10)
    press(page, page.get_by_role("link", name="Done"))
    expect(page.get_by_text("It is on")).to_be_visible()

    page.goto("/accounts/logout/")
    press(page, page.get_by_role("button", name="Log out"))
    expect(page.get_by_text("You have logged out.")).to_be_visible()
    page.goto("/accounts/login/")
    tab_to(page, page.get_by_label("Email"))
    page.keyboard.type(email)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("a long enough secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    tab_to(page, page.get_by_label("Code"))
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Incorrect code")).to_be_visible()
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type(code_of(secret, 1))  # the first may not be used again
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Create"))


def code_of(secret: str, steps: int = 0) -> str:
    """What an app shows that knows this secret, so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def test_the_account_page_fits_a_small_phone(page: Page):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/accounts/")
    page.get_by_label("Name").fill("Wide " + "W" * 90)
    page.get_by_role("button", name="Make token").click()
    expect(page.locator("#secret")).to_be_visible()
    for link in (None, "Revoke Wide"):
        if link:
            page.get_by_role("link", name=link).click()
            expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.evaluate(SMALL_TARGETS) == []


def test_all_data_is_exported_and_then_everything_deleted(page: Page, site: Site):
    page.goto("/accounts/")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Export everything").click()
    expect(page.get_by_role("heading", name="Your data as a zip")).to_be_visible()
    with page.expect_download() as download:  # by itself, once it is made
        expect(page.locator("#toasts")).to_contain_text("Your zip is ready")
    with ZipFile(download.value.path()) as zipped:
        assert "account.json" in zipped.namelist()
    assert download.value.suggested_filename.endswith(".zip")

    page.goto("/accounts/")
    page.get_by_role("link", name="Delete account…").click()
    page.get_by_label("Your password").fill("a guess")
    page.get_by_role("button", name="Delete account").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    page.get_by_label("Your password").fill("a long enough secret")
    page.get_by_role("button", name="Delete account").click()
    expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    page.goto("/accounts/")
    expect(page).to_have_title(re.compile("^Log in"))
