"""What a reader has heard, in the `id` of each event, which comes back as `Last-Event-ID` when it connects anew."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from generation.api.streams.states import DIGEST_BYTES

# So many states are remembered, the last ones; of more jobs at once some may be sent again.
MAX_STATES = 32
MAX_TEXT = 4 * (DIGEST_BYTES * (MAX_STATES + 1)) // 3


@dataclass(frozen=True, slots=True)
class Cursor:
    """The moment of the last event, and the digests of the states that had been sent by then.

    It says all that is needed to go on, so any process can, also after all of them were started anew.
    """

    at: datetime
    digests: frozenset[bytes]

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The cursor that was written so. None: it was not written by this site."""
        if not text or len(text) > MAX_TEXT:
            return None
        try:
            packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
            at = datetime.fromtimestamp(int.from_bytes(packed[:DIGEST_BYTES]) / 1000, UTC)
        except (binascii.Error, UnicodeEncodeError, ValueError, OverflowError, OSError):
            return None
        if len(packed) % DIGEST_BYTES:
            return None
        parts = (
            packed[start : start + DIGEST_BYTES] for start in range(DIGEST_BYTES, len(packed), DIGEST_BYTES)
        )
        return cls(at, frozenset(parts))


def cursor_text(at: datetime, digests: Iterable[bytes]) -> str:
    """The moment, to the millisecond, and the last of these digests, as letters that a header may have."""
    milliseconds = int(at.timestamp() * 1000).to_bytes(DIGEST_BYTES)
    return base64.urlsafe_b64encode(milliseconds + b"".join(list(digests)[-MAX_STATES:])).decode()
