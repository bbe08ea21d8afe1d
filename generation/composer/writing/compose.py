"""Composes: from a brief to a score, with its version and its hash."""

from hashlib import blake2b

from ..brief import Brief
from ..genre.catalog import GENRES
from ..genre.density import with_density
from ..genre.forms import with_form
from ..genre.guests import with_guests
from ..genre.metres import in_metre
from ..genre.types import Genre
from ..metre import FOUR_FOUR
from ..score import Part, Score, Section
from ..shade import PLAIN
from .arrange import write_parts
from .casting import cast, seats, solo_seats
from .harmony import write_chart
from .piece import Piece
from .plan import Plan, write_plan

SCORE_VERSION = 4
"""Goes up, once for each release, with changes that make another score of the same prompt, seed and settings, or
another sound of the same score.

Tracks remember it: only of the present version's can MIDI and stems be made again.
"""

_DECIMALS = 6


def plan_piece(brief: Brief) -> Piece:
    """The plan, chords and cast of a brief's piece, before anyone plays."""
    genre = genre_of(brief)
    plan = plan_of(brief, genre)
    return Piece(
        genre=genre,
        seed=brief.seed,
        energy=brief.energy,
        plan=plan,
        chart=write_chart(genre, plan, seed=brief.seed, tonic=brief.tonic, mode=brief.mode),
        casting=cast(
            genre,
            seed=brief.seed,
            energy=brief.energy,
            wanted=brief.wanted,
            without=frozenset(brief.without),
            only=brief.only,
            prefers=brief.prefers,
        ),
        structure=brief.structure,
        density=brief.shade.density,
        asked=frozenset(_seats(brief, genre)),
    )


def compose(brief: Brief) -> Score:
    """The score of a brief: the same brief always gives the same score, on every machine."""
    piece = plan_piece(brief)
    plan = piece.plan
    return Score(
        genre=brief.genre,
        seed=brief.seed,
        duration=brief.duration,
        bpm=plan.bpm,
        tonic=brief.tonic,
        mode=brief.mode,
        swing=plan.swing,
        bars=plan.bars,
        tail=plan.tail,
        sections=_sections(piece, plan),
        parts=write_parts(piece),
        shade=brief.shade,
        metre=plan.metre,
    )


def genre_of(brief: Brief) -> Genre:
    """The brief's genre as it was asked for: with guests, and the form."""
    genre = in_metre(GENRES[brief.genre], brief.metre)
    genre = with_guests(genre, _seats(brief, genre))
    return with_form(with_density(genre, brief.shade.density), brief.structure)


def plan_of(brief: Brief, genre: Genre) -> Plan:
    """The plan of a brief's piece. `genre` is that of `genre_of`."""
    return write_plan(genre, seed=brief.seed, duration=brief.duration, bpm=brief.bpm)


def _seats(brief: Brief, genre: Genre) -> dict[str, str]:
    """The roles whose instrument was asked for."""
    if brief.only:
        return solo_seats(genre, brief.only)
    return seats(genre, brief.wanted, frozenset(brief.without))


def _sections(piece: Piece, plan: Plan) -> tuple[Section, ...]:
    return tuple(
        Section(
            name=section.kind,
            start_bar=section.start_bar,
            bars=section.bars,
            energy=round(min(1.0, piece.energy_of(section) * (0.85 + 0.3 * piece.energy)), 3),
        )
        for section in plan.sections
    )


def score_hash(score: Score) -> str:
    """A fingerprint of everything in a score, the same on every machine: 32 hexadecimal digits."""
    lines = [
        f"{score.genre} {score.seed} {_text(score.duration, score.bpm, score.swing, score.tail)}",
        f"{score.tonic} {score.mode} {score.bars}",
    ]
    lines += [
        f"section {section.name} {section.start_bar} {section.bars} {_text(section.energy)}"
        for section in score.sections
    ]
    if score.metre != FOUR_FOUR:
        lines.append(score.metre.name)
    if score.shade != PLAIN:
        lines.append(str(score.shade))
    for part in score.parts:
        lines += [f"part {part.role} {part.instrument}", *_note_lines(part)]
    return blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()


def _note_lines(part: Part) -> list[str]:
    return [
        f"{_text(note.start, note.length)} {note.pitch} {note.velocity} {note.voice}" for note in part.notes
    ]


def _text(*numbers: float) -> str:
    return " ".join(f"{number:.{_DECIMALS}f}" for number in numbers)
