"""Debian's Firefox without a window, driven by Marionette, the WebDriver that is built into it: geckodriver, which
Debian 12 does not have, would only translate."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generation.tests.running_site import free_port

from .driver import until

NAMES = ("firefox-esr", "firefox")
PREFERENCES: dict[str, int | bool | str] = {
    "dom.w3c_touch_events.enabled": 1,
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "services.settings.server": "data:,",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
LOOKS: dict[str, dict[str, int | bool | str]] = {
    "light": {"layout.css.prefers-color-scheme.content-override": 1},
    "dark": {"layout.css.prefers-color-scheme.content-override": 0},
    "forced colours": {"browser.display.document_color_use": 2},
}
# As WebDriver BiDi does it: a window of Firefox cannot be as narrow as a phone.
RESIZE = """
  for (const [name, value] of Object.entries({ width: arguments[0], height: arguments[1] })) {
    for (const which of ["", "min-", "max-"]) {
      gBrowser.selectedBrowser.style.setProperty(which + name, `${value}px`);
    }
  }
"""
COMPLAINTS = """
  return Services.console.getMessageArray()
    .filter((said) => said instanceof Ci.nsIScriptError && !(said.flags & Ci.nsIScriptError.warningFlag))
    .filter((said) => said.sourceName.startsWith(arguments[0]))
    .map((said) => `${said.sourceName}:${said.lineNumber} ${said.errorMessage}`);
"""


class Marionette:
    """A connection to Firefox: each command and each answer is JSON, after its length and a colon."""

    name = "firefox"

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._reader = self._socket.makefile("rb")
        self._count = 0
        self._read()  # the greeting
        session = self._send("WebDriver:NewSession", capabilities={})
        self.version: str = session["capabilities"]["browserVersion"]

    def call(self, command: str, **parameters: Any) -> Any:
        return (self._send(f"WebDriver:{command}", **parameters) or {}).get("value")

    def _send(self, command: str, **parameters: Any) -> Any:
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"Firefox: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._reader.read(1)) != b":":
            if not byte:
                raise RuntimeError("Firefox has ended.")
            length += byte
        return json.loads(self._reader.read(int(length)))

    def resize(self, width: int, height: int) -> None:
        self._in_browser(RESIZE, width, height)

    def complaints(self, url: str) -> list[str]:
        found: list[str] = self._in_browser(COMPLAINTS, url)
        return found

    def _in_browser(self, script: str, *values: Any) -> Any:
        """Run a script in Firefox itself instead of in the page."""
        self._send("Marionette:SetContext", value="chrome")
        try:
            return self.call("ExecuteScript", script=script, args=list(values))
        finally:
            self._send("Marionette:SetContext", value="content")

    def quit(self) -> None:
        self._send("Marionette:Quit", flags=["eForceQuit"])
        self._socket.close()


@contextmanager
def firefox(folder: Path, look: str, sound: Mapping[str, str]) -> Iterator[Marionette]:
    """A Firefox with a profile of its own in `folder` and one of LOOKS, heard where `sound` says."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, "There is no Firefox here. On Debian: apt install firefox-esr (.ci/browsers does it)."
    port = free_port()
    folder.mkdir(parents=True)
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in {**PREFERENCES, **LOOKS[look], "marionette.port": port}.items()
    ]
    (folder / "user.js").write_text("\n".join(lines))
    log = folder / "firefox.log"
    options = ("--headless", "--no-remote", "--marionette", "--remote-allow-system-access")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [executable, *options, "--profile", str(folder)],
            env={
                **os.environ,
                **sound,
                "HOME": str(folder),
                "MOZ_HEADLESS_WIDTH": "1400",
                "MOZ_HEADLESS_HEIGHT": "1000",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: process.poll() is not None or _answers(port), "Firefox answers")
        assert process.poll() is None, f"Firefox did not start:\n{log.read_text(errors='replace')}"
        browser = Marionette(port)
        yield browser
        browser.quit()
    finally:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
