"""Debian's WebKitGTK: its MiniBrowser on a screen that nobody sees, driven by WebKitWebDriver."""

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generation.tests.running_site import free_port

from .driver import lines_with, until

DRIVER = "WebKitWebDriver"
MINI_BROWSERS = "webkit2gtk-4.*/MiniBrowser"
THEMES = {"light": "Adwaita", "dark": "Adwaita:dark"}
# Otherwise some pictures of a screen in memory are black.
SOFTWARE = {"WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
# Without it the buttons above the page would make the window wider than a phone.
NARROW = "* { min-width: 0; min-height: 0; margin: 0; padding: 0; border-width: 0; }"
# WebDriver's commands, by their names in Firefox.
COMMANDS = {
    "Navigate": ("POST", "/url"),
    "ExecuteScript": ("POST", "/execute/sync"),
    "PerformActions": ("POST", "/actions"),
    "ReleaseActions": ("DELETE", "/actions"),
    "SetWindowRect": ("POST", "/window/rect"),
    "TakeScreenshot": ("GET", "/screenshot"),
}
# A picture is of what is drawn next, and a page at rest draws nothing: so an outline that nobody sees goes on changing.
DRAW = """
  let turn = 0;
  window.drawing = setInterval(() => {
    turn += 1;
    document.documentElement.style.outline = `1px solid rgb(0 0 0 / ${1 + (turn % 2)}%)`;
  }, 40);
"""
REST = """
  clearInterval(window.drawing);
  document.documentElement.style.outline = "";
"""
SURROUNDINGS = "return [outerWidth - innerWidth, outerHeight - innerHeight]"


class WebKitSession:
    """A session of a WebKitWebDriver that listens on `port`."""

    name = "webkitgtk"

    def __init__(self, port: int, mini_browser: Path, log: Path) -> None:
        self._driver = f"http://127.0.0.1:{port}"
        self._log = log
        options = {
            "binary": str(mini_browser),
            "args": ["--automation", "--enable-write-console-messages-to-stdout=true"],
        }
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = self._request("POST", "/session", asked)
        self._path = f"/session/{session['sessionId']}"
        self.version: str = session["capabilities"]["browserVersion"]

    def call(self, command: str, **parameters: Any) -> Any:
        if command != "TakeScreenshot":
            return self._call(command, parameters)
        self._call("ExecuteScript", {"script": DRAW, "args": []})
        try:
            return self._call(command, parameters)
        finally:
            self._call("ExecuteScript", {"script": REST, "args": []})

    def _call(self, command: str, parameters: Mapping[str, Any]) -> Any:
        method, path = COMMANDS[command]
        return self._request(method, self._path + path, parameters if method == "POST" else None)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self._driver + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"WebKitGTK: {error.read().decode()}") from error

    def resize(self, width: int, height: int) -> None:
        beside, above = self.call("ExecuteScript", script=SURROUNDINGS, args=[])
        self.call("SetWindowRect", width=width + beside, height=height + above)

    def complaints(self, url: str) -> list[str]:
        return lines_with(self._log, r"CONSOLE \w+ ERROR")

    def quit(self) -> None:
        self._request("DELETE", self._path)


@contextmanager
def webkitgtk(folder: Path, look: str, sound: Mapping[str, str]) -> Iterator[WebKitSession]:
    """A MiniBrowser with a home of its own in `folder`, light or dark, heard where `sound` says."""
    mini_browser = next(iter(sorted(Path("/usr/lib").glob(f"*/{MINI_BROWSERS}"))), None)
    for there, package in (
        (shutil.which(DRIVER) and mini_browser, "webkit2gtk-driver"),
        (shutil.which("Xvfb"), "xvfb"),
    ):
        assert there, f"There is no {package} here. On Debian: apt install {package} (.ci/browsers does it)."
    assert mini_browser
    (folder / "gtk-3.0").mkdir(parents=True)
    (folder / "gtk-3.0" / "gtk.css").write_text(NARROW)
    log = folder / "webkitgtk.log"
    port = free_port()
    home = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(folder))
    with screen() as display, log.open("wb") as output:
        environment = {
            **os.environ,
            **home,
            **SOFTWARE,
            **sound,
            "DISPLAY": display,
            "GTK_THEME": THEMES[look],
        }
        with _ended_after([DRIVER, f"--port={port}"], environment, output):
            until(lambda: _is_ready(port), "WebKitWebDriver answers")
            session = WebKitSession(port, mini_browser, log)
            try:
                yield session
            finally:
                session.quit()


@contextmanager
def screen() -> Iterator[str]:
    """A screen in memory; its name for DISPLAY."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as names:
            number = names.readline().strip()
        assert number, "Xvfb did not start."
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def _ended_after(command: list[str], environment: Mapping[str, str], output: Any) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5) as answer:
            return bool(json.load(answer)["value"]["ready"])
    except OSError:
        return False
