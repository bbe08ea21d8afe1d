"""Audio that starts and then fails: its connection breaks after a few seconds of sound, however often one asks."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponseBase


def broken(folder: Path) -> Path:
    """While this file is in the site's folder its audio breaks; a byte in it for each time that audio was asked for."""
    return folder / "audio-breaks"


class BreakingAudioMiddleware:
    """Lets no byte through from behind the place at which audio breaks, a tenth of it."""

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
    left = int(begin[2]) // 10 - int(begin[1])
    for piece in pieces:
        if left <= 0:
            break
        yield piece[:left]
        left -= len(piece)
    raise ConnectionResetError("The audio breaks here, as the test asked.")
