"""The page of a track in a real browser: sections, notes that follow, stems that stay together, a title; its load."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.accessibility import axe_finds_nothing
from generation.tests.browser import GIVEN_UP, REFUSED, SMALL_TARGETS, visitor
from generation.tests.listening import play_slowly, plays_beyond, seconds_played
from generation.tests.ordering_page import choose
from generation.tests.running_site import Site
from generation.tests.stem_listening import listen, spread

pytestmark = pytest.mark.browser
TIMEOUT = 120_000
# Of the canvas: how many pixels of the picture are not empty, and a number that changes with it.
PICTURE = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [drawn, sum] = [0, 0];
  for (let at = 3; at < data.length; at += 4) if (data[at]) { drawn += 1; sum = (sum * 31 + at) % 1000003; }
  return [drawn, sum];
}"""
MOST_BYTES, MOST_FILES = 60_000, 12
IS_PAUSED = "document.querySelector('audio-player').audio.paused"
IS_SILENCED = """() => Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "muted").get.call(
  document.querySelector("audio-player").audio)"""


@pytest.fixture(scope="module")
def site(composer_site: Site) -> Site:
    return composer_site


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A visitor in Tokyo under a policy that allows nothing inline; any complaint of the browser fails the test."""
    with visitor(browser, site.url, [REFUSED, *GIVEN_UP], timezone_id="Asia/Tokyo") as page:
        yield page


@pytest.fixture
def track(page: Page) -> str:
    """The address of a track of twelve seconds, six pieces for the mixer, whose page is open."""
    page.goto("/")
    page.get_by_label("What should it sound like?").fill("Rainy night")
    choose(page, "duration", "custom")
    page.locator("input[name=seconds]").fill("12")
    choose(page, "genre", "house")
    choose(page, "variations", "1")
    page.get_by_text("More options").click()
    page.get_by_label("Seed").fill("1")
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator("article.card-completed .card-title a").click(timeout=TIMEOUT)
    expect(page.get_by_role("heading", level=1)).to_have_text("Rainy night")
    return page.url


def lead_of_stems(page: Page) -> float:
    """Seconds by which the stems are ahead of the player, once they are heard."""
    end = time.monotonic() + TIMEOUT / 1000
    while not page.evaluate(IS_SILENCED):
        assert time.monotonic() < end, page.locator(".mixer-said").inner_text()
        page.wait_for_timeout(50)
    lead: float = page.evaluate("document.querySelector('stem-mixer').playback.lead")
    return lead


def test_sections_seek_and_the_notes_follow(page: Page, track: str):
    sections = page.get_by_role("list", name="Sections").get_by_role("button")
    second = sections.nth(1)
    expect(second).to_be_visible()
    start = float(second.get_attribute("data-start") or 0)
    second.click()
    plays_beyond(page, start + 0.2)
    expect(second).to_have_attribute("aria-current", "true")
    canvas = page.locator("piano-roll canvas")
    canvas.scroll_into_view_if_needed()
    expect(page.locator(".roll-part").first).to_have_text("Drums")
    before, (drawn, _) = canvas.evaluate(PICTURE), canvas.evaluate(PICTURE)
    assert drawn > 2000
    plays_beyond(page, seconds_played(page) + 0.3)
    assert canvas.evaluate(PICTURE) != before
    view = page.get_by_role("region", name="Notes, from left to right")
    page.get_by_role("slider", name="Position in the track").press("ArrowRight")
    plays_beyond(page, 7)
    assert view.evaluate("view => view.scrollLeft") > 0
    follow = page.get_by_role("button", name="Follow")
    view.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(follow).to_have_attribute("aria-pressed", "false")
    follow.press("Enter")
    expect(follow).to_have_attribute("aria-pressed", "true")
    more = page.get_by_role("button", name="Show more of the track")
    while more.get_attribute("aria-disabled") == "false":
        more.press("Enter")
    expect(more).to_be_focused()
    assert view.evaluate("view => view.scrollWidth - view.clientWidth") == 0
    box = canvas.bounding_box()
    assert box
    play_slowly(page)
    canvas.click(position={"x": box["width"] * 0.75, "y": 100})
    plays_beyond(page, 9)
    assert seconds_played(page) < 11
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_text("Sections and chords in words").click()
    words = page.locator(".score-words li")
    expect(words).to_have_count(sections.count())
    assert "0:00 to" in words.first.inner_text()
    ordered = page.locator("local-time time").first
    at = ordered.evaluate("time => new Date(time.dateTime).getTime()")
    tokyo = time.strftime("%H:%M", time.gmtime(at / 1000 + 9 * 3600))
    assert ordered.inner_text().endswith(tokyo)


def test_stems_stay_together_through_mute_solo_level_seek_and_pause(page: Page, track: str):
    page.get_by_role("button", name="Play Rainy night").click()
    page.get_by_role("button", name="Mix the stems").click()
    expect(page.locator(".mixer-said")).to_contain_text("The stems are being made")
    mute, solo = (page.get_by_role("button", name=f"{verb} chords") for verb in ("Mute", "Solo"))
    expect(mute).to_be_visible(timeout=TIMEOUT)
    assert not page.evaluate(IS_SILENCED)
    page.get_by_role("slider", name="Level of effects").fill("40")
    if page.evaluate(IS_PAUSED) or seconds_played(page) > 6:
        page.keyboard.press("Escape")
        # Where the stems took longer to be made than the track lasts, it has ended, and stands at its beginning.
        page.evaluate(
            "(({ audio }) => { audio.currentTime = 1; audio.play(); })(document.querySelector('audio-player'))"
        )
    assert abs(lead_of_stems(page)) < 0.25
    assert not page.evaluate("document.querySelector('audio-player').audio.muted"), (
        "the player sees none of it"
    )
    heard = listen(page)
    assert {"drums", "chords"} <= set(heard)
    assert spread(heard) < 0.005
    assert max(each.worst for stem, each in heard.items() if stem != "fx") < 1e-4, (
        "pieces join without a seam"
    )
    solo.click()
    expect(solo).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(700)
    assert set(listen(page)) == {"chords"}
    solo.click()
    mute.click()
    page.evaluate("document.querySelector('audio-player').audio.currentTime = 4.5")
    page.wait_for_timeout(1200)
    heard = listen(page)
    assert "chords" not in heard
    assert spread(heard) < 0.005
    assert 4.5 < heard["drums"].second < seconds_played(page) + 0.25
    page.get_by_role("button", name="Pause", exact=True).click()
    page.wait_for_function("() => !document.querySelector('stem-mixer').playback.isRunning")
    page.get_by_role("button", name="Play", exact=True).click()
    plays_beyond(page, seconds_played(page) + 0.3)
    assert abs(lead_of_stems(page)) < 0.25
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert not page.evaluate(IS_SILENCED)
    plays_beyond(page, seconds_played(page) + 0.1)


def test_a_new_title_shows_at_once_while_it_plays(page: Page, track: str):
    page.get_by_role("button", name="Play Rainy night").click()
    plays_beyond(page, 0.2)
    page.evaluate("window.same = true")
    page.evaluate("document.addEventListener('track-changed', ({ detail }) => { window.changed = detail; })")
    pencil = page.get_by_role("link", name="Rename this track")
    pencil.press("Enter")
    field = page.get_by_label("Title")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rainy night")
    expect(pencil).to_be_focused()
    pencil.press("Enter")
    expect(field).to_be_focused()
    field.fill(" ")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Give the track a title.")).to_be_visible()
    page.get_by_label("Title").fill("Día & night")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Día & night")
    expect(pencil).to_be_focused()
    assert page.evaluate("changed.title") == "Día & night"
    assert page.evaluate("changed.track") in track
    assert page.evaluate("window.same")
    plays_beyond(page, seconds_played(page) + 0.2)


def test_a_phone_has_all_of_it_within_reach(browser: Browser, site: Site, page: Page, track: str):
    page.get_by_role("button", name="Play Rainy night").click()
    page.get_by_role("button", name="Mix the stems").click()
    expect(page.get_by_role("button", name="Mute drums")).to_be_visible(timeout=TIMEOUT)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(SMALL_TARGETS) == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.reload()
        page.get_by_role("button", name="Mix the stems").click()
        expect(page.get_by_role("button", name="Mute drums")).to_be_visible()
        axe_finds_nothing(page)


def test_the_first_load_of_styles_and_scripts_is_small(browser: Browser, site: Site, page: Page, track: str):
    for address in (site.url, track):
        files, fresh = first_load(browser, page, address)
        assert sum(files.values()) <= MOST_BYTES, files
        assert len(files) <= MOST_FILES, files
        # Another stylesheet stands within <noscript>.
        assert fresh.locator("link[rel=stylesheet]").count() == 1
        assert fresh.locator("script[type=module]").count() == 1
        fresh.context.close()


def first_load(browser: Browser, page: Page, address: str) -> tuple[dict[str, float], Page]:
    """What a page fetches in styles and scripts with an empty cache: bytes as transferred, with headers; the page."""
    fresh = browser.new_context(storage_state=page.context.storage_state()).new_page()
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session = fresh.context.new_cdp_session(fresh)
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda it: urls.update({it["requestId"]: it["response"]["url"]}))
    session.on("Network.loadingFinished", lambda it: sizes.update({it["requestId"]: it["encodedDataLength"]}))
    fresh.goto(address)
    fresh.wait_for_load_state("networkidle")
    return {url: sizes[id] for id, url in urls.items() if url.endswith((".css", ".js"))}, fresh
