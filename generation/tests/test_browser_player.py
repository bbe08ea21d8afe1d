"""The player in a real browser: its queue, keys, volume, full view, and what a finger does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Page, Route, expect

from generation.tests.accessibility import axe_finds_nothing
from generation.tests.breaking_audio import BROKEN_PART, broken
from generation.tests.browser import MEDIA_SESSION_RECORDER, SMALL_TARGETS, visitor
from generation.tests.listening import (
    AT_RATE,
    make_tracks,
    play_slowly,
    plays_beyond,
    press_play,
    seconds_played,
    title_played,
)
from generation.tests.running_site import Site

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LONG, SHORT = 60, 2
# Later than three seconds, “previous” leads to the start of the track.
AT_START = "document.querySelector('audio-player').seek(0)"
QUICK_PRESSES = "presses => { for (const press of presses) mediaKeys[press](); }"
# What is played, one after the other: a short track may have come and gone between two looks of a test.
NOTE_TITLES = """() => {
  window.titles = [];
  document.addEventListener("player-change", ({ detail: { track } }) => {
    if (track.title !== titles.at(-1)) titles.push(track.title);
  });
}"""
IS_ITS_SOUND = "(({ audio, track }) => audio.src.endsWith(track.src))(document.querySelector('audio-player'))"


@pytest.fixture(scope="module")
def site(scripted_site: Site) -> Site:
    return scripted_site


@pytest.fixture
def expected() -> list[str]:
    """Words of those complaints of the browser that a test provokes."""
    return []


@pytest.fixture
def page(browser: Browser, site: Site, expected) -> Iterator[Page]:
    with visitor(browser, site.url, expected) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, site: Site, expected) -> Iterator[Page]:
    with visitor(browser, site.url, expected, **PHONE) as page:
        yield page


def player(page: Page, name: str):
    """A button of the player by what it is called."""
    return page.locator("audio-player").get_by_role("button", name=name, exact=True)


def goes_to(page: Page, title: str | re.Pattern[str]) -> None:
    expect(page.locator(".player-title")).to_have_text(title)


def test_the_list_on_screen_plays_one_after_the_other(page: Page):
    make_tracks(page, ("Fourth", LONG), ("Third", LONG), ("Second", SHORT), ("First", SHORT))
    page.evaluate(NOTE_TITLES)
    press_play(page, "First")
    goes_to(page, re.compile("Second|Third"))  # by itself, at the end
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Create").click()
    goes_to(page, "Third")
    assert page.evaluate("titles") == ["First", "Second", "Third"]
    expect(page.get_by_role("button", name="Pause Third")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    played = page.get_by_role("article", name="Third").locator(".wave-played")
    expect(played).not_to_have_attribute("width", re.compile(r"^0(\.0*)?$"))  # wherever it stands in the list
    plays_beyond(page, 0.2)
    play_slowly(page)
    player(page, "Next").click()
    goes_to(page, "Fourth")
    expect(player(page, "Next")).to_have_attribute("aria-disabled", "true")
    player(page, "Repeat: off").click()
    player(page, "Next").click()
    goes_to(page, "First")
    player(page, "Previous").click()
    goes_to(page, "Fourth")
    page.evaluate("document.querySelector('audio-player').seek(20)")
    plays_beyond(page, 20)
    player(page, "Previous").click()
    goes_to(page, "Fourth")
    assert seconds_played(page) < 5

    page.get_by_label("Queue").click()
    expect(page.locator("[data-player=queue] li")).to_have_text(["First0:02", "Second0:02", "Third1:00"])
    page.locator("[data-player=queue]").get_by_role("button", name="Third").click()
    goes_to(page, "Third")
    player(page, "Repeat: all").click()
    page.evaluate(AT_RATE, 1)
    page.evaluate("document.querySelector('audio-player').seek(59.5)")
    page.wait_for_timeout(1500)
    assert title_played(page) == "Third", "it is played again"
    plays_beyond(page, 0.1)


@pytest.mark.thorough
def test_the_queue_outlives_the_page_and_loses_what_is_deleted(page: Page):
    make_tracks(page, ("Third", LONG), ("Second", LONG), ("First", LONG))
    press_play(page, "First")
    plays_beyond(page, 1)
    player(page, "Shuffle").click()
    expect(player(page, "Shuffle")).to_have_attribute("aria-pressed", "true")
    player(page, "Shuffle").click()
    page.reload()
    goes_to(page, "First")
    expect(page.locator("audio-player .cover")).to_be_visible()
    expect(player(page, "Play")).to_be_visible()
    assert page.evaluate("document.querySelector('audio-player').time") > 0.9
    player(page, "Play").click()
    plays_beyond(page, 1.2)

    for title in ("Second", "First"):
        page.get_by_label(f"More about {title}").click()
        page.get_by_role("article", name=title).get_by_role("button", name="Delete track").click()
        expect(page.get_by_role("article", name=title)).to_have_count(0)
    goes_to(page, "Third")
    expect(page.get_by_role("button", name="Pause Third")).to_be_visible()
    player(page, "Close the player").click()
    expect(page.locator("audio-player")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("button", name="Play Third")).to_be_visible()
    expect(page.locator("audio-player")).to_be_hidden()


@pytest.mark.thorough
def test_a_track_alone_on_its_page_goes_on_in_the_list_it_came_from(page: Page):
    make_tracks(page, ("Third", LONG), ("Second", LONG), ("First", LONG))
    press_play(page, "First")
    page.get_by_role("link", name="Second").click()
    expect(page.get_by_role("heading", name="Second", level=1)).to_be_visible()
    press_play(page, "Second")
    goes_to(page, "Second")
    player(page, "Next").click()
    goes_to(page, "Third")


def test_keys_play_and_seek_but_not_while_one_types(page: Page):
    page.add_init_script(MEDIA_SESSION_RECORDER)
    make_tracks(page, ("Second", LONG), ("First", LONG))
    press_play(page, "First")
    plays_beyond(page, 0.2)
    page.locator("h1").click()  # away from the button
    at = page.locator("audio-player")
    page.keyboard.press("Space")
    expect(at).not_to_have_attribute("data-playing", re.compile(""))
    page.evaluate(AT_START)
    play_slowly(page)
    for keys, place in (("l", 10), ("l", 20), ("ArrowRight", 25), ("j", 15), ("ArrowLeft", 10)):
        before = seconds_played(page)
        page.keyboard.press(keys)
        assert seconds_played(page) - before == pytest.approx(place - round(before / 5) * 5, abs=0.6)
    volume = "document.querySelector('audio-player').audio.volume"
    page.keyboard.press("Shift+ArrowDown")
    assert page.evaluate(volume) == pytest.approx(0.9)
    page.keyboard.press("m")
    expect(player(page, "Mute")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    page.keyboard.press("k")
    expect(at).to_have_attribute("data-playing", "")
    page.keyboard.press("n")
    goes_to(page, "Second")
    page.evaluate(AT_START)
    page.keyboard.press("Shift+ArrowLeft")
    goes_to(page, "First")
    assert page.evaluate("mediaKeys.nexttrack()")
    goes_to(page, "Second")
    page.evaluate(
        QUICK_PRESSES, ["previoustrack", "nexttrack"] * 5
    )  # the last wins, whatever is still being opened
    plays_beyond(page, 0.1)
    goes_to(page, "Second")
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Second"
    assert page.evaluate(IS_ITS_SOUND)

    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.type("first kjnm?")
    expect(search).to_have_value("first kjnm?")
    goes_to(page, "Second")
    for key in ("Control+k", "Alt+n"):
        page.locator("#main").focus()
        page.keyboard.press(key)
    goes_to(page, "Second")
    expect(at).to_have_attribute("data-playing", "")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    axe_finds_nothing(page)
    page.get_by_label("Use keys of a single letter or sign").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    goes_to(page, "Second")
    player(page, "Keys").click()
    page.get_by_label("Use keys of a single letter or sign").check()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(player(page, "Keys")).to_be_focused()
    page.evaluate(AT_START)
    page.keyboard.press("p")
    goes_to(page, "First")


@pytest.mark.thorough
def test_the_volume_is_remembered_and_the_heart_is_the_same_everywhere(page: Page):
    make_tracks(page, ("Drone", LONG))
    press_play(page, "Drone")
    page.get_by_label("Volume").fill("0.3")
    page.reload()
    assert page.evaluate("document.querySelector('audio-player').audio.volume") == pytest.approx(0.3)
    expect(page.get_by_label("Volume")).to_have_value("0.3")
    hearts = page.get_by_role("button", name="Like Drone")
    expect(hearts).to_have_count(2)
    hearts.first.click()
    for heart in hearts.all():
        expect(heart).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(hearts.first).to_have_attribute("aria-pressed", "true")
    axe_finds_nothing(page)
    hearts.last.click()
    for heart in hearts.all():
        expect(heart).to_have_attribute("aria-pressed", "false")


@pytest.mark.thorough
def test_of_two_tabs_one_plays_and_what_one_deletes_is_gone_in_the_other(page: Page, expected):
    expected.append("404")
    make_tracks(page, ("Second", LONG), ("First", LONG))
    press_play(page, "First")
    plays_beyond(page, 0.2)
    other = page.context.new_page()
    other.goto("/library/")
    press_play(other, "Second")
    plays_beyond(other, 0.2)
    expect(page.get_by_role("button", name="Play First")).to_be_visible()
    other.get_by_label("More about Second").click()
    other.get_by_role("button", name="Delete track").locator("visible=true").click()
    expect(other.get_by_role("article", name="Second")).to_have_count(0)
    other.close()
    plays_on = seconds_played(page)
    press_play(page, "First")
    plays_beyond(page, plays_on)
    press_play(page, "Second")
    expect(page.locator(".player-trouble")).to_have_text("This track is not here any more.")


@pytest.mark.thorough
def test_a_new_title_shows_at_once_and_the_music_goes_on(page: Page):
    make_tracks(page, ("Drone", LONG))
    press_play(page, "Drone")
    plays_beyond(page, 0.3)
    page.locator(".card-title a").click()
    expect(page.get_by_role("heading", name="Drone", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="Pause Drone")).to_be_visible()
    page.get_by_role("link", name="Rename this track").click()
    page.get_by_label("Title", exact=True).fill("Night drone")
    before = seconds_played(page)
    page.get_by_role("button", name="Rename", exact=True).click()
    goes_to(page, "Night drone")
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Night drone"
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("button", name="Pause Night drone")).to_be_visible()
    plays_beyond(page, before)


def test_on_a_phone_the_player_opens_in_full(phone: Page):
    make_tracks(phone, ("Second", LONG), ("First", LONG))
    press_play(phone, "First")
    plays_beyond(phone, 0.2)
    axe_finds_nothing(phone)
    expand = phone.get_by_role("button", name="Show the player in full")
    expand.click()
    sheet = phone.get_by_role("dialog", name="Player")
    expect(sheet).to_be_visible()
    expect(player(phone, "Close the full view")).to_be_focused()
    box = phone.locator("audio-player").bounding_box()
    assert box
    assert (box["width"], box["height"]) == (390, 844)
    expect(sheet.get_by_text("Next: Second")).to_be_visible()
    assert phone.evaluate(SMALL_TARGETS) == []
    for scheme in ("dark", "light"):
        phone.emulate_media(color_scheme=scheme)
        axe_finds_nothing(phone)
    player(phone, "Next").click()
    goes_to(phone, "Second")
    phone.get_by_label("Queue").click()
    expect(phone.get_by_text("Nothing comes after this track.")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(sheet).to_be_visible()
    for leave in ("Escape", "back", "button"):
        if leave == "Escape":
            phone.keyboard.press("Escape")
        elif leave == "back":
            phone.go_back()
        else:
            player(phone, "Close the full view").click()
        expect(sheet).to_have_count(0)
        expect(expand).to_be_focused()
        expect(phone).to_have_url(re.compile("/library/$"))
        expand.click()
    played = seconds_played(phone)
    sheet.get_by_role("link", name="Second").click()
    expect(phone.get_by_role("heading", name="Second", level=1)).to_be_visible()
    expect(sheet).to_have_count(0)
    phone.go_back()
    expect(phone.get_by_role("heading", name="Library")).to_be_visible()
    plays_beyond(phone, played)


# A finger has pressed only once it is lifted: before, no browser lets music begin. Tests may let it begin at any time.
PRESS_RECORDER = """
  for (const type of ["pointerdown", "pointermove", "pointerup"]) {
    addEventListener(type, () => { window.lastPointer = type; }, { capture: true });
  }
  document.addEventListener("track-seek", () => { window.soughtOn = window.lastPointer; });
"""


@pytest.mark.thorough
def test_a_tap_on_a_wave_plays_and_a_finger_that_scrolls_does_not(phone: Page):
    phone.add_init_script(PRESS_RECORDER)
    make_tracks(phone, ("Second", LONG), ("First", LONG))
    wave = phone.get_by_role("article", name="First").locator("track-waveform")
    box = wave.bounding_box()
    assert box
    swipe(phone, box, up=200)
    expect(phone.locator("audio-player")).to_be_hidden()
    phone.evaluate("scrollTo(0, 0)")
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    plays_beyond(phone, LONG / 2)
    assert seconds_played(phone) == pytest.approx(LONG / 2, abs=5)
    assert phone.evaluate("soughtOn") == "pointerup"
    swipe(phone, box, across=box["width"] / 4)
    plays_beyond(phone, LONG * 0.55)
    assert phone.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, 390]
    phone.emulate_media(forced_colors="active")
    rest, played = (
        wave.locator(f".wave-{part}").evaluate("rect => getComputedStyle(rect).fill")
        for part in ("rest", "played")
    )
    assert rest != played, "the system's colours show what was played"


def swipe(page: Page, box: FloatRect, *, across: float = 0, up: float = 0) -> None:
    """A finger put on the middle of a box and drawn away from there."""
    devices = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + 20
    points = [(x + across * step / 8, y - up * step / 8) for step in range(9)]
    for number, (left, top) in enumerate(points):
        kind = "touchMove" if number else "touchStart"
        devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": left, "y": top}]})
        page.wait_for_timeout(16)
    devices.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.thorough
def test_menus_open_where_there_is_room_and_give_the_focus_back(phone: Page):
    make_tracks(phone, *((f"Tone {number}", SHORT) for number in range(7)))
    press_play(phone, "Tone 6")
    summary = phone.get_by_label("More about Tone 3")
    summary.evaluate("each => each.scrollIntoView({ block: 'end' })")
    summary.click()
    menu = phone.get_by_role("article", name="Tone 3").locator(".menu")
    foot = phone.locator("audio-player").bounding_box()
    box = menu.bounding_box()
    assert box
    assert foot
    assert 0 <= box["y"] < box["y"] + box["height"] <= foot["y"]
    phone.get_by_role("link", name="Share").click()
    expect(phone.get_by_role("dialog")).to_be_visible()
    phone.keyboard.press("Escape")
    expect(summary).to_be_focused()

    phone.locator(".account-corner summary").click()
    account = phone.locator(".account-corner .menu a").last
    box = account.bounding_box()
    assert box
    top = "([x, y]) => document.elementFromPoint(x, y).closest('.account-corner') !== null"
    assert phone.evaluate(top, [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


@pytest.mark.thorough
def test_a_file_that_fails_is_given_up_after_a_few_requests_and_that_is_said(
    page: Page, site: Site, expected
):
    expected += ["Failed to load resource", "net::ERR"]
    make_tracks(page, ("Drone", LONG))
    asked = broken(Path(site.environment["VAR_DIR"]))
    asked.touch()
    press_play(page, "Drone")
    plays_beyond(page, 1)
    expect(page.locator(".player-trouble")).to_contain_text("cannot be played right now", timeout=60_000)
    expect(player(page, "Play")).to_be_visible()
    requests = asked.stat().st_size
    assert requests < 60, "Chromium asks twice a second by itself"
    page.wait_for_timeout(3_000)
    assert asked.stat().st_size == requests
    asked.unlink()
    held: list[Route] = []
    page.route("**/tracks/*/audio", lambda route: held.append(route), times=1)
    player(page, "Play").click()
    expect(player(page, "Pause")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    plays_beyond(page, LONG / BROKEN_PART + 1)
    expect(player(page, "Pause")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".player-trouble")).to_be_empty()


@pytest.mark.thorough
def test_sound_that_stands_still_without_a_word_is_opened_anew_and_at_last_given_up(page: Page):
    """At the rate 0 a media element plays, has its data, and does not move; opened anew it takes its default rate."""
    make_tracks(page, ("Drone", LONG))
    press_play(page, "Drone")
    plays_beyond(page, 1)
    trouble = page.locator(".player-trouble")
    page.evaluate("document.querySelector('audio-player').audio.playbackRate = 0")
    expect(trouble).to_have_text("The sound has stopped. Trying again…")
    plays_beyond(page, seconds_played(page) + 0.5)
    expect(trouble).to_be_empty()

    stood = seconds_played(page)
    page.evaluate(AT_RATE, 0)
    expect(trouble).to_contain_text("cannot be played right now")
    expect(player(page, "Play")).to_be_visible()
    page.evaluate(AT_RATE, 1)
    player(page, "Play").click()
    plays_beyond(page, stood + 0.5)
    expect(trouble).to_be_empty()


@pytest.mark.thorough
def test_without_a_script_there_are_the_browsers_controls_and_hearts_and_downloads_work(
    page: Page, browser: Browser, site: Site
):
    make_tracks(page, ("Drone", SHORT))
    kept = page.context.storage_state()
    with visitor(browser, site.url, [], java_script_enabled=False, storage_state=kept) as plain:
        plain.goto("/library/")
        expect(plain.locator("article audio")).to_be_visible()
        for dead in (".play-button", "article track-waveform"):
            expect(plain.locator(dead)).to_be_hidden()
        heart = plain.get_by_role("button", name="Like Drone")
        heart.click()
        expect(heart).to_have_attribute("aria-pressed", "true")
        plain.get_by_role("link", name="Drone", exact=True).click()
        heart.click()
        expect(plain.get_by_role("heading", name="Drone", level=1)).to_be_visible()
        expect(heart).to_have_attribute("aria-pressed", "false")
        plain.locator(".download-menu summary").click()
        with plain.expect_download(timeout=60_000) as waiting:
            plain.get_by_role("link", name="Download Opus").click()
        assert waiting.value.suggested_filename == "Drone.opus"
