"""The window of a list: its first rows, and no more, however many there are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from django.db import connections, models, transaction
from django.db.models import F
from django.utils.formats import number_format

MOST_LISTED = 10_000


class AtLeast(int):
    """A number of rows that were counted no further: 10,000 is written "10,000+"."""

    def __str__(self) -> str:
        return f"{number_format(int(self), force_grouping=True)}+"

    def __html__(self) -> str:  # how Django's templates write a number
        return str(self)


@dataclass(frozen=True)
class Window:
    """One page of the first MOST_LISTED rows of a list, and what is known of all of these.

    `keys` are the page's, none where there is no such page. `count` is how many rows there are, or AtLeast MOST_LISTED.
    `last` is the time of the last row of a window that is ordered by a time and that the list goes on after. `total` is
    the sum of the column that was asked for, over the window; None where no row has a value there.
    """

    keys: Sequence[Any]
    count: int
    last: datetime | None = None
    total: Decimal | None = None

    @classmethod
    def page(
        cls,
        rows: "models.QuerySet[Any]",
        order: Sequence[str],
        *,
        number: int,
        per_page: int,
        sorted_by: Sequence[str] = (),
        summed: str = "",
    ) -> Self:
        """Read page `number`, from 1, of the window of these rows, in an order that an index has. One query.

        With `sorted_by` the rows of the window are sorted by that, which needs no index.
        """
        terms = [*(sorted_by or order)]
        inner, params = _first(rows, order, ["pk", summed or "pk", *map(_column, terms)], MOST_LISTED + 1)
        places = ", ".join(
            f"k{place}{' DESC' if term.startswith('-') else ''}" for place, term in enumerate(terms, 2)
        )
        begin = min((number - 1) * per_page, MOST_LISTED)
        end = min(begin + per_page, MOST_LISTED)
        meta = rows.model._meta
        field = meta.pk if _column(terms[0]) == "pk" else meta.get_field(_column(terms[0]))
        by_time = isinstance(field, models.DateTimeField) and not sorted_by
        within = f"CASE WHEN place <= {MOST_LISTED} THEN"
        total = f"SUM({within} k1 END) OVER ()" if summed else "NULL"
        least = f"MIN({within} k2 END) OVER ()" if by_time else "NULL"
        with without_jit(rows.db), connections[rows.db].cursor() as cursor:
            cursor.execute(
                f"SELECT k0, COUNT(*) OVER (), {least}, {total} FROM "  # noqa: S608  # columns
                f"(SELECT k0, k1, k2, ROW_NUMBER() OVER (ORDER BY {places}) place FROM ({inner}) listed) placed "
                "ORDER BY place LIMIT %s OFFSET %s",
                [*params, end - begin, begin],
            )
            found = cursor.fetchall()
        if not found:
            return cls([], 0)
        count, earliest, value = found[0][1:]
        has_more = count > MOST_LISTED
        return cls(
            keys=[meta.pk.to_python(key) for key, *_ in found],
            count=AtLeast(MOST_LISTED) if has_more else count,
            last=_moment(field.to_python(earliest)) if has_more and by_time else None,
            total=meta.get_field(summed).to_python(value) if summed and value is not None else None,
        )

    @property
    def has_more(self) -> bool:
        """Whether the list goes on after the window."""
        return isinstance(self.count, AtLeast)


def with_words(
    rows: "models.QuerySet[Any]", words: Sequence[str], texts: Sequence[str], most: int
) -> list[Any]:
    """The keys of those of the first MOST_LISTED rows that have every word, each in one of the texts; `most` of them.

    One query, which reads no other rows.
    """
    if not texts:
        return []
    connection: Any = connections[rows.db]
    inner, params = _first(rows, [], ["pk", *texts], MOST_LISTED)
    text = connection.ops.lookup_cast("icontains")
    column = " OR ".join(
        f"{text % f'k{place}'} {connection.operators['icontains']}" for place in range(1, len(texts) + 1)
    )
    sought = [f"%{connection.ops.prep_for_like_query(word)}%" for word in words for _ in texts]
    wanted = " AND ".join([f"({column})"] * len(words))
    with without_jit(rows.db), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT k0 FROM ({inner}) listed WHERE {wanted} LIMIT %s",  # noqa: S608  # names of columns
            [*params, *sought, most],
        )
        return [rows.model._meta.pk.to_python(key) for (key,) in cursor.fetchall()]


def counted(rows: "models.QuerySet[Any]") -> int:
    """How many rows there are, or AtLeast MOST_LISTED."""
    with without_jit(rows.db):
        found = rows.order_by()[: MOST_LISTED + 1].count()
    return AtLeast(MOST_LISTED) if found > MOST_LISTED else found


@contextmanager
def without_jit(using: str) -> Iterator[None]:
    """Reads for which PostgreSQL makes no machine code.

    Where a filter finds little, a read is thought to take so long that compiling it would pay; that alone takes longer
    than the read.
    """
    if connections[using].vendor != "postgresql":
        yield
        return
    with transaction.atomic(using=using, savepoint=False):
        with connections[using].cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
        yield


def _column(term: str) -> str:
    return term.removeprefix("-")


def _moment(value: datetime | None) -> datetime | None:
    """SQLite keeps times without a zone, as those of UTC."""
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _first(
    rows: "models.QuerySet[Any]", order: Sequence[str], columns: Sequence[str], most: int
) -> tuple[str, Sequence[Any]]:
    """A statement for these columns of the first rows, as k0, k1 and so on; without an order in that of the rows."""
    names = {f"k{place}": F(column) for place, column in enumerate(columns)}
    ordered = rows.order_by(*order) if order else rows
    first = ordered.annotate(**names).values_list(*names)[:most]
    sql, params = first.query.get_compiler(rows.db, elide_empty=False).as_sql()
    return sql, params
