"""People who use the site: they order, follow their job in one of several ways, listen, and keep their library.

Each comes from an address of their own on the loopback network, with a browser's cookies; every second one uses an API
token too. They pause between two things as people do. Whatever a listener or reader could not be expected to put up
with is trouble: a status that the request should not have, a connection that breaks, a job that does not end.
"""

import json
import random
import re
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from benchmarks.load_records import Records
from generation.tests.https_visitor import HttpsVisitor
from generation.tests.proxies import HOST

LOGS_IN_WITH = "a long enough secret"
# Seconds of music: the least that the form offers, and a little more.
LENGTHS = (5, 6, 8, 10)
PROMPTS = ("rainy night lo-fi", "slow piano", "synthwave drive", "calm ambient pads", "funky bass groove")
ENDED = ("completed", "failed", "canceled")
JOB_SECONDS = 180.0
# After which a browser connects anew to a stream that has ended (`retry` in the stream).
RETRY_SECONDS = 2.0
LOOK_SECONDS = 2.0
RANGE = 64 * 1024
FORM = "application/x-www-form-urlencoded"


class Trouble(Exception):
    """Something that no user should see, noted already: whatever they were about is given up."""


@dataclass(frozen=True)
class Pace:
    """How long users go on, by `time.monotonic`, the seconds between two things they do, and within which all come."""

    until: float
    think_seconds: float
    arrive_seconds: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until


class User:
    """One person. Those with an even number have an account before, the others sign up, and each sixth is a guest."""

    def __init__(self, number: int, port: int, certificate: Path, records: Records, pace: Pace) -> None:
        self._number = number
        self._address = f"127.1.{number // 250}.{number % 250 + 1}"
        self._browser = HttpsVisitor(HOST, port, certificate, address=self._address)
        self._program: HttpsVisitor | None = None
        self._records = records
        self._pace = pace
        self._chance = random.Random(number)
        self._tracks: list[str] = []

    def visit(self) -> None:
        """Use the site until the time is up, and then see the last order to its end."""
        try:
            self._use()
        except Exception:
            self._records.note_trouble("user", f"{self._number} left: {traceback.format_exc()}")

    def _use(self) -> None:
        time.sleep(self._chance.uniform(0, self._pace.arrive_seconds))
        self._enter()
        while not self._pace.is_over:
            try:
                self._make_music()
                for _ in range(6):
                    if self._pace.is_over:
                        break
                    self._chance.choice(self._pastimes())()
            except Trouble:
                self._think()

    # --- coming in

    def _enter(self) -> None:
        while not self._pace.is_over:
            try:
                self._open("GET", "page: create", "/")
                if self._number % 6 != 5:
                    self._sign_up() if self._number % 2 else self._log_in()
                if self._number % 4 < 2 and self._number % 6 != 5:
                    self._get_token()
            except Trouble:
                self._think()
            else:
                return

    def _sign_up(self) -> None:
        self._open("GET", "page: sign up", "/accounts/signup/")
        fields = {"email": f"new{self._number}@example.org", "password1": LOGS_IN_WITH}
        self._send("sign up", "/accounts/signup/", fields)

    def _log_in(self) -> None:
        self._open("GET", "page: log in", "/accounts/login/")
        self._send("log in", "/accounts/login/", {"login": email_of(self._number), "password": LOGS_IN_WITH})

    def _get_token(self) -> None:
        body = {"name": "load", "scopes": ["read", "write"]}
        token = self._call("POST", "API: make a token", "tokens", body, expect=(201,)).json()
        headers = {"Authorization": f"Bearer {token['secret']}"}
        browser = self._browser
        self._program = HttpsVisitor(
            HOST, browser.port, browser.certificate, headers=headers, address=self._address
        )

    # --- music

    def _make_music(self) -> None:
        """Order, follow the job by one way or another, and listen."""
        order = {"prompt": self._chance.choice(PROMPTS), "duration": self._chance.choice(LENGTHS)}
        began = time.monotonic()
        if self._program is None or self._chance.random() < 0.5:
            job_id = self._order_by_page(order)
            follow = self._chance.choice([self._hear_all, self._poll_card])
        else:
            job_id = self._order_by_api(order)
            follow = self._chance.choice([self._poll, self._wait, self._hear_one])
        self._records.orders.append(job_id)
        follow(job_id)
        self._records.ended_after.append(time.monotonic() - began)
        job = self._call("GET", "API: a job", f"jobs/{job_id}").json()
        if job["status"] != "completed":
            raise self._fail("order", f"job {job_id} is {job['status']}: {job['error']}")
        track_id = job["tracks"][0]["id"]
        self._tracks.append(track_id)
        self._listen(track_id)

    def _order_by_page(self, order: dict[str, Any]) -> str:
        self._open("GET", "page: create", "/")
        self._think()
        fields = {"prompt": order["prompt"], "duration": "custom", "seconds": str(order["duration"])}
        location = str(self._send("order by page", "/", fields).headers["Location"])
        found = re.search(r"[?]job=([0-9a-f-]+)", location)
        if found is None:
            raise self._fail("order by page", f"led to {location}")
        return found[1]

    def _order_by_api(self, order: dict[str, Any]) -> str:
        self._think()
        return str(self._call("POST", "API: order", "jobs", order, expect=(202,)).json()["id"])

    def _poll(self, job_id: str) -> None:
        for _ in self._looks(job_id):
            answer = self._call("GET", "API: poll a job", f"jobs/{job_id}")
            if answer.json()["status"] in ENDED:
                return
            time.sleep(float(answer.headers["Retry-After"]))

    def _wait(self, job_id: str) -> None:
        for _ in self._looks(job_id):
            answer = self._call("GET", "API: Prefer: wait=20", f"jobs/{job_id}", Prefer="wait=20")
            if answer.json()["status"] in ENDED:
                return
            if answer.headers["Preference-Applied"] == "wait=0":
                time.sleep(float(answer.headers["Retry-After"]))

    def _hear_one(self, job_id: str) -> None:
        self._hear(job_id, f"/api/v1/jobs/{job_id}/events", self._program or self._browser)

    def _hear_all(self, job_id: str) -> None:
        self._hear(job_id, "/api/v1/events", self._browser)
        self._open("GET", "page: card of a job", f"/jobs/{job_id}/card")

    def _hear(self, job_id: str, path: str, visitor: HttpsVisitor) -> None:
        """Listen to a stream until it tells the end of the job. Where it ends before, connect anew, as browsers do."""
        last: dict[str, str] = {}
        for _ in self._looks(job_id):
            for name, value in self._events(path, visitor, last):
                if name == "id":
                    last = {"Last_Event_ID": value}
                elif name == "data":
                    state = json.loads(value)
                    if state["id"] == job_id and state["status"] in ENDED:
                        return
            time.sleep(RETRY_SECONDS)

    def _events(self, path: str, visitor: HttpsVisitor, last: dict[str, str]) -> Iterator[tuple[str, str]]:
        """The fields of the events of a stream, until it ends."""
        began, is_first = time.perf_counter(), True
        try:
            with closing(visitor.events(path, **last)) as lines:
                for line in lines:
                    if is_first:
                        self._records.note("stream: first line", time.perf_counter() - began)
                        is_first = False
                    name, _, value = line.partition(": ")
                    yield name, value
        except (urllib3.exceptions.HTTPError, AssertionError) as error:
            raise self._fail("stream", f"{path}: {type(error).__name__}: {error}") from error

    def _poll_card(self, job_id: str) -> None:
        """As a page does that hears no stream: the card has no address to ask again once the music is there."""
        seen = ""
        for _ in self._looks(job_id):
            path = f"/jobs/{job_id}/card?seen={seen}"
            answer = self._open("GET", "page: poll a card", path, expect=(200, 204))
            card = answer.data.decode()
            if answer.status == 200:
                again = re.search(rf'hx-get="/jobs/{job_id}/card[?]seen=([^"&]*)"', card)
                if again is None:  # the music is there; that the job is done is said a moment later
                    self._poll(job_id)
                    return
                seen = again[1]
            time.sleep(LOOK_SECONDS)

    def _looks(self, job_id: str) -> Iterator[None]:
        end = time.monotonic() + JOB_SECONDS
        while time.monotonic() < end:
            yield
        job = self._call("GET", "API: a job", f"jobs/{job_id}").json()
        what = f"job {job_id} is still {job['status']} for its user after {JOB_SECONDS:.0f} s"
        raise self._fail("order", what)

    def _listen(self, track_id: str) -> None:
        """Play as a browser does: ask for all, and for what lies behind where the listener jumps to."""
        self._think()
        format_name = self._chance.choice(["wav", "mp3"])
        address = self._address_of(track_id, format_name)
        first = self._fetch("audio: first range", address, "bytes=0-")
        size = len(first.data)
        start = self._chance.randrange(size)
        self._fetch("audio: a range", address, f"bytes={start}-{min(size, start + RANGE) - 1}")

    def _address_of(self, track_id: str, format_name: str) -> str:
        path = f"tracks/{track_id}/audio-url?format={format_name}"
        end = time.monotonic() + JOB_SECONDS
        while True:
            answer = self._call("GET", "API: address of audio", path, expect=(200, 202))
            if answer.status == 200:
                address = urlsplit(answer.json()["url"])
                return f"{address.path}?{address.query}"
            if time.monotonic() > end:
                raise self._fail("audio", f"no {format_name} of {track_id} after {JOB_SECONDS:.0f} s")
            time.sleep(answer.json()["retry_after"])

    def _fetch(self, kind: str, address: str, part: str) -> Any:
        return self._ask(self._browser, "GET", kind, address, expect=(206,), Range=part)

    # --- the library

    def _pastimes(self) -> list[Callable[[], Any]]:
        return [self._browse, self._search, self._look, self._like, self._rename, self._delete]

    def _browse(self) -> None:
        if self._program and self._chance.random() < 0.5:
            self._call("GET", "API: list tracks", "tracks?page_size=20")
        else:
            self._open("GET", "page: library", "/library/")

    def _search(self) -> None:
        words = urlencode({"q": self._chance.choice(PROMPTS).split()[0]})
        if self._program and self._chance.random() < 0.5:
            self._call("GET", "API: search", f"tracks?{words}")
        else:
            self._open("GET", "page: search", f"/library/?{words}")

    def _look(self) -> None:
        if track_id := self._some_track():
            self._open("GET", "page: track", f"/tracks/{track_id}/")

    def _like(self) -> None:
        if track_id := self._some_track():
            if self._program:
                self._call("PATCH", "API: like", f"tracks/{track_id}", {"favorite": True})
            else:
                self._send("like", f"/tracks/{track_id}/like", {"favorite": "1"})

    def _rename(self) -> None:
        if track_id := self._some_track():
            title = f"Number {self._chance.randrange(1000)}"
            if self._program:
                self._call("PATCH", "API: rename", f"tracks/{track_id}", {"title": title})
            else:
                self._send("rename", f"/tracks/{track_id}/rename", {"title": title})

    def _delete(self) -> None:
        if len(self._tracks) < 2:
            return
        track_id = self._tracks.pop(self._chance.randrange(len(self._tracks)))
        if self._program and self._chance.random() < 0.5:
            self._call("DELETE", "API: delete", f"tracks/{track_id}", expect=(204,))
        else:
            self._send("delete", f"/tracks/{track_id}/delete", {})

    def _some_track(self) -> str | None:
        return self._chance.choice(self._tracks) if self._tracks else None

    # --- asking

    def _think(self) -> None:
        time.sleep(self._chance.uniform(0.5, 1.5) * self._pace.think_seconds)

    def _open(self, method: str, kind: str, path: str, *, expect: Collection[int] = (200,)) -> Any:
        """Ask for a page, after a pause."""
        if not kind.startswith("page: poll"):
            self._think()
        return self._ask(self._browser, method, kind, path, expect=expect, Accept="text/html")

    def _send(self, kind: str, path: str, fields: dict[str, str]) -> Any:
        """Send a form, after a pause. All that succeed lead on."""
        self._think()
        body = urlencode(fields | {"csrfmiddlewaretoken": self._browser.cookies["csrftoken"]}).encode()
        kind = f"form: {kind}"
        return self._ask(self._browser, "POST", kind, path, body, expect=(302,), Content_Type=FORM)

    def _call(
        self,
        method: str,
        kind: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expect: Collection[int] = (200,),
        **headers: str,
    ) -> Any:
        """Call the API: by the token where there is one, else as the pages' scripts do."""
        visitor = self._program or self._browser
        if body is not None:
            headers["Content_Type"] = "application/json"
        if visitor is self._browser:
            headers["X_CSRFToken"] = visitor.cookies["csrftoken"]
        content = None if body is None else json.dumps(body).encode()
        return self._ask(visitor, method, kind, f"/api/v1/{path}", content, expect=expect, **headers)

    def _ask(
        self,
        visitor: HttpsVisitor,
        method: str,
        kind: str,
        path: str,
        body: bytes | None = None,
        *,
        expect: Collection[int],
        **headers: str,
    ) -> Any:
        """The answer, read to its end. Raises Trouble."""
        began = time.perf_counter()
        try:
            answer = visitor.ask(method, path, body, preload=True, **headers)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._fail(kind, f"{method} {path}: {type(error).__name__}: {error}") from error
        self._records.note(kind, time.perf_counter() - began)
        if answer.status not in expect:
            words = re.sub(r"\s+", " ", answer.data[:300].decode(errors="replace"))
            raise self._fail(kind, f"{answer.status} to {method} {path}: {words}")
        return answer

    def _fail(self, kind: str, what: str) -> Trouble:
        """Note what went wrong, and return what to raise."""
        self._records.note_trouble(kind, what)
        return Trouble(what)


def email_of(number: int) -> str:
    """The account that a user has before."""
    return f"user{number}@example.org"
