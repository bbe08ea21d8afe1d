"""Somebody who visits a site through a proxy with a certificate of its own, by the name of the site."""

import json
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

TIMEOUT = 60.0


@dataclass
class HttpsVisitor:
    """A visitor with cookies. `host` is the name that is asked for; `certificate` is believed and no other.

    `address` is the address of this machine from which the visitor comes, such as 127.0.0.2.
    """

    host: str
    port: int
    certificate: Path
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    address: str = "127.0.0.1"

    def __post_init__(self) -> None:
        self._pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            self.port,
            ca_certs=str(self.certificate),
            server_hostname=self.host,
            assert_hostname=self.host,
            retries=False,
            timeout=TIMEOUT,
            source_address=(self.address, 0),
        )

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, preload: bool = True, **headers: str
    ) -> Any:
        """The answer to one request; redirects are not followed. `preload` False: its body is yet to be read."""
        all_headers = {
            "Host": self.host,
            "Referer": f"https://{self.host}/",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **self.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        answer = self._pool.urlopen(
            method, path, body=body, headers=all_headers, preload_content=preload, redirect=False
        )
        for line in answer.headers.getlist("Set-Cookie"):
            for name, cookie in SimpleCookie(line).items():
                if cookie["max-age"] == "0":  # it is taken away
                    self.cookies.pop(name, None)
                    continue
                self.cookies[name] = cookie.value
                assert cookie["secure"], f"The cookie {name} is not for https alone."
        return answer

    def get(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.headers.get("Location"))
        return str(answer.data.decode())

    def submit(self, path: str, **fields: str) -> Any:
        """Send the form of a page, with its CSRF token."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert token, path
        body = urlencode(fields | {"csrfmiddlewaretoken": token[1]}).encode()
        return self.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded")

    def order(self, prompt: str, **headers: str) -> Any:
        """Order by the API, with the CSRF token of the session where there is one."""
        body = json.dumps({"prompt": prompt, "duration": 5}).encode()
        if "csrftoken" in self.cookies:
            headers["X_CSRFToken"] = self.cookies["csrftoken"]
        return self.ask(
            "POST", "/api/v1/jobs", body, preload=True, Content_Type="application/json", **headers
        )

    def events(self, path: str, **headers: str) -> Generator[str, None, None]:
        """The lines of an event stream, each as soon as it has come. Who has heard enough closes it."""
        answer = self.ask("GET", path, None, preload=False, Accept="text/event-stream", **headers)
        assert answer.status == 200, answer.status
        left = b""
        try:
            while piece := answer.read1(1 << 16):
                *lines, left = (left + piece).split(b"\n")
                yield from (line.decode() for line in lines)
        finally:
            answer.close()
