"""The window of a list: its first rows, and no more, however many there are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
    `total` is the sum of the column that was asked for, over the window; None where no row has a value there.
    """

    keys: Sequence[Any]
    count: int
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
        columns = ["pk", summed or "pk", *(term.lstrip("-") for term in terms)]
        inner, params = _first(rows, order, columns, MOST_LISTED + 1)
        places = [f"k{place}{' DESC' if term.startswith('-') else ''}" for place, term in enumerate(terms, 2)]
        total = "SUM(k1) OVER ()" if summed else "NULL"
        begin = min((number - 1) * per_page, MOST_LISTED)
        end = min(begin + per_page, MOST_LISTED)
        with without_jit(rows.db), connections[rows.db].cursor() as cursor:
            cursor.execute(
                f"SELECT k0, COUNT(*) OVER (), {total} FROM ({inner}) listed "  # noqa: S608  # names of columns
                f"ORDER BY {', '.join(places)} LIMIT %s OFFSET %s",
                [*params, end - begin, begin],
            )
            found = cursor.fetchall()
        if not found:
            return cls([], 0)
        meta = rows.model._meta
        count, value = found[0][1:]
        total_of = meta.get_field(summed).to_python(value) if summed and value is not None else None
        return cls(
            [meta.pk.to_python(key) for key, *_ in found],
            AtLeast(MOST_LISTED) if count > MOST_LISTED else count,
            total_of,
        )

    @property
    def has_more(self) -> bool:
        """Whether the list goes on after the window."""
        return isinstance(self.count, AtLeast)


def with_words(rows: "models.QuerySet[Any]", words: Sequence[str], texts: Sequence[str], most: int) -> list[Any]:
    """The keys of those of the first MOST_LISTED rows that have every word, each in one of the texts; `most` of them.

    One query, which reads no other rows.
    """
    if not texts:
        return []
    connection = connections[rows.db]
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


def _first(
    rows: "models.QuerySet[Any]", order: Sequence[str], columns: Sequence[str], most: int
) -> tuple[str, Sequence[Any]]:
    """A statement for these columns of the first rows, as k0, k1 and so on; without an order in that of the rows."""
    names = {f"k{place}": F(column) for place, column in enumerate(columns)}
    ordered = rows.order_by(*order) if order else rows
    first = ordered.annotate(**names).values_list(*names)[:most]
    sql, params = first.query.get_compiler(rows.db, elide_empty=False).as_sql()
    return sql, params
