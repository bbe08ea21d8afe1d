"""The mixer of a track's page under hands that are quicker than the sound: all of it stays together."""

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.tests.browser import visitor
from generation.tests.listening import make_tracks, press_play
from generation.tests.running_site import running_site
from generation.tests.stem_listening import listen, spread

pytestmark = pytest.mark.browser
SECONDS = float(os.environ.get("STEM_WALK_SECONDS", "20"))
DURATION = 12
CLOSE_TO_LEVEL = 0.02
STEMS = ("drums", "bass", "chords", "melody", "fx")
# Every AudioContext that was not closed: more than one would play the stems twice.
COUNT_CONTEXTS = """
  window.contexts = [];
  window.AudioContext = class extends AudioContext {
    constructor(...options) { super(...options); contexts.push(this); }
  };
"""
# One act after the other, each with the milliseconds to wait after it; none is waited for where that is 0.
PRESS = """async (acts) => {
  const player = document.querySelector("audio-player");
  const mixer = document.querySelector("stem-mixer");
  const row = (stem) => mixer.querySelector(`[data-stem=${stem}]`);
  const doing = {
    mute: (stem) => row(stem)?.querySelector("[data-switch=mute]").click(),
    solo: (stem) => row(stem)?.querySelector("[data-switch=solo]").click(),
    seek: (time) => player.seek(time),
    toggle: () => player.toggle(),
    reset: () => mixer.querySelector("[data-mixer=reset]").click(),
  };
  for (const [act, value, pause] of acts) {
    doing[act](value);
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
  }
}"""
STATE = """() => {
  const { audio } = document.querySelector("audio-player");
  const mixer = document.querySelector("stem-mixer");
  const { playback } = mixer;
  const muted = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "muted").get.call(audio);
  const pressed = (row, name) => row.querySelector(`[data-switch=${name}]`).ariaPressed === "true";
  const rows = [...mixer.querySelectorAll("[data-stem]")];
  const solo = rows.some((row) => pressed(row, "solo"));
  return {
    isPlaying: !audio.paused && !audio.seeking && audio.readyState > 2,
    left: audio.duration - audio.currentTime,
    isSilenced: muted,
    isRunning: playback?.isRunning ?? false,
    lead: playback?.lead ?? null,
    contexts: contexts.filter(({ state }) => state !== "closed").length,
    isMixed: rows.some((row) => pressed(row, "solo") || pressed(row, "mute")),
    said: mixer.querySelector("[data-mixer=said]").textContent,
    wanted: Object.fromEntries(rows.map((row) => [
      row.dataset.stem, Number(solo ? pressed(row, "solo") : !pressed(row, "mute")),
    ])),
    gains: playback ? Object.fromEntries([...playback.outputs].map(([stem, { gain }]) => [stem, gain.value])) : {},
  };
}"""

# Stems that are silent about where the track is. A browser reckons the level of an output only while sound goes through
# it: theirs may still say what it was.
SILENT = """async () => {
  const { audio } = document.querySelector("audio-player");
  const { file, playback } = document.querySelector("stem-mixer");
  const { context } = [...playback.outputs.values()][0];
  const silent = [];
  for (const second of [audio.currentTime - 0.5, audio.currentTime + 0.2]) {
    const number = Math.floor((second * file.sampleRate) / file.pieceFrames);
    const buffers = await file.piece(Math.max(0, Math.min(number, file.count - 1)), context);
    silent.push(...file.stems.filter((stem, place) => !buffers[place]));
  }
  return silent;
}"""


@pytest.fixture
def page(browser: Browser, tmp_path) -> Iterator[Page]:
    """The page of a track that plays, with its mixer open."""
    with running_site(tmp_path) as site, visitor(browser, site.url) as page:
        page.add_init_script(COUNT_CONTEXTS)
        make_tracks(page, ("House", DURATION))
        page.locator("main").get_by_role("link", name="House", exact=True).click()
        press_play(page, "House")
        page.get_by_role("button", name="Mix the stems").click()
        expect(page.get_by_role("button", name="Mute drums")).to_be_visible(timeout=120_000)
        yield page


@pytest.mark.thorough
def test_stems_stay_together_whatever_is_pressed_how_quickly(page: Page):
    seed = int(os.environ.get("STEM_WALK_SEED", time.time_ns() % 10_000))
    walk, end, looks = random.Random(seed), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        acts = [some_act(walk) for _ in range(walk.randrange(2, 12))]
        if not walk.randrange(3):
            page.evaluate(PRESS, acts)
        else:
            page.evaluate(PRESS, [*acts, ["seek", walk.uniform(0, DURATION / 2), 0]])
        looks += settled_and_together(page, f"after {acts} of the seed {seed}")
    print(f"looked {looks} times while the stems were heard")
    assert looks


def some_act(walk: random.Random) -> list[Any]:
    """Something that a hand does, and the milliseconds until the next thing."""
    act = walk.choice(("mute", "mute", "solo", "solo", "seek", "seek", "toggle", "toggle", "reset"))
    value = walk.choice(STEMS) if act in ("mute", "solo") else walk.uniform(0, DURATION)
    return [act, value, walk.choice((0, 0, 0, 5, 20, 60, 150, 400))]


def settled_and_together(page: Page, when: str) -> int:
    """Check that what is to be heard is heard, once and together; how often that could be listened to."""
    state: dict[str, Any] = {}
    end = time.monotonic() + 15
    while time.monotonic() < end:
        page.wait_for_timeout(100)
        state = page.evaluate(STATE)
        # What the listener can find; a media element that is farther away is put beside the stems within a second.
        is_heard = state["isRunning"] and state["isSilenced"] and abs(state["lead"] or 1) < 0.12
        if (
            is_heard
            if state["isPlaying"] and state["isMixed"]
            else not state["isPlaying"] or not state["isRunning"]
        ):
            break
        if state["left"] < 1:
            break
    page.wait_for_timeout(600)
    state = page.evaluate(STATE)
    context = f"{when}: {state}"
    assert state["contexts"] <= 1, context
    assert not state["said"], context
    if not state["isPlaying"]:
        assert not state["isRunning"], context
        return 0
    if not state["isMixed"] and not state["isRunning"]:
        assert not state["isSilenced"], context
        return 0
    if state["left"] < 1.5:
        return 0
    assert state["isRunning"], context
    assert state["isSilenced"], context
    assert abs(state["lead"]) < 0.25, context
    others = {
        stem for stem, level in state["wanted"].items() if abs(state["gains"][stem] - level) > CLOSE_TO_LEVEL
    }
    assert not others or others <= set(page.evaluate(SILENT)), context
    heard = listen(page)
    assert set(heard) <= {stem for stem, level in state["wanted"].items() if level}, context
    if heard:
        assert spread(heard) < 0.005, context
        assert max(each.worst for each in heard.values()) < 1e-4, context
    return int(bool(heard))
