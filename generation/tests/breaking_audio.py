"""Audio that starts and then fails: its connection breaks after a few seconds of sound, however often one asks."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponseBase

# Of a file: a browser wants more of it than its tags and cover before it plays anything.
BROKEN_PART = 5
PLAYS_SECONDS = 2


def broken(folder: Path) -> Path:
    """While this file is in the site's folder its audio breaks; a byte in it for each time that audio was asked for."""
    return folder / "audio-breaks"


class BreakingAudioMiddleware:
    """Lets no byte through from behind the place at which audio breaks, a fifth of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        asked = broken(Path(settings.VAR_DIR))
        is_audio = response.get("Content-Type", "").startswith("audio/")
        if is_audio and isinstance(response, FileResponse) and asked.exists():
            with asked.open("ab") as file:
                file.write(b".")
            response.streaming_content = _cut(
                response, list(cast(Iterable[bytes], response.streaming_content))
            )
        return response


def _cut(response: FileResponse, pieces: list[bytes]) -> Iterator[bytes]:
    length = int(response["Content-Length"])
    begin = re.match(r"bytes (\d+)-\d+/(\d+)", response.get("Content-Range", f"bytes 0-0/{length}"))
    assert begin
    left = int(begin[2]) // BROKEN_PART - int(begin[1])
    has_sound = left > 0
    for piece in pieces:
        if left <= 0:
            break
        yield piece[:left]
        left -= len(piece)
    if has_sound:
        # A browser that hears of the end at once plays nothing of it.
        time.sleep(PLAYS_SECONDS)
    raise ConnectionResetError("The audio breaks here, as the test asked.")
