"""The tag that S3 services give an object, worked out beforehand."""

import hashlib


class ETag:
    """What an object will be tagged with that is sent in parts of `part_size` bytes (None: in one piece).

    One piece has its MD5 in hex. Parts have the MD5 of their MD5s, a hyphen and their number. A service that
    encrypts, or that has ways of its own, tags differently.
    """

    def __init__(self, part_size: int | None) -> None:
        self._part_size = part_size
        self._part = hashlib.md5(usedforsecurity=False)
        self._room = part_size
        self._parts: list[bytes] = []

    def update(self, data: bytes) -> None:
        """Add what comes next, in pieces of any length."""
        if self._room is None:
            self._part.update(data)
            return
        left = memoryview(data)
        while left:
            piece, left = left[: self._room], left[self._room :]
            self._part.update(piece)
            self._room -= len(piece)
            if self._room == 0:
                self._next_part()

    def text(self) -> str:
        """Return the tag of all that was added."""
        if self._part_size is None:
            return self._part.hexdigest()
        if self._room != self._part_size:
            self._next_part()
        combined = hashlib.md5(b"".join(self._parts), usedforsecurity=False)
        return f"{combined.hexdigest()}-{len(self._parts)}"

    def _next_part(self) -> None:
        self._parts.append(self._part.digest())
        self._part = hashlib.md5(usedforsecurity=False)
        self._room = self._part_size
