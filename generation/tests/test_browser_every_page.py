"""Every page of the site that the resolver knows, looked at by axe: in light and dark, on a desk and on a phone."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext

from generation.tests.accessibility import axe_faults
from generation.tests.browser import chromium
from generation.tests.every_page import MORE, PEOPLE, Filled, addresses, filled
from generation.tests.running_site import Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.long]
SETTINGS = "generation.tests.every_page_settings"
LOOKS = [(1280, "light"), (390, "dark")]
OTHER_LOOKS = [(1280, "dark"), (390, "light")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site"), DJANGO_SETTINGS_MODULE=SETTINGS) as site:
        yield site


@pytest.fixture(scope="module")
def made(site: Site) -> Filled:
    return filled(site)


def people(browser: Browser, site: Site, made: Filled) -> dict[str, BrowserContext]:
    """The browsers of the owner, of staff and of a visitor."""
    contexts = {}
    for name in PEOPLE:
        contexts[name] = browser.new_context(base_url=site.url, reduced_motion="reduce")
        if name in made.sessions:
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": made.sessions[name], "url": site.url}
            contexts[name].add_cookies([cookie])
    return contexts


def is_page(site: Site, address: str, session: str) -> bool:
    """Whether a person gets a whole page there. A stream of events that begins is left at once."""
    with closing(HTTPConnection(urlsplit(site.url).netloc, timeout=30)) as connection:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        connection.request("GET", address, headers={"Cookie": cookie, "Accept": "text/html"})
        answer = connection.getresponse()
        is_html = (answer.getheader("Content-Type") or "").startswith("text/html")
        return answer.status == 200 and is_html and b"<html" in answer.read()


def pages(site: Site, made: Filled) -> list[tuple[str, str]]:
    """Each page once, with the first who gets it."""
    found: dict[str, str] = {}
    for address in addresses(made):
        for name in ("staff",) if address.startswith("/admin/") else PEOPLE:
            if is_page(site, address, made.sessions.get(name, "")):
                found[address] = name
                break
    listed = [(name, address) for address, name in found.items()]
    more = [("owner", address) for address in made.more]
    return listed + more + [(name, address) for name, all_ in MORE.items() for address in all_]


@pytest.mark.parametrize("looks", [LOOKS, pytest.param(OTHER_LOOKS, marks=pytest.mark.thorough)])
def test_axe_finds_nothing_on_any_page(browser: Browser, site: Site, made: Filled, looks):
    contexts = people(browser, site, made)
    faults: dict[str, list[str]] = {}
    seen = []
    for name, address in pages(site, made):
        page = contexts[name].new_page()
        page.goto(address)
        seen.append(address)
        for width, scheme in looks:
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            found = axe_faults(page)
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"it is {wide} px wide")
            if found:
                faults[f"{name} at {address}, {width} {scheme}"] = found
        page.close()
    assert len(seen) > 60
    assert not faults, "\n".join(f"{where}\n    {line}" for where, all_ in faults.items() for line in all_)
