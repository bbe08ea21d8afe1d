"""The page of the API in a real browser: it reads well in light and dark and on a phone, and what it sends works."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.accessibility import axe_finds_nothing
from generation.tests.api_calls import API
from generation.tests.browser import SMALL_TARGETS, visitor
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
OPEN_ALL = "document.querySelectorAll('.api-item').forEach((each) => { each.open = true; })"


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture(params=["light", pytest.param("dark", marks=pytest.mark.thorough)])
def scheme(request) -> str:
    return str(request.param)


@pytest.fixture
def page(browser: Browser, site: Site, scheme) -> Iterator[Page]:
    """The page of the API; any complaint of the browser fails the test, one about the site's security policy too."""
    with visitor(browser, site.url, color_scheme=scheme) as page:
        page.goto(f"{API}/docs")
        yield page


def call(page: Page, name: str):
    """The part of a call, opened."""
    page.get_by_role("navigation", name="Calls").get_by_role("link", name=name, exact=True).click()
    form = page.get_by_role("form", name=f"Try it: {name}")
    expect(form).to_be_visible()
    return form.locator("xpath=..")


@pytest.mark.thorough
def test_axe_finds_nothing_and_it_fits_a_small_phone(page: Page, scheme):
    assert page.locator("html").get_attribute("lang") == "en"
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = float(re.findall(r"[\d.]+", background)[0])
    assert (lightness < 0.5) == (scheme == "dark"), background
    page.evaluate(OPEN_ALL)
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        axe_finds_nothing(page)
    assert page.evaluate(SMALL_TARGETS.replace('"p,', '"p, dd,')) == []
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Create").click()
    expect(page).to_have_title(re.compile("^Create"))


@pytest.mark.parametrize("scheme", ["light"], indirect=True)
def test_an_order_is_sent_with_a_token_and_then_looked_at(page: Page, site: Site, scheme):
    token = site.manage("create_token", f"{scheme}@example.org", "--create-user").strip()
    page.get_by_label("API token for the calls").fill(token)
    order = call(page, "Order music")
    order.get_by_label("Body").fill('{"prompt": "rain", "duration": 1}')
    order.get_by_label("Prefer").fill("wait=30")
    order.get_by_role("button", name="Send").click()
    expect(order.get_by_role("status")).to_contain_text("201 Created", timeout=60_000)
    [job_id] = re.findall(r'^  "id": "([^"]+)"', order.locator("pre").inner_text(), re.MULTILINE)

    job = call(page, "See how a job stands")
    job.get_by_label("id", exact=True).fill(job_id)
    job.get_by_role("button", name="Send").click()
    expect(job.get_by_role("status")).to_contain_text('"status": "completed"')
    axe_finds_nothing(page)

    audio = call(page, "Hear what a job made")
    audio.get_by_label("id", exact=True).fill(job_id)
    audio.get_by_role("button", name="Send").click()
    expect(audio.get_by_role("status")).to_contain_text("It leads elsewhere")


def test_who_is_logged_in_needs_no_token(page: Page, scheme):
    page.goto("/accounts/signup/")
    page.locator("#id_email").fill(f"{scheme}-session@example.org")
    page.locator("#id_password1").fill("a long enough secret")
    page.get_by_role("button", name="Sign up").click()
    expect(page).to_have_title(re.compile("^Create"))
    page.goto(f"{API}/docs")
    expect(page.get_by_text(f"you act as {scheme}-session@example.org")).to_be_visible()
    order = call(page, "Order music")
    order.get_by_role("button", name="Send").click()
    expect(order.get_by_role("status")).to_contain_text("202 Accepted")
