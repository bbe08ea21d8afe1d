"""How much of a file Chromium must have before it plays it: `python -m benchmarks.browser_start`.

A server sends so many bytes of a file and holds the rest back, 50 kB more each time that the browser has not begun. So
what is measured is what a listener on a slow line waits for, parts of the file that are asked for besides its beginning
among it. With a cover and without, in every format.
"""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import django
import numpy as np
from playwright.sync_api import Page

SECONDS, SAMPLE_RATE = 60, 48_000
STEP, PIECE = 50_000, 10_000
PLAYS_WITHIN_MS = 250
IS_PLAYING = """(milliseconds) => new Promise((resolve) => {
  const audio = document.querySelector("audio");
  const answer = () => resolve(audio.currentTime > 0.05);
  audio.addEventListener("timeupdate", answer, { once: true });
  setTimeout(answer, milliseconds);
})"""


class HeldBack:
    """A file of which only so many bytes are sent, whichever the browser asks for, until more are given."""

    def __init__(self, content: bytes, content_type: str) -> None:
        self.content, self.content_type = content, content_type
        self._left = 0
        self._more = threading.Condition()

    def give(self, count: int) -> None:
        with self._more:
            self._left += count
            self._more.notify_all()

    def pieces(self, start: int) -> Iterator[bytes]:
        """What follows from there on, as bytes are given; requests at the same time share them."""
        while start < len(self.content):
            with self._more:
                self._more.wait_for(lambda: self._left > 0)
                piece = self.content[start : start + min(self._left, PIECE)]
                self._left -= len(piece)
            yield piece
            start += len(piece)


def main() -> None:
    """Print a line a format: the size of the file, and how much of it plays, with a cover and without."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    django.setup()
    from generation.tests.browser import chromium

    files = _files()
    with chromium() as browser, _served(files) as address:
        print(
            f"{SECONDS} s at {SAMPLE_RATE // 1000} kHz, stereo; {browser.browser_type.name} {browser.version}"
        )
        print(f"{'format':<8}{'file kB':>10}{'with cover kB':>16}{'without kB':>13}")
        for name in sorted({name for name, _ in files}):
            with_cover, without = (
                _needed(browser.new_page(), f"{address}/{name}/{covered}", files[name, covered])
                for covered in (True, False)
            )
            size = len(files[name, True].content)
            print(f"{name:<8}{size // 1000:>10,}{with_cover // 1000:>16,}{without // 1000:>13,}", flush=True)


def _files() -> dict[tuple[str, bool], HeldBack]:
    """A noise over a tone in every format, with a cover and without."""
    from generation.audio.encode import encode
    from generation.audio.formats import FORMATS
    from generation.audio.tagging.retag import retag
    from generation.audio.tagging.tags import Tags
    from generation.audio.types import Audio
    from generation.covers.pixels import cover_jpeg

    seconds = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(1).standard_normal(len(seconds))
    samples = (0.3 * np.sin(2 * np.pi * 440 * seconds) + 0.05 * noise).astype(np.float32)
    cover = cover_jpeg("house", 1, "A minor")
    files = {}
    for name, audio_format in FORMATS.items():
        with tempfile.TemporaryFile() as untagged:
            encode(Audio(np.stack([samples, samples]), SAMPLE_RATE), name, untagged)
            for covered in (True, False):
                target = BytesIO()
                retag(name, untagged, target, Tags(title="Rain", cover=cover if covered else b""))
                files[name, covered] = HeldBack(target.getvalue(), audio_format.content_type)
    return files


@contextmanager
def _served(files: dict[tuple[str, bool], HeldBack]) -> Iterator[str]:
    """The address of a server that has each file under `/NAME/True` and `/NAME/False`, and a page under `/`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = Path(self.path).parts
            if len(parts) < 3:
                self._begin(200, "text/html")
                self.wfile.write(b"<audio></audio>")
                return
            file = files[parts[1], parts[2] == "True"]
            start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
            length = len(file.content)
            self._begin(
                206,
                file.content_type,
                ("Accept-Ranges", "bytes"),
                ("Content-Range", f"bytes {start}-{length - 1}/{length}"),
                ("Content-Length", str(length - start)),
            )
            try:
                for piece in file.pieces(start):
                    self.wfile.write(piece)
            except ConnectionError:  # the page is closed
                return

        def _begin(self, status: int, content_type: str, *headers: tuple[str, str]) -> None:
            self.send_response(status)
            for name, value in (("Content-Type", content_type), *headers):
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing between the lines of the table."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def _needed(page: Page, address: str, file: HeldBack) -> int:
    """How many bytes of the file are given when the browser begins to play it."""
    page.goto(address.rpartition("/")[0].rpartition("/")[0])
    page.evaluate("(source) => { document.querySelector('audio').src = source }", address)
    page.evaluate("() => { document.querySelector('audio').play() }")
    for given in range(STEP, 2 * len(file.content), STEP):
        file.give(STEP)
        if page.evaluate(IS_PLAYING, PLAYS_WITHIN_MS):
            page.close()
            return given
    raise SystemExit(f"{address} does not play at all.")


if __name__ == "__main__":
    main()
