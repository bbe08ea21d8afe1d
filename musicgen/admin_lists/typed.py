"""What somebody has typed into a search: an id or how it begins, an e-mail address, the id of a request or a call."""

import re
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.contrib.auth import get_user_model

# As many owners, or rows by an id that was typed in part, as are looked at.
MOST_FOUND = 1000
_DIGITS = 32
# An id alone, or as the admin and the logs call things by it: "Guest 1a2b3c4d", "Deleted track 1a2b3c4d".
_NAMES = "deleted|guest|job|owner|track|user|webhook|zip|id"
_ID = re.compile(rf"(?:(?:{_NAMES})[ _=:]+)*([0-9a-f-]{{8,36}})", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{8,120}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Typed:
    """A search, read. `ids` is the first and the last UUID that begin as what was typed, None where that is no id.

    `email` is an address, how one begins, or its host with the @, in small letters; `code` is one word that may be the
    id of a request or of a call. Each is empty where what was typed cannot be that.

    >>> Typed.of("Guest 1a2b3c4d").ids[0]
    UUID('1a2b3c4d-0000-0000-0000-000000000000')
    >>> Typed.of("Alice@example").email
    'alice@example'
    >>> Typed.of("rainy night").is_words
    True
    """

    text: str
    ids: tuple[UUID, UUID] | None = None
    email: str = ""
    code: str = ""

    @classmethod
    def of(cls, text: str) -> Self:
        text = text.strip().replace("\0", "")
        if "@" in text and len(text.split()) == 1:
            return cls(text, email=text.lower())
        code = text if _CODE.fullmatch(text) else ""
        return cls(text, ids=_ids_of(text.lower()), code=code)

    @property
    def is_words(self) -> bool:
        """Whether it is nothing but words."""
        return self.ids is None and not self.email and not self.code

    @property
    def is_sure(self) -> bool:
        """Whether it cannot be words: what does not find anything is found nowhere else."""
        return bool(self.email) or (self.ids is not None and self.ids[0] == self.ids[1])

    def owners(self) -> list[UUID]:
        """The ids of the users whom this names, by id or by e-mail: the first MOST_FOUND."""
        users = get_user_model()._base_manager.all()
        if self.email.startswith("@"):
            users = users.filter(email__isnull=False, email__endswith=self.email).order_by("email")
        elif self.email:
            users = users.filter(email__startswith=self.email).order_by("email")
        elif self.ids:
            users = users.filter(pk__range=self.ids).order_by("pk")
        else:
            return []
        return list(users.values_list("pk", flat=True)[:MOST_FOUND])

    def keys(self, rows: Any, path: str, *, key: str = "pk") -> list[Any]:
        """The keys of the rows in whose column at `path`, which has an index, the id stands that was typed.

        The first MOST_FOUND, ordered by that column: so no plan reads the table from end to end.
        """
        if self.ids is None:
            return []
        first, last = self.ids
        found = rows.filter(**{f"{path}__gte": first, f"{path}__lte": last}).order_by(path)
        return list(found.values_list(key, flat=True)[:MOST_FOUND])


def _ids_of(text: str) -> tuple[UUID, UUID] | None:
    found = _ID.fullmatch(text)
    digits = found[1].replace("-", "") if found else ""
    if not 8 <= len(digits) <= _DIGITS:
        return None
    return UUID(digits.ljust(_DIGITS, "0")), UUID(digits.ljust(_DIGITS, "f"))
