"""The pages in a real browser: what stays while one moves about, what a keyboard and a phone can do."""

import contextlib
import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Error, Page, Route, expect

from generation.tests.browser import MEDIA_SESSION_RECORDER, SMALL_TARGETS, visitor
from generation.tests.listening import play_slowly, plays_beyond, seconds_played
from generation.tests.ordering_page import choose
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
TIMEOUT = 60_000
SHOWN_BY_DEVICE = "(({ metadata, playbackState: is }) => [metadata?.title, is])(navigator.mediaSession)"


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def expected() -> list[str]:
    """Words of those complaints of the browser that a test provokes."""
    return []


@pytest.fixture
def page(browser: Browser, site: Site, expected) -> Iterator[Page]:
    """A visitor; any complaint of the browser fails the test, one about the site's security policy too."""
    with visitor(browser, site.url, expected) as page:
        yield page


def order(page: Page, prompt: str, seconds: int = 10) -> None:
    page.goto("/")
    page.get_by_label("What should it sound like?").fill(prompt)
    choose(page, "duration", str(seconds))
    page.get_by_role("button", name="Generate", exact=True).click()


def make(page: Page, prompt: str, seconds: int = 10) -> None:
    """Order music and wait until it is there."""
    order(page, prompt, seconds)
    expect(page.locator("article.card-completed")).to_have_count(1, timeout=TIMEOUT)


def test_music_plays_on_while_one_moves_about(page: Page):
    make(page, "long drone", 60)
    page.get_by_role("button", name="Play Long drone").click()
    plays_beyond(page, 0.3)
    page.evaluate("window.same = true")
    for name in ("Library", "Create", "Library"):
        page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
        expect(page).to_have_title(re.compile(f"^{name}"))
        expect(page.locator(".rail-links a[aria-current]")).to_have_text(name)
    page.locator(".card-title a").click()
    expect(page.get_by_role("heading", name="Long drone", level=1)).to_be_visible()
    before = seconds_played(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.locator(".rail-links a[aria-current]")).to_have_text("Library")
    plays_beyond(page, before)
    assert page.evaluate("window.same"), "no page was loaded whole"
    expect(page.get_by_role("button", name="Pause Long drone")).to_be_visible()


def test_who_goes_elsewhere_is_not_taken_back_by_a_page_that_comes_late(page: Page, expected):
    expected += ["htmx:sendAbort", "htmx:afterRequest"]  # the page that was given up
    page.goto("/")
    release: list[Route] = []
    page.route("**/library/", lambda route: release.append(route))
    links = page.get_by_role("navigation", name="Main")
    with page.expect_request("**/library/"):
        links.get_by_role("link", name="Library").click()
    links.get_by_role("link", name="Create").click()
    expect(page).to_have_url(re.compile("/$"))
    with contextlib.suppress(Error):
        release[0].continue_()
    page.wait_for_timeout(500)
    expect(page).to_have_title(re.compile("^Create"))


def test_the_wave_is_a_slider_for_the_keyboard(page: Page):
    make(page, "long drone", 60)
    page.get_by_role("button", name="Play Long drone").click()
    plays_beyond(page, 0.2)
    page.get_by_role("button", name="Pause", exact=True).click()
    slider = page.get_by_role("slider", name="Position")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0 seconds of 1 minute")
    for key in ("PageUp", "ArrowRight", "PageUp", "ArrowLeft"):
        page.keyboard.press(key)
    expect(slider).to_have_attribute("aria-valuetext", "30 seconds of 1 minute")
    assert seconds_played(page) == pytest.approx(30, abs=0.5)


def test_a_press_on_a_cards_wave_plays_from_there(page: Page):
    make(page, "long drone", 60)
    wave = page.locator("article track-waveform")
    box = wave.bounding_box()
    assert box
    play_slowly(page)
    wave.click(position={"x": box["width"] / 2, "y": 5})
    plays_beyond(page, 30)
    assert seconds_played(page) == pytest.approx(30, abs=2)


def test_a_signed_address_that_is_refused_is_asked_for_anew_a_few_times(page: Page, expected):
    expected.append("403")
    make(page, "short tone")
    refusals = 1
    asked: list[str] = []

    def refuse(route: Route) -> None:
        if "json" in route.request.headers.get("accept", ""):  # when the address ends
            route.continue_()
            return
        asked.append(route.request.url)
        if len(asked) <= refusals:
            route.fulfill(status=302, headers={"Location": "/files/tracks/nothing.wav?with=an-old-signature"})
        else:
            route.continue_()

    page.route("**/tracks/*/audio", refuse)
    page.get_by_role("button", name="Play Short tone").click()
    plays_beyond(page, 0.2)
    assert len(asked) == 2
    expect(page.locator(".player-trouble")).to_be_empty()
    page.get_by_role("button", name="Close the player").click()
    asked.clear()
    refusals = 99
    page.get_by_role("button", name="Play Short tone").click()
    expect(page.locator(".player-trouble")).to_contain_text("cannot be played right now")
    assert len(asked) == 3


def test_the_device_shows_what_plays_and_its_keys_work(page: Page):
    page.add_init_script(MEDIA_SESSION_RECORDER)
    make(page, "long drone", 60)
    page.get_by_role("button", name="Play Long drone").click()
    plays_beyond(page, 0.2)
    assert page.evaluate(SHOWN_BY_DEVICE) == ["Long drone", "playing"]
    page.evaluate("mediaKeys.pause()")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    for key, details, seconds in (
        ("seekto", {"seekTime": 40}, 40),
        ("seekforward", {}, 50),
        ("seekbackward", {"seekOffset": 30}, 20),
        ("previoustrack", {}, 0),
    ):
        page.evaluate("([key, details]) => mediaKeys[key](details)", [key, details])
        place = pytest.approx(seconds, abs=0.5)
        assert seconds_played(page) == place
        assert page.evaluate("position") == {"duration": 60, "position": place}
    page.evaluate("mediaKeys.play()")
    plays_beyond(page, 0.2)
    page.evaluate("mediaKeys.stop()")
    expect(page.locator("audio-player")).to_be_hidden()
    assert page.evaluate(SHOWN_BY_DEVICE) == [None, "none"]


def test_modules_are_named_by_what_they_hold(page: Page):
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url) if request.url.endswith(".js") else None)
    page.goto("/", wait_until="networkidle")
    assert len(scripts) > 3
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", address) for address in scripts), "none may be an old one"


def test_times_are_written_as_on_a_clock(page: Page):
    source = (settings.BASE_DIR / "static" / "js" / "clock.js").read_text()
    times = {0: "0:00", 9.99: "0:09", 60: "1:00", 3599: "59:59", 3725: "1:02:05"}
    read = f"times => {{ {source.replace('export ', '')}; return times.map(clock); }}"
    assert page.evaluate(read, list(times)) == list(times.values())


def test_one_track_plays_at_a_time(page: Page):
    make(page, "first drone", 60)
    order(page, "second drone", 60)
    expect(page.locator("article.card-completed")).to_have_count(2, timeout=TIMEOUT)
    page.get_by_role("button", name="Play First drone").click()
    page.get_by_role("button", name="Play Second drone").click()
    expect(page.get_by_role("button", name="Pause Second drone")).to_be_visible()
    expect(page.get_by_role("button", name="Play First drone")).to_be_visible()
    expect(page.locator(".player-title")).to_have_text("Second drone")


def test_a_card_keeps_its_size_and_its_job_can_be_canceled_and_tried_again(page: Page):
    order(page, "[hang] forever")
    card = page.locator("article.card")
    expect(page.get_by_text("Generating")).to_be_visible(timeout=TIMEOUT)
    alive = card.bounding_box()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=TIMEOUT)
    ended = card.bounding_box()
    assert alive
    assert ended
    assert (alive["width"], alive["height"]) == (ended["width"], ended["height"])
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=TIMEOUT)
    expect(card).to_have_count(1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=TIMEOUT)


def test_an_answer_about_a_card_that_is_gone_is_let_go(page: Page):
    held: list[Route] = []
    page.route("**/jobs/*/card?*", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/jobs/*/card?*"):
        order(page, "[hang] forever")
    page.get_by_role("button", name="Cancel").click()
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible(timeout=TIMEOUT)
    retry.evaluate("button => button.sameAsBefore = true")
    with page.expect_response("**/jobs/*/card?*") as answer:
        held[0].continue_()
    assert answer.value.status == 200
    page.wait_for_timeout(300)
    assert retry.evaluate("button => button.sameAsBefore"), "the card was put there again"


def test_the_end_of_a_job_is_announced_and_its_page_asks_no_more(page: Page):
    make(page, "short tone")
    expect(page.locator("#announcer")).to_have_text("Short tone is ready.")
    page.wait_for_load_state("networkidle")  # a finished card brings the module of its downloads
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_000)
    assert not asked


def test_deleting_asks_nothing_and_is_taken_back(page: Page):
    make(page, "short tone")
    page.get_by_role("button", name="Play Short tone").click()
    expect(page.locator("audio-player")).to_be_visible()
    page.locator("article summary").click()
    page.get_by_role("button", name="Delete track").click()
    expect(page.get_by_text("“Short tone” is deleted.")).to_be_visible()
    expect(page.locator("article.card")).to_have_count(0)
    expect(page.locator("audio-player")).to_be_hidden()
    assert page.url.endswith("/"), "one stays where one was"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("article.card")).to_have_count(1)


def test_a_menu_closes_on_escape_and_on_a_press_elsewhere(page: Page):
    make(page, "short tone")
    menu, summary = page.locator("article .menu"), page.locator("article summary")
    summary.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    summary.click()
    page.locator("h2").first.click()
    expect(menu).to_be_hidden()


def test_an_example_fills_the_prompt(page: Page):
    page.goto("/")
    page.get_by_role("link", name="Ambient drift over a frozen lake").click()
    field = page.get_by_label("What should it sound like?")
    expect(field).to_have_value("Ambient drift over a frozen lake")
    expect(field).to_be_focused()


def test_the_library_searches_while_one_types(page: Page):
    make(page, "short tone")
    page.goto("/library/")
    page.get_by_role("searchbox").press_sequentially("nothing like it")
    expect(page.get_by_text("No track matches “nothing like it”.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=nothing"))
    page.get_by_role("searchbox").fill("short")
    expect(page.locator("article.card-completed")).to_have_count(1)


def test_the_account_corner_knows_the_guest_without_a_new_page(page: Page):
    make(page, "short tone")
    page.locator(".account-corner summary").click()
    expect(page.locator(".account-corner .menu-text")).to_contain_text("kept in this browser")


def test_nothing_scrolls_sideways_and_everything_can_be_touched_on_a_small_phone(page: Page):
    page.set_viewport_size({"width": 320, "height": 640})
    order(page, "first tone")
    expect(page.locator("article.card")).to_be_in_viewport()
    expect(page.locator("article.card-completed")).to_have_count(1, timeout=TIMEOUT)
    order(page, "a word that is long: " + "la" * 60)
    expect(page.locator("article.card-completed")).to_have_count(2, timeout=TIMEOUT)
    page.get_by_role("button", name="Play").first.click()
    track = page.locator(".card-title a").first.get_attribute("href") or ""
    for address in ("/", "/library/", track, f"{track}delete", "/accounts/login/", "/accounts/signup/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 320, address
        assert page.evaluate(SMALL_TARGETS) == [], address


def test_an_order_that_came_too_often_leaves_the_form_as_it_was(page: Page, expected):
    expected.append("429")
    bare = '<main id="main"><h1>Too many attempts</h1></main>'
    page.goto("/")
    page.route(
        lambda url: url.endswith("/"),
        lambda route: route.fulfill(
            status=429, headers={"Retry-After": "34"}, body=bare, content_type="text/html"
        ),
    )
    page.get_by_label("What should it sound like?").fill("rainy night")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Wait 34 seconds")
    expect(page.get_by_label("What should it sound like?")).to_have_value("rainy night")
