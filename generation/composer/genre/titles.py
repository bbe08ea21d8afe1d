"""How genres are written."""

from .catalog import GENRES


def genre_title(name: str) -> str:
    """How a genre is written: "lofi" is "Lo-fi". An unknown name gets a capital."""
    known = GENRES.get(name)
    return known.title if known else name.replace("_", " ").replace("-", " ").capitalize()
