"""The pages of webhooks in a real browser, with a real worker that sends to a real receiver."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from generation.tests.browser import REFUSED, SMALL_TARGETS, visitor
from generation.tests.running_site import Site
from generation.webhooks.tests.receiver import Receiver, answering

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A new person with an account, on the page of webhooks."""
    with visitor(browser, site.url, [REFUSED]) as page:
        page.goto("/accounts/signup/")
        page.locator("#id_email").fill(f"{uuid.uuid4().hex}@example.org")
        page.locator("#id_password1").fill("a long enough secret")
        page.get_by_role("button", name="Sign up").click()
        expect(page).to_have_title(re.compile("^Create"))
        page.goto("/accounts/")
        page.locator("main .button").get_by_text("Webhooks", exact=True).click()
        expect(page.get_by_role("heading", name="Webhooks", level=1)).to_be_visible()
        yield page


def test_a_webhook_is_added_tried_rotated_and_deleted(page: Page, receiver: Receiver):
    page.get_by_label("Address").fill("https://169.254.169.254/")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_text("169.254.169.254 is not on the public internet.")).to_be_visible()
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_label("What it is for").fill("<b>Radio</b> bot")
    page.get_by_role("button", name="Add webhook").click()
    secret = page.locator("#secret").text_content() or ""
    page.get_by_role("link", name="Open <b>Radio</b> bot").click()
    expect(page.get_by_role("heading", name="<b>Radio</b> bot", level=1)).to_be_visible()
    assert secret not in page.content()

    receiver.behaviour = answering(500, b"<script>document.title = 'taken'</script>")
    page.get_by_role("button", name="Send test message").click()
    expect(page.locator(".delivery-status")).to_have_text("Failed")
    expect(page.get_by_text("No message has arrived since")).to_be_visible()
    page.locator(".delivery summary").click()
    expect(page.get_by_text("<script>document.title = 'taken'</script>")).to_be_visible()
    receiver.behaviour = answering(204)
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".delivery-status")).to_have_text("Delivered")
    expect(page.get_by_text("No message has arrived since")).to_be_hidden()
    for received in receiver.received:
        assert Webhook(secret).verify(received.body, received.headers)["type"] == "webhook.test"
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1

    page.get_by_role("link", name="New secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Make new secret").click()
    expect(page.get_by_role("heading", name="The secret of")).to_be_in_viewport()
    new = page.locator("#secret").text_content() or ""
    page.get_by_role("button", name="Send test message").click()
    expect(page.locator(".delivery-status")).to_have_text(["Delivered", "Delivered"])
    for each in (secret, new):
        assert Webhook(each).verify(receiver.received[-1].body, receiver.received[-1].headers)

    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("It was switched off by its owner.")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete webhook").click()
    expect(page.locator(".token")).to_have_count(0)


def test_the_pages_fit_a_small_phone(page: Page, receiver: Receiver):
    page.set_viewport_size({"width": 320, "height": 640})
    page.get_by_label("Address").fill(f"{receiver.url}?{'w' * 200}")
    page.get_by_label("What it is for").fill("Wide " + "W" * 90)
    receiver.behaviour = answering(200, b"x" * 2000)
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator("#secret")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("link", name="Open Wide").click()
    page.get_by_role("button", name="Send test message").click()
    expect(page.locator(".delivery-status")).to_have_text("Delivered")
    page.locator(".delivery summary").click()
    expect(page.get_by_text("xxxx")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.evaluate(SMALL_TARGETS) == []
