"""A page in Chromium that is only spoken to, and the memory of its process.

Playwright has the page's process keep all that the page fetches, which would be measured with it. So this page lies
outside of Playwright's contexts, and nothing is switched on in it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

_BUSY = "{ const began = performance.now(); while (performance.now() - began < 1000); }"
_PATIENCE_MS, _STEP_MS = 600_000, 250


class BarePage:
    """A page at an address, with the cookies of another, which also waits for it."""

    def __init__(self, browser: Browser, other: Page, url: str) -> None:
        self._session = browser.new_browser_cdp_session()
        self._other = other
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._session.on("Target.receivedMessageFromTarget", self._keep)
        keep = ("name", "value", "domain", "path")
        cookies = [{name: cookie[name] for name in keep} for cookie in other.context.cookies()]  # type: ignore[literal-required]
        self._session.send("Storage.setCookies", {"cookies": cookies})
        target = self._session.send("Target.createTarget", {"url": url})["targetId"]
        attached = self._session.send("Target.attachToTarget", {"targetId": target})
        self._id = attached["sessionId"]
        self._asked = 0
        self.wait("document.readyState === 'complete'")
        self._pid = self._busiest()

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, a promise awaited; None while nothing is loaded. Sound may begin."""
        self._asked += 1
        parameters = {
            "expression": expression,
            "awaitPromise": True,
            "returnByValue": True,
            "userGesture": True,
        }
        message = {"id": self._asked, "method": "Runtime.evaluate", "params": parameters}
        self._session.send(
            "Target.sendMessageToTarget", {"sessionId": self._id, "message": json.dumps(message)}
        )
        while self._asked not in self._answers:
            self._other.wait_for_timeout(_STEP_MS / 10)
        answer = self._answers.pop(self._asked)
        if "error" in answer:
            return None
        if "exceptionDetails" in answer["result"]:
            raise RuntimeError(f"{expression}: {answer}")
        return answer["result"]["result"].get("value")

    def wait(self, condition: str) -> None:
        """Return once a condition holds."""
        for _ in range(_PATIENCE_MS // _STEP_MS):
            if self.evaluate(condition):
                return
            self._other.wait_for_timeout(_STEP_MS)
        raise TimeoutError(condition)

    def memory(self) -> float:
        """MiB that the page's process has to itself (Linux)."""
        lines = Path(f"/proc/{self._pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024

    def _keep(self, event: Mapping[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message

    def _busiest(self) -> int:
        """The process that works when the page does: there are others, which show nothing."""
        before = self._cpu_seconds()
        self.evaluate(_BUSY)
        worked = {pid: seconds - before.get(pid, 0) for pid, seconds in self._cpu_seconds().items()}
        return max(worked, key=lambda pid: worked[pid])

    def _cpu_seconds(self) -> dict[int, float]:
        processes = self._session.send("SystemInfo.getProcessInfo")["processInfo"]
        return {process["id"]: process["cpuTime"] for process in processes if process["type"] == "renderer"}
