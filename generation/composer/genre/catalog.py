"""All genres by name, read from the TOML files in `files/` at first use."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable

from .file import parse_genre
from .tables import GenreFileError
from .types import Genre


def file_name(genre: str) -> str:
    """The file of a genre: "hip hop" lies in hip_hop.toml."""
    return f"{genre.replace(' ', '_')}.toml"


def read_genres(folder: Traversable) -> dict[str, Genre]:
    """The genres of a folder's TOML files by name, in the order of their files.

    Raises GenreFileError where a file is wrong, or called otherwise than its genre.
    """
    genres: dict[str, Genre] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            genre = parse_genre(file.read_text(encoding="utf-8"), file.name)
            if file_name(genre.name) != file.name:
                raise GenreFileError(f"{file.name}: name: {genre.name!r} is not the file's name")
            genres[genre.name] = genre
    return genres


class _Library(Mapping[str, Genre]):
    """Genres by name, read from their files at first use."""

    @cached_property
    def _genres(self) -> dict[str, Genre]:
        return read_genres(resources.files(__package__).joinpath("files"))

    def __getitem__(self, name: str) -> Genre:
        return self._genres[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._genres)

    def __len__(self) -> int:
        return len(self._genres)


GENRES: Mapping[str, Genre] = _Library()
