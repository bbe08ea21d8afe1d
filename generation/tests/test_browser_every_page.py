"""Every page of the site that the resolver knows, looked at by axe: in light and dark, on a desk and on a phone."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page

from generation.tests.accessibility import RULES, STANDARD, axe_faults
from generation.tests.browser import POLICY_REPORTER, visitor
from generation.tests.every_page import MORE, PEOPLE, Filled, addresses, filled
from generation.tests.running_site import Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.long]
SETTINGS = "generation.tests.every_page_settings"
Scheme = Literal["light", "dark"]
DESK, PHONE = 1280, 390
ADMIN = "/admin/"
# A list of the admin that is wider than its place scrolls in itself: how many of its pixels are out of sight.
HIDDEN_OF_LISTS = """Math.max(
  0, ...[...document.querySelectorAll(".results")].map((list) => list.scrollWidth - list.clientWidth)
)"""
LOOKS: list[tuple[int, Scheme]] = [(DESK, "light"), (PHONE, "dark"), (DESK, "dark"), (PHONE, "light")]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    # A job that hangs is not waited for at the end.
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "WORKER_GRACE_SECONDS": "1"}
    with running_site(tmp_path_factory.mktemp("site"), **variables) as site:
        yield site


@pytest.fixture(scope="module")
def made(site: Site) -> Filled:
    return filled(site)


@pytest.fixture(scope="module")
def every_page(site: Site, made: Filled) -> list[tuple[str, str]]:
    return list(pages(site, made))


class Person(NamedTuple):
    """Somebody's window, and what their browser complains about as they go on."""

    page: Page
    complaints: list[str]


def people(browser: Browser, site: Site, made: Filled) -> dict[str, Person]:
    """The owner, staff and a visitor."""
    return {name: _person(browser, site, made.sessions.get(name)) for name in PEOPLE}


def _person(browser: Browser, site: Site, session: str | None) -> Person:
    context = browser.new_context(base_url=site.url, reduced_motion="reduce")
    context.add_init_script(POLICY_REPORTER)
    if session:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    person = Person(context.new_page(), [])
    context.on("weberror", lambda failure: person.complaints.append(str(failure.error)))
    context.on("console", lambda said: person.complaints.append(said.text) if said.type == "error" else None)
    return person


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
        for name in ("staff",) if address.startswith(ADMIN) else PEOPLE:
            if is_page(site, address, made.sessions.get(name, "")):
                found[address] = name
                break
    listed = [(name, address) for address, name in found.items()]
    more = [("owner", address) for address in made.more]
    return (
        listed
        + more
        + [(name, address.format(**made.values)) for name, all_ in MORE.items() for address in all_]
    )


@pytest.mark.timeout(600)
def test_axe_and_the_security_policy_find_nothing_on_any_page(
    browser: Browser, site: Site, made: Filled, every_page
):
    """Every other page on a desk in light, the others on a phone in the dark; of the admin what is this site's."""
    ours = [each for each in every_page if not each[1].startswith(ADMIN) or is_ours(each[1])]
    assert len(ours) > 50, ours
    everybody = people(browser, site, made)
    faults = [
        fault
        for number, (name, address) in enumerate(ours)
        for fault in faults_of(everybody[name], address, *LOOKS[number % 2])
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_on_any_page_at_any_width_in_any_light(
    browser: Browser, site: Site, made: Filled, every_page, width, scheme
):
    everybody = people(browser, site, made)
    faults = [
        fault for name, address in every_page for fault in faults_of(everybody[name], address, width, scheme)
    ]
    assert not faults, "\n".join(faults)


def is_ours(address: str) -> bool:
    """Of the admin's pages, whether this site decides what is on it."""
    path = address.partition("?")[0]
    mine = ("/generation/", "/logentry/", "/settings/", "/suspension/")
    return path == ADMIN or (any(name in path for name in mine) and not path.endswith("/history/"))


def faults_of(person: Person, address: str, width: int, scheme: Scheme) -> list[str]:
    """What axe, the browser's complaints and the width of the page have to say against it."""
    page, complaints = person
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    complaints.clear()
    page.goto(address)
    # What axe does may be stopped, too; and a page of an error answers with one.
    found = [] if address.startswith("/fails/") else list(complaints)
    found += axe_faults(page, STANDARD if address.startswith(ADMIN) else RULES)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"it is {wide} px wide")
    if width == DESK and is_ours(address) and (hidden := page.evaluate(HIDDEN_OF_LISTS)):
        found.append(f"its list hides {hidden} px")
    return [f"{address}, {width} px, {scheme}: {fault}" for fault in found]


def test_what_the_policy_stops_fails_a_test(browser: Browser, site: Site):
    with pytest.raises(AssertionError, match="Content-Security-Policy: style-src"):
        set_a_style(browser, site)


def set_a_style(browser: Browser, site: Site) -> None:
    """Do as a page may not: style an element where it stands."""
    with visitor(browser, site.url) as page:
        page.goto("/")
        page.evaluate("document.body.setAttribute('style', 'color: red')")
