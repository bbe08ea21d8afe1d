"""The sections that were asked for and that a piece does not have, by its plan."""

from ..brief import Brief
from ..genre.forms import VERSE_CHORUS, kind_for
from .compose import genre_of, plan_of


def missing_sections(brief: Brief) -> tuple[str, ...]:
    """A sentence for each of them: what the genre never has first, then what there is no room for."""
    wishes = [wish for wish in brief.structure.sections if wish != VERSE_CHORUS]
    if not wishes:
        return ()
    genre = genre_of(brief)
    planned = {section.kind for section in plan_of(brief, genre).sections}
    kinds = {wish: kind_for(genre, wish) for wish in wishes}
    strange = [wish for wish in wishes if wish != "drop" and not kinds[wish]]
    missing = [wish for wish in wishes if kinds[wish] and kinds[wish] not in planned]
    return (
        *(f"{genre.title} has no {wish} here; its form was kept." for wish in strange),
        *(f"{brief.duration:g} seconds at this tempo have no room for a {wish}." for wish in missing),
    )
