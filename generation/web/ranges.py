"""Byte ranges (RFC 9110, section 14) over files that WhiteNoise's responder serves."""

import os
import re
from http import HTTPStatus
from typing import IO, Any
from wsgiref.headers import Headers

from django.utils.http import parse_etags
from whitenoise.responders import Response, SlicedFile, StaticFile

_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


class UnsatisfiableRange(Exception):
    """The range lies outside of the file."""


def byte_range(header: str, size: int) -> tuple[int, int]:
    """Return the first and last byte that a Range header asks of a file of `size` bytes.

    Raises ValueError for a header to be ignored (other units, several ranges, nonsense) and
    UnsatisfiableRange.
    """
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if not match or match[0] == "bytes=-":
        raise ValueError(f"{header!r} asks for no single range of bytes.")
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size - 1
    else:
        start, end = int(first), min(int(last or size), size - 1)
        if last and int(last) < start:
            raise ValueError(f"{header!r} ends before it starts.")
    if start >= size:
        raise UnsatisfiableRange
    return start, end


class RangedFile(StaticFile):
    """WhiteNoise's file responder, made fit for players.

    Added: ranges of one byte, If-Range, weak and listed entity tags, and a tag that tells two versions of
    the same size within the same second apart. HEAD ignores ranges.
    """

    def get_headers(self, headers_list: list[tuple[str, str]], files: dict[str | None, Any]) -> Headers:
        status = os.stat(files[None].path)
        tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        headers: Headers = super().get_headers(
            [*headers_list, ("ETag", tag), ("Accept-Ranges", "bytes")], files
        )
        self.last_modified_date = headers["Last-Modified"]
        return headers

    def get_response(self, method: str, request_headers: dict[str, Any]) -> Response:
        if method != "GET" or not self._range_holds(request_headers.get("HTTP_IF_RANGE")):
            request_headers = {key: value for key, value in request_headers.items() if key != "HTTP_RANGE"}
        return super().get_response(method, request_headers)

    def is_not_modified(self, request_headers: dict[str, Any]) -> bool:
        wanted = request_headers.get("HTTP_IF_NONE_MATCH")
        if wanted is None:
            return bool(super().is_not_modified(request_headers))
        return any(tag.removeprefix("W/") in ("*", self.etag) for tag in parse_etags(wanted))

    def get_range_response(
        self, range_header: str, base_headers: list[tuple[str, str]], file_handle: IO[bytes]
    ) -> Response:
        headers = Headers(list(base_headers))
        size = int(headers["Content-Length"] or 0)
        try:
            start, end = byte_range(range_header, size)
        except UnsatisfiableRange:
            return self.get_range_not_satisfiable_response(file_handle, size)
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        headers["Content-Length"] = str(end - start + 1)
        return Response(HTTPStatus.PARTIAL_CONTENT, headers.items(), SlicedFile(file_handle, start, end))

    def _range_holds(self, if_range: str | None) -> bool:
        """Whether the file is still the one that an If-Range header speaks of."""
        if if_range is None or if_range == self.etag:
            return True
        return bool(if_range == self.last_modified_date)
