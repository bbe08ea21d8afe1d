"""The names of files in an archive: by title, safe on every system, each there once."""

import unicodedata

from generation.storage.disposition import file_name


class EntryNames:
    """Gives out names, such as "Rain.mp3" and then "Rain (2).mp3". Names that differ in case alone are one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def name_for(self, title: str, extension: str, folder: str = "") -> str:
        """A name for a file with this title; `folder` such as "audio/" comes before it."""
        stem = file_name(title)
        first = _folded(f"{folder}{stem}.{extension}")
        number = self._last.get(first, 0)
        while True:
            number += 1
            name = f"{folder}{stem}{f' ({number})' if number > 1 else ''}.{extension}"
            if _folded(name) not in self._taken:
                break
        self._last[first] = number
        self._taken.add(_folded(name))
        return name


def _folded(name: str) -> str:
    """Equal for names that are one file on systems that look at neither case nor how a letter is composed."""
    return unicodedata.normalize("NFKC", name).casefold()
