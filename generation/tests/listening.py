"""What the tests of the player share: making tracks, and what is heard."""

import time

from playwright.sync_api import Page

SECONDS = 120
AT_RATE = """rate => {
  const { audio } = document.querySelector("audio-player");
  audio.defaultPlaybackRate = audio.playbackRate = rate;
}"""
# Ordered as the form does it, whatever the form looks like.
ORDER = """async ([prompt, duration]) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ csrfmiddlewaretoken: token, prompt, duration, title: prompt, variations: "1" });
  return (await fetch("/", { method: "POST", body })).status;
}"""
# What was heard from now on: each moment with the place in the music, forty times a second.
LISTEN = """() => {
  const player = document.querySelector("audio-player");
  window.heard = [];
  setInterval(() => heard.push([performance.now(), player.audio.readyState ? player.audio.currentTime : -1]), 25);
}"""
# Of what was heard the longest time, in milliseconds, in which the music did not go on.
LONGEST_SILENCE = """() => {
  let [longest, last, since] = [0, -1, heard[0][0]];
  for (const [at, time] of heard) {
    if (time > last) [last, since] = [time, at];
    longest = Math.max(longest, at - since);
  }
  return longest;
}"""
# Milliseconds from the last `window.mark` until the music has gone on for a tenth of a second from a place.
UNTIL_SOUND = """(place) => {
  const later = heard.filter(([at, time]) => at > mark && time > place + 0.1 && time < place + 30);
  return later.length ? later[0][0] - mark : null;
}"""


def make_tracks(page: Page, *tracks: tuple[str, float]) -> None:
    """Order music by title and length, one after the other, and wait in the library until all is there."""
    page.goto("/")
    for title, duration in tracks:
        assert page.evaluate(ORDER, [title, str(duration)]) == 200
    end = time.monotonic() + SECONDS
    while page.goto("/library/") and page.locator("article.card-completed").count() < len(tracks):
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(200)


def press_play(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Play {title}", exact=True).click()


def play_slowly(page: Page) -> None:
    """From now on a second of music takes ten, so that a test on a loaded machine finds what it has just begun."""
    page.evaluate(AT_RATE, 0.1)


def seconds_played(page: Page) -> float:
    played: float = page.evaluate("document.querySelector('audio-player').audio.currentTime")
    return played


def plays_beyond(page: Page, seconds: float) -> None:
    """Wait until the player is further than that."""
    end = time.monotonic() + SECONDS
    while seconds_played(page) <= seconds:
        assert time.monotonic() < end, f"the player stands at {seconds_played(page)} s"
        page.wait_for_timeout(50)


def title_played(page: Page) -> str:
    return page.locator(".player-title").inner_text()


def silence_after(page: Page, act: str, place: float) -> float:
    """Seconds from `act`, which is JavaScript, until the music goes on from `place`. Needs LISTEN before."""
    page.evaluate(f"() => {{ window.mark = performance.now(); {act} }}")
    end = time.monotonic() + SECONDS
    while (waited := page.evaluate(UNTIL_SOUND, place)) is None:
        assert time.monotonic() < end, f"the player stands at {seconds_played(page)} s"
        page.wait_for_timeout(50)
    return float(waited) / 1000
