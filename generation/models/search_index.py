"""The indexes by which tracks are found by their words, kept beside the migrations.

PostgreSQL finds pieces of text by their trigrams, for which it needs an extension that not everybody may install. On
SQLite the index of the library holds the words too, so that a search reads it from end to end in place of the rows,
which are ten times as wide. To change a table SQLite has Django make it anew, which forgets that; so after each
migration it is looked whether the index is as it should be.
"""

import logging
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

TRIGRAMS, BY_OWNER = "track_search", "track_by_owner"
_EXTENSION = "pg_trgm"
_OF_TRIGRAMS = "ON generation_track USING gin (search_text gin_trgm_ops) WHERE deleted_at IS NULL"
_OF_OWNER = f"CREATE INDEX {BY_OWNER} ON generation_track (%s) WHERE deleted_at IS NULL"
_ORDER = "owner_id, created_at DESC, id DESC"

logger = logging.getLogger(__name__)


def make_index(*, using: str, apps: Any, **_signal: Any) -> None:
    """Make the index where it is missing; the receiver of `post_migrate`."""
    if not any(field.name == "search_text" for field in apps.get_model("generation", "Track")._meta.fields):
        return
    connection = connections[using]
    if connection.vendor == "sqlite":
        _make_on_sqlite(connection, with_words=True)
    elif connection.vendor == "postgresql" and not _is_there(connection):
        _make_on_postgresql(connection)


def take_index_back(apps: Any, schema_editor: Any) -> None:
    """Leave the words out of it, before their column goes; of PostgreSQL's it goes with the column."""
    if schema_editor.connection.vendor == "sqlite":
        _make_on_sqlite(schema_editor.connection, with_words=False)


def _make_on_sqlite(connection: BaseDatabaseWrapper, *, with_words: bool) -> None:
    columns = f"{_ORDER}, search_text" if with_words else _ORDER
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [BY_OWNER])
        found = cursor.fetchone()
    if found is None or ("search_text" in found[0]) != with_words:
        with transaction.atomic(using=connection.alias):
            _execute(connection, f"DROP INDEX IF EXISTS {BY_OWNER}")
            _execute(connection, _OF_OWNER % columns)


def _make_on_postgresql(connection: BaseDatabaseWrapper) -> None:
    """Make the index without keeping anybody from writing, or say why that cannot be."""
    in_transaction = connection.in_atomic_block  # of a test
    aside = "" if in_transaction else "CONCURRENTLY"
    try:
        with transaction.atomic(using=connection.alias) if in_transaction else nullcontext():
            _execute(connection, f"CREATE EXTENSION IF NOT EXISTS {_EXTENSION}")
            # What is left of one that was interrupted is of no use.
            _execute(connection, f"DROP INDEX IF EXISTS {TRIGRAMS}")
            _execute(connection, f"CREATE INDEX {aside} {TRIGRAMS} {_OF_TRIGRAMS}")
    except DatabaseError as error:
        logger.warning(
            "Searching the libraries works, but without an index, which could not be made (%s). Have an "
            "administrator of the database run “CREATE EXTENSION %s;” in it, then migrate again.",
            str(error).strip().replace("\n", " "),
            _EXTENSION,
        )


def _is_there(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND indisvalid", [TRIGRAMS])
        return cursor.fetchone() is not None


def _execute(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
