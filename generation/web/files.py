"""Audio that lies on this machine, served to whoever holds a signed link, as a bucket would."""

from typing import Any, cast

from django.core.files.storage import storages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_safe
from whitenoise.responders import NotARegularFileError, Response

from generation.storage import LocalAudioStorage
from generation.storage.base import CACHE_CONTROL
from generation.storage.links import LinkRefused, opened_link
from generation.storage.names import content_type_of
from generation.storage.parameters import CONTENT_TYPE, DISPOSITION
from generation.tracks.delivery import address_after_move

from .ranges import RangedFile


@require_safe
def local_audio(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve the audio of a link made by `LocalAudioStorage.url`, all of it or the range that was asked for.

    The signature is all the authority there is: 403 without a good one, 404 where the audio is gone. A player that
    is in the middle of audio which is moved meanwhile is sent after it.
    """
    try:
        parameters = opened_link(name, request.GET)
    except LinkRefused as refusal:
        return _plain_text(403, str(refusal))
    storage = cast(LocalAudioStorage, storages["local"])
    try:
        file = RangedFile(storage.path(name), _headers(name, parameters))
        return _answered(file.get_response(cast(str, request.method), request.META))
    except (NotARegularFileError, FileNotFoundError):
        return _redirected(name, parameters)


class _StreamedFile(FileResponse):
    """A file sent in pieces under exactly the headers that it is given."""

    block_size = 1 << 16

    def set_headers(self, filelike: Any) -> None:
        """Leave the headers to the responder, which knows of ranges."""


def _redirected(name: str, parameters: dict[str, str]) -> HttpResponse:
    """Send whoever holds a link to audio that has moved to where it lies now."""
    address = address_after_move(name, parameters)
    if address is None:
        return _plain_text(404, "This audio is not here any more: its track was deleted.")
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "no-store"
    return response


def _headers(name: str, parameters: dict[str, str]) -> list[tuple[str, str]]:
    headers = [
        ("Content-Type", parameters.get(CONTENT_TYPE, content_type_of(name))),
        ("Cache-Control", CACHE_CONTROL),
    ]
    if DISPOSITION in parameters:
        headers.append(("Content-Disposition", parameters[DISPOSITION]))
    return headers


def _answered(answer: Response) -> HttpResponseBase:
    response = HttpResponse() if answer.file is None else _StreamedFile(answer.file)
    response.status_code = answer.status
    del response["Content-Type"]
    for header, value in answer.headers:
        response[header] = value
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _plain_text(status: int, sentence: str) -> HttpResponse:
    response = HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
