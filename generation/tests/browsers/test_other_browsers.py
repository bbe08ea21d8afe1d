"""The main flow in Firefox and in WebKitGTK: `make test-browsers`. docs/browsers.md tells what is tried with what."""

from pathlib import Path

import pytest

from generation.tests.breaking_audio import BROKEN_PART, broken
from generation.tests.listening import ORDER
from generation.tests.running_site import Site

from .conftest import Start
from .driver import ESCAPE, PHONE, Driver, until

pytestmark = [pytest.mark.browser, pytest.mark.other_browsers]
LONG = 60
MADE_SECONDS = 60
TIME = "return document.querySelector('audio-player').time"
CARD = "article.card-completed"
PLAYED_BEYOND = (
    "const { audio } = document.querySelector('audio-player'); return audio.currentTime > arguments[0]"
)
# What a reader sees of a page: the colours of its ground and its words, as three numbers each.
COLOURS = """
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const { backgroundColor, color } = getComputedStyle(document.body);
  return [backgroundColor, color].map((each) => {
    canvas.fillStyle = each;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  });
"""
# As a browser does that knows neither `:has()` nor `light-dark()`: such rules are not there. How many there were.
OLDER = """
  let left = 0;
  const strip = (sheet) => {
    for (let at = sheet.cssRules.length - 1; at >= 0; at -= 1) {
      const rule = sheet.cssRules[at];
      if (rule.styleSheet) strip(rule.styleSheet);
      else if (/:has\\(|light-dark\\(/.test(rule.selectorText ? rule.cssText : "")) {
        sheet.deleteRule(at);
        left += 1;
      } else if (rule.cssRules) strip(rule);
    }
  };
  for (const sheet of document.styleSheets) strip(sheet);
  return left;
"""
# The smallest gap between the words of a legend and the chips below, in CSS pixels.
LEGEND_GAP = """
  const gaps = [...document.querySelectorAll("fieldset")]
    .filter((each) => each.getClientRects().length && each.querySelector(".chip"))
    .map((each) => {
      const words = new Range();
      words.selectNodeContents(each.querySelector("legend"));
      return each.querySelector(".chip").getBoundingClientRect().top - words.getBoundingClientRect().bottom;
    });
  return Math.min(...gaps);
"""


def make_track(driver: Driver, title: str) -> None:
    """Order music and wait in the library until it is there."""
    driver.goto("/")
    assert driver.run(f"return ({ORDER})(arguments[0])", [title, str(LONG)]) == 200

    def is_there() -> bool:
        driver.goto("/library/")
        return bool(driver.run("return document.querySelector(arguments[0]) !== null", CARD))

    until(is_there, f"“{title}” is made", MADE_SECONDS)


def plays_beyond(driver: Driver, seconds: float) -> None:
    driver.wait(PLAYED_BEYOND, seconds)


def test_order_play_menu_and_dialog_on_a_desk(start: Start):
    with start() as driver:
        driver.goto("/")
        driver.picture("create-desk")
        assert driver.run(LEGEND_GAP) >= 8
        driver.click("#order textarea")
        driver.type("rainy night with soft pads")
        driver.click("#generate")
        driver.wait("return document.querySelector(arguments[0]) !== null", CARD, seconds=MADE_SECONDS)
        driver.click(".play-button[data-play]")
        plays_beyond(driver, 0.5)
        driver.picture("ordered-desk")

        driver.click(".rail-links a[href='/library/']")
        driver.wait("return document.title.startsWith('Library')")
        reached = driver.run(TIME)
        plays_beyond(driver, reached + 0.5)
        driver.click(f"{CARD} .card-actions summary")
        driver.click(f"{CARD} .menu a[hx-target='#dialog']")
        driver.wait("return document.querySelector('dialog[open]')?.contains(document.activeElement)")
        driver.picture("dialog-desk")
        driver.type(ESCAPE)
        driver.wait("return document.activeElement.matches('.card-actions summary')")
        assert not driver.run("return document.querySelector('dialog').open")

        driver.click(f"{CARD} .card-title a")
        driver.wait("return location.pathname.startsWith('/tracks/')")
        driver.wait("return document.querySelector('main track-waveform') !== null")
        assert driver.run(TIME) > reached
        plays_beyond(driver, driver.run(TIME) + 0.5)
        driver.picture("track-desk")


def test_touch_and_menus_on_a_phone(start: Start):
    with start() as driver:
        make_track(driver, "Drone")
        driver.resize(*PHONE)
        driver.picture("library-phone")
        driver.tap(f"{CARD} track-waveform", across=0.5)
        plays_beyond(driver, LONG / 2)
        assert driver.run(TIME) == pytest.approx(LONG / 2, abs=LONG / 20)
        driver.tap(f"{CARD} track-waveform", across=0.25)
        driver.wait(f"return ({TIME[7:]}) < arguments[0]", LONG * 0.35)
        plays_beyond(driver, LONG / 4)

        driver.tap(".account-corner summary")
        driver.picture("account-phone")
        driver.tap(".account-corner .menu a:last-of-type")
        driver.wait("return document.title.startsWith('Log in')")
        driver.picture("login-phone")

        driver.goto("/")
        driver.picture("create-phone")
        assert driver.run(LEGEND_GAP) >= 8
        assert driver.run("return document.documentElement.scrollWidth") <= PHONE[0]
        driver.tap(".player-expand")
        driver.wait("return document.activeElement.matches('[data-player=shrink]')")
        driver.picture("player-phone")
        driver.tap("[data-player=shrink]")
        driver.wait("return document.activeElement.matches('.player-expand')")


def test_dark_in_a_browser_without_light_dark_and_has(start: Start):
    with start("dark") as driver:
        make_track(driver, "Drone")
        driver.click(f"{CARD} .play-button")
        plays_beyond(driver, 0.2)
        assert driver.run(OLDER) > 0, "the site's rules with :has()"
        ground, words = driver.run(COLOURS)
        assert max(ground) < 60
        assert min(words) > 200
        assert driver.run("return document.querySelector('audio-player').offsetHeight") > 60
        driver.picture("older-dark-desk")
        driver.resize(*PHONE)
        driver.goto("/")
        driver.run(OLDER)
        driver.picture("older-dark-phone")
        assert driver.run("return document.documentElement.scrollWidth") <= PHONE[0]


def test_a_file_that_starts_and_then_fails_is_given_up_and_that_is_said(start: Start, site: Site):
    asked = broken(Path(site.environment["VAR_DIR"]))
    with start(expected=("Failed to load", "NS_ERROR")) as driver:
        make_track(driver, "Drone")
        asked.touch()
        driver.click(f"{CARD} .play-button")
        said = "return document.querySelector('.player-trouble').textContent.includes(arguments[0])"
        driver.wait(said, "cannot be played right now", seconds=MADE_SECONDS)
        requests = asked.stat().st_size
        print(f"{driver.wire.name}: {requests} requests")
        assert requests < 60
        asked.unlink()
        driver.click(f"{CARD} .play-button")
        plays_beyond(driver, LONG / BROKEN_PART + 1)
        assert driver.run("return document.querySelector('.player-trouble').textContent") == ""


@pytest.mark.parametrize("start", ["firefox"], indirect=True)
def test_forced_colours_show_what_is_chosen_and_played(start: Start):
    with start("forced colours") as driver:
        make_track(driver, "Drone")
        assert driver.run("return matchMedia('(forced-colors: active)').matches")
        rest, played = (
            driver.run(
                "return getComputedStyle(document.querySelector(arguments[0])).fill", f"{CARD} .wave-{part}"
            )
            for part in ("rest", "played")
        )
        assert rest != played
        driver.goto("/")
        chosen, other = (
            driver.run(
                "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", selector
            )
            for selector in ("[name=duration]:checked + span", "[name=duration]:not(:checked) + span")
        )
        assert chosen != other
        driver.picture("forced-colours-desk")
