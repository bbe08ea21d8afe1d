"""What a test asks of a browser by WebDriver: pages, scripts, presses, touches, and pictures."""

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

WAIT_SECONDS = 30
LOOK_SECONDS = 0.05
DESK, PHONE = (1280, 800), (390, 760)
ESCAPE = "\ue00c"
# The page is there, and a press on a button of it is heard.
IS_ALIVE = """
  const parts = ["audio-player", "track-waveform", "track-like", "pop-menu"];
  return document.readyState === "complete" && parts.every((name) => customElements.get(name));
"""
# A place on the first element that a selector finds and that is drawn, brought into sight; null while it moves, is
# covered or is not there.
PLACE = """
  const [selector, across] = arguments;
  const look = () => {
    const found = [...document.querySelectorAll(selector)].find((each) => each.getClientRects().length);
    if (!found) return null;
    found.scrollIntoView({ block: "nearest", behavior: "instant" });
    const { left, top, width, height } = found.getBoundingClientRect();
    const place = [left + width * across, top + height / 2].map(Math.round);
    const hit = document.elementFromPoint(...place);
    return found.contains(hit) || hit?.contains(found) ? place : null;
  };
  const before = look();
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const now = look();
    resolve(String(now) === String(before) ? now : null);
  })));
"""


class Wire(Protocol):
    """A way to a running browser."""

    name: str
    version: str

    def call(self, command: str, **parameters: Any) -> Any:
        """Do one of WebDriver's commands, by the name that it has in Firefox. Raises RuntimeError."""

    def resize(self, width: int, height: int) -> None:
        """Give the page that much room, in CSS pixels."""

    def complaints(self, url: str) -> list[str]:
        """What the browser has said of errors on pages of the site at `url`."""


@dataclass
class Driver:
    """A browser on the pages of a site."""

    wire: Wire
    url: str
    pictures: Path

    def goto(self, path: str) -> None:
        self.wire.call("Navigate", url=f"{self.url}{path}")
        self.wait(IS_ALIVE)

    def resize(self, width: int, height: int) -> None:
        self.wire.resize(width, height)
        self.wait("return innerWidth === arguments[0] && innerHeight === arguments[1]", width, height)

    def run(self, script: str, *values: Any) -> Any:
        """Run the body of a function with `arguments`; a promise that it returns is awaited."""
        return self.wire.call("ExecuteScript", script=script, args=list(values))

    def wait(self, script: str, *values: Any, seconds: float = WAIT_SECONDS) -> Any:
        """Run a script until what it returns is true, and return that."""
        end = time.monotonic() + seconds
        while not (found := self.run(script, *values)):
            assert time.monotonic() < end, f"{self.wire.name} waited in vain for {script} {values}"
            time.sleep(LOOK_SECONDS)
        return found

    def click(self, selector: str) -> None:
        """Press with a mouse in the middle of an element, once nothing covers it."""
        self._press("mouse", self.wait(PLACE, selector, 0.5))

    def tap(self, selector: str, across: float = 0.5) -> None:
        """Touch an element with a finger, that part of the way across it."""
        self._press("touch", self.wait(PLACE, selector, across))

    def _press(self, kind: str, place: list[int]) -> None:
        move = {"type": "pointerMove", "x": place[0], "y": place[1], "duration": 0}
        press = [move, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        self._act({"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": press})

    def type(self, text: str) -> None:
        """Press keys for what has the focus."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keys", "actions": keys})

    def _act(self, source: dict[str, Any]) -> None:
        self.wire.call("PerformActions", actions=[source])
        self.wire.call("ReleaseActions")

    def picture(self, name: str) -> None:
        """Keep what the page looks like as a PNG, named after the browser too."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        image = base64.b64decode(self.wire.call("TakeScreenshot", full=False))
        (self.pictures / f"{self.wire.name}-{name}.png").write_bytes(image)


def lines_with(log: Path, pattern: str) -> list[str]:
    return [line for line in log.read_text(errors="replace").splitlines() if re.search(pattern, line)]


def until(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Wait for something that no page knows. Raises AssertionError that says `what` did not come."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} within {seconds} s"
        time.sleep(LOOK_SECONDS)
    return found
