"""The probe as a listener gets it: by its signed link, without keys, and not without the link."""

import re
from collections.abc import Callable

from generation.storage import content_disposition
from generation.storage.base import CACHE_CONTROL
from generation.storage.parameters import CONTENT_TYPE, DISPOSITION
from musicgen.outbound import Answer

from .network import Fetch
from .probe import Probe
from .steps import Outcome, failed, ok

TITLE = "Probe 夜の雨"
TYPE = "audio/x-probe"
FIRST, LAST = 100, 199
_CHANGED = "Look for a proxy or CDN in front of the storage that changes what passes, and go around it."


class Listener:
    """Somebody who follows links. `refused` explains an answer that should have been the audio."""

    def __init__(self, probe: Probe, fetch: Fetch, refused: Callable[[Answer], Outcome], closed: str) -> None:
        self._probe = probe
        self._fetch = fetch
        self._refused = refused
        self._closed = closed  # the hint where anybody may read

    def url(self) -> str:
        """The probe's signed link."""
        return self._probe.storage.url(self._probe.key)

    def bare_url(self) -> str:
        """The probe's address without its signature."""
        return self.url().partition("?")[0]

    def sign(self) -> Outcome:
        """Make the link."""
        self.url()
        return ok("the link is made without asking anybody")

    def listen(self) -> Outcome:
        """Follow the link."""
        answer = self._fetch(self.url(), {}, "GET")
        if answer.status != 200:
            return self._refused(answer)
        if answer.body != self._probe.content:
            return failed("what came is not what was stored", _CHANGED)
        return ok(f"{len(answer.body)} bytes")

    def headers(self) -> Outcome:
        """Compare type, lifetime and the name of the download with what was asked for."""
        plain = self._fetch(self.url(), {}, "GET").headers
        disposition = content_disposition(TITLE, "wav")
        named = self._probe.storage.url(self._probe.key, {DISPOSITION: disposition, CONTENT_TYPE: TYPE})
        answer = self._fetch(named, {}, "GET")
        if answer.status != 200:
            return self._refused(answer)
        for headers, name, wanted in (
            (plain, "Content-Type", "audio/wav"),
            (plain, "Cache-Control", CACHE_CONTROL),
            (answer.headers, "Content-Disposition", disposition),
            (answer.headers, "Content-Type", TYPE),
        ):
            if _normal(headers.get(name, "")) != _normal(wanted):
                return failed(f"{name} is “{headers.get(name, '')}”, not “{wanted}”", _CHANGED)
        return ok("type, cache and download's name")

    def seek(self) -> Outcome:
        """Ask for a part, as players do when somebody clicks into a track."""
        answer = self._fetch(self.url(), {"Range": f"bytes={FIRST}-{LAST}"}, "GET")
        wanted = f"bytes {FIRST}-{LAST}/{len(self._probe.content)}"
        if answer.status not in (200, 206):
            return self._refused(answer)
        if answer.status != 206 or answer.headers.get("Content-Range") != wanted:
            return failed("the whole came instead of the part", _CHANGED)
        if answer.body != self._probe.content[FIRST : LAST + 1]:
            return failed("another part came", _CHANGED)
        return ok("206 with the right part")

    def tamper(self) -> Outcome:
        """Alter the signature: nobody may get in so."""
        return self._kept_out(_tampered(self.url()), "with an altered signature")

    def ask_unsigned(self) -> Outcome:
        """Ask without a signature."""
        return self._kept_out(self.bare_url(), "without a signature")

    def _kept_out(self, url: str, how: str) -> Outcome:
        answer = self._fetch(url, {}, "GET")
        if answer.status < 400:
            return failed(f"anybody gets in {how} ({answer.status})", self._closed)
        if answer.status >= 500:
            return self._refused(answer)
        return ok(f"refused ({answer.status})")


def _tampered(url: str) -> str:
    """Return the link with the first character of its signature changed."""
    return re.sub(
        r"(?i)([?&](?:x-amz-)?signature=)(.)",
        lambda match: match[1] + ("1" if match[2] == "0" else "0"),
        url,
    )


def _normal(header: str) -> str:
    return header.replace(" ", "").lower()
