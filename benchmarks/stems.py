"""The mixer of a track's page over three minutes: `python -m benchmarks.stems`.

A browser orders a piece from a site of its own and plays its stems on two pages. On one it is looked up every few
seconds where in the track each stem is heard; of the other the private memory of its process is read, which looking
would add to. In the end that page does what it would do without pieces, and holds all stems decoded: the memory of
that stands beside.

What is heard of a stem, before any fade of them all, is held against what the browser decodes of the same stem, over
the last third of a second. A look must not reach back before the stems are heard, or before its analysers hear them:
the silence there, held against what is stored, differs by as much as the music is loud (0.24 and more), and is found
in the wrong place. So looking begins a second later, and waits by the clock of the sound.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import django
from playwright.sync_api import Page

from benchmarks.bare_page import BarePage
from benchmarks.measuring import verdict

PROMPT = "Lo-fi beats for a rainy evening, warm piano"
EVERY_SECONDS = 6
MOST_APART, MOST_MEMORY, MOST_DIFFERENT = 0.005, 150, 1e-4
IS_MIXED = "document.querySelector('stem-mixer').playback?.lead != null"
IS_PAUSED = "document.querySelector('audio-player').audio.paused"
TURN_DOWN = """{
  const level = document.querySelector("[data-stem=drums] input");
  level.value = 90;
  level.dispatchEvent(new Event("input", { bubbles: true }));
}"""
ALL_DECODED = """async () => {
  const { file, playback } = document.querySelector("stem-mixer");
  const { context } = [...playback.outputs.values()][0];
  window.held = [];
  for (let piece = 0; piece < file.count; piece += 1) held.push(await file.piece(piece, context));
}"""


def main() -> None:
    """Print where the stems are beside each other, and the memory of the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=180, help="how long the piece is")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    django.setup()
    from generation.tests.browser import chromium
    from generation.tests.running_site import running_site

    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site, chromium() as browser:
        page = browser.new_context(base_url=site.url).new_page()
        _make(page, options.seconds)
        alone = BarePage(browser, page, page.url)
        before = alone.memory()
        _open_mixer(page)
        apart, worst, most = _play(page, alone)
        alone.evaluate(f"({ALL_DECODED})()")
        is_little = verdict(most < MOST_MEMORY, f"below {MOST_MEMORY} MiB")
        print(f"private memory of the page: {before:.0f} MiB at first, {most:.0f} MiB at most {is_little}")
        print(f"with all stems decoded {alone.memory():.0f} MiB")
        met = verdict(apart < MOST_APART, f"within {1000 * MOST_APART:.0f} ms")
        print(f"stems apart by at most {1000 * apart:.3f} ms {met}")
        is_same = verdict(worst < MOST_DIFFERENT, f"below {MOST_DIFFERENT:.0e}")
        print(f"what is heard differs from what is stored by at most {worst:.1e} {is_same}")


def _make(page: Page, seconds: int) -> None:
    """Order the piece and open its page."""
    page.goto("/")
    page.get_by_label("What should it sound like?").fill(PROMPT)
    page.locator("input[name=duration][value=custom]").check(force=True)
    page.locator("input[name=seconds]").fill(str(seconds))
    page.get_by_role("button", name="Generate", exact=True).click()
    page.locator("article.card-completed .card-title a").click(timeout=300_000)
    page.locator("stem-mixer").wait_for()
    page.reload()
    page.wait_for_timeout(2_000)


def _open_mixer(page: Page) -> None:
    began = time.perf_counter()
    page.get_by_role("button", name="Mix the stems").click()
    page.get_by_role("button", name="Mute drums").wait_for(timeout=600_000)
    print(f"stems there after {time.perf_counter() - began:.0f} s", flush=True)


def _mix_alone(page: BarePage) -> None:
    """Have a page play with its drums turned down."""
    page.evaluate("document.querySelector('.track-cover .play-button').click()")
    page.evaluate("document.querySelector('[data-mixer=open]').click()")
    page.wait("document.querySelector('[data-stem=drums]') !== null")
    page.evaluate(TURN_DOWN)


def _play(page: Page, alone: BarePage) -> tuple[float, float, float]:
    """Play to the end; seconds by which stems were apart, the largest difference in sound, the most memory in MiB."""
    from generation.tests.stem_listening import listen, spread

    page.locator(".track-cover .play-button").click()
    page.evaluate(TURN_DOWN)
    _mix_alone(alone)
    while not page.evaluate(IS_MIXED):
        page.wait_for_timeout(100)
    page.wait_for_timeout(1_000)
    apart = worst = most = 0.0
    looks = 0
    while not page.evaluate(IS_PAUSED):
        at: float = page.evaluate("document.querySelector('audio-player').audio.currentTime")
        heard = listen(page)
        if len(heard) > 1:
            looks += 1
            apart = max(apart, spread(heard))
            worst = max(worst, *(each.worst for each in heard.values()))
        if looks % 5 == 1:
            print(f"  at {at:5.1f} s: {', '.join(heard)}; {alone.memory():.0f} MiB", flush=True)
        for _ in range(EVERY_SECONDS):
            most = max(most, alone.memory())
            page.wait_for_timeout(1_000)
    print(f"looked {looks} times")
    return apart, worst, most


if __name__ == "__main__":
    main()
