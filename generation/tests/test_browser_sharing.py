"""A track is shared by its owner and heard by somebody else, on their page and in the frame of another site."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.accessibility import axe_finds_nothing
from generation.tests.browser import sign_up, visitor
from generation.tests.keyboard import press, tab_to
from generation.tests.listening import make_tracks, plays_beyond
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
# As a page of another site has it.
FRAME = '<!doctype html><title>Elsewhere</title><iframe src="{}" width="480" height="152"></iframe>'


@contextmanager
def elsewhere(*pages: str) -> Iterator[list[str]]:
    """Addresses of other sites on this machine, each with one page."""
    with ExitStack() as servers:
        yield [servers.enter_context(_serving(page.encode())) for page in pages]


@contextmanager
def _serving(page: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 204)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nothing is said of it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture(params=[pytest.param(1280, marks=pytest.mark.thorough), 390])
def owner(browser: Browser, site: Site, request) -> Iterator[Page]:
    """Somebody with an account and a track, who reads about it; on a desk and on a phone."""
    size = {"width": request.param, "height": 844}
    permissions = ["clipboard-read", "clipboard-write"]
    with visitor(browser, site.url, viewport=size, permissions=permissions, reduced_motion="reduce") as page:
        sign_up(page)
        make_tracks(page, ("Open song", 30))
        page.locator(".card-title a").first.click()
        page.get_by_role("heading", level=1, name="Open song").wait_for()
        yield page


def share(page: Page, wanted: str) -> None:
    """Choose by the keyboard who may hear the track, and leave the dialog open."""
    dialog = page.get_by_role("dialog")
    if not dialog.is_visible():
        press(page, page.locator(".track-actions").get_by_role("link", name="Share"))
    expect(dialog).to_be_visible()
    tab_to(page, dialog.locator("input[name=visibility]:checked"))
    choice = dialog.get_by_label(wanted)
    for _ in range(3):
        if choice.is_checked():
            break
        page.keyboard.press("ArrowDown")
    press(page, dialog.get_by_role("button", name="Save"))


def test_a_link_is_made_by_the_keyboard_opened_by_somebody_else_and_ends(
    owner: Page, browser: Browser, site: Site
):
    share(owner, "Whoever has the link")
    dialog = owner.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_have_text("Whoever has the link can hear it.")
    expect(dialog.get_by_role("status")).to_be_focused()
    axe_finds_nothing(owner)
    press(owner, dialog.get_by_role("button", name="Copy link"))
    expect(owner.locator("#announcer")).to_have_text("Copied.")
    link = owner.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{site.url}/s/")
    owner.keyboard.press("Escape")
    expect(owner.locator(".track-actions").get_by_role("link", name="Share")).to_be_focused()

    with visitor(browser, site.url, ["404"], viewport=owner.viewport_size) as guest:
        guest.goto(link)
        expect(guest.get_by_role("heading", level=1, name="Open song")).to_be_visible()
        guest.locator("main").get_by_role("button", name="Play Open song").click()
        plays_beyond(guest, 0.3)
        expect(guest.locator("audio-player track-like")).to_be_hidden()
        guest.get_by_role("link", name="Make one like it").click()
        expect(guest.get_by_label("What should it sound like?")).to_have_value("Open song")
        plays_beyond(guest, 0.6)
        share(owner, "Only you")
        expect(dialog.get_by_role("status")).to_contain_text("Nobody else can hear it now.")
        guest.goto(link)
        expect(guest.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_another_site_shows_the_small_player_in_a_frame_and_nothing_else(
    owner: Page, browser: Browser, site: Site
):
    share(owner, "Anybody, search engines too")
    link = owner.get_by_role("dialog").locator("code").first.text_content()
    with elsewhere(FRAME.format(f"{link}/embed"), FRAME.format(link)) as (embed, page):
        with visitor(browser, embed) as stranger:
            stranger.goto("/")
            frame = stranger.frame_locator("iframe")
            frame.get_by_role("button", name="Play Open song").click()
            expect(frame.get_by_role("button", name="Pause Open song")).to_be_visible()
            expect(frame.locator(".embed-time")).not_to_have_text("0:00")
            frame.get_by_role("slider", name="Position in the track").press("End")
            expect(frame.locator(".embed-time")).not_to_have_text("0:00")
            expect(frame.get_by_role("link", name="Open song")).to_have_attribute("href", link)
        with visitor(browser, page, ["frame-ancestors"]) as stranger:
            stranger.goto("/")
            expect(stranger.frame_locator("iframe").get_by_text("Open song")).to_have_count(0)
