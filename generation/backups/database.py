"""The database into a folder and back: a copy of the file for SQLite, COPY of each table for PostgreSQL.

PostgreSQL's tables are read in one transaction that sees one moment, and written in one. So neither needs a program
beside this one, of the server's version or of any other.
"""

import gzip
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import User
from generation.backups.layout import BackupError, Manifest
from generation.models import Job

SQLITE_FILE = "db.sqlite3"
PIECE = 1 << 20


def save(folder: Path) -> Manifest:
    """Copy the database as it is at one moment. Raises BackupError and DatabaseError."""
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    save_tables = _save_sqlite if connection.vendor == "sqlite" else _save_postgresql
    tables = save_tables(folder)
    migrations = [list(pair) for pair in sorted(MigrationRecorder(connection).applied_migrations())]
    manifest = Manifest(made_at, connection.vendor, migrations, tables)
    manifest.write(folder)
    return manifest


def restore(folder: Path) -> Manifest:
    """Fill the database, which must be empty, with a copy, and migrate it to this code.

    Raises BackupError where it is not empty, or the copy is of another kind of database or of newer code.
    """
    manifest = Manifest.read(folder)
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"{folder} is a copy of {manifest.vendor}, and DATABASE_URL names {connection.vendor}."
        )
    _check_known(manifest)
    check_empty()
    if connection.vendor == "sqlite":
        _restore_sqlite(folder)
    else:
        _restore_postgresql(folder, manifest)
    call_command("migrate", verbosity=0, interactive=False)
    return manifest


def check_empty() -> None:
    """Raises BackupError where somebody has used this database."""
    there = set(connection.introspection.table_names())
    for model in (User, Job):
        if model._meta.db_table in there and model._base_manager.exists():
            raise BackupError(
                "The database is not empty, and nothing of it is overwritten. Name an empty one by DATABASE_URL."
            )


def _check_known(manifest: Manifest) -> None:
    known = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
    unknown = sorted({tuple(pair) for pair in manifest.migrations if pair[0] in _apps()} - known)
    if unknown:
        app, name = unknown[-1]
        raise BackupError(f"The copy was made by newer code, which has the migration {app}.{name}.")


def _apps() -> set[str]:
    return {config.label for config in apps.get_app_configs()}


def _save_sqlite(folder: Path) -> dict[str, dict[str, Any]]:
    with closing(sqlite3.connect(folder / SQLITE_FILE)) as copy, connection.cursor() as cursor:
        cursor.connection.backup(copy)
    (folder / SQLITE_FILE).chmod(0o600)
    return {}


def _restore_sqlite(folder: Path) -> None:
    connection.close()
    target = Path(connection.settings_dict["NAME"])
    target.parent.mkdir(parents=True, exist_ok=True)
    for beside in ("", "-wal", "-shm"):
        target.with_name(target.name + beside).unlink(missing_ok=True)
    shutil.copyfile(folder / SQLITE_FILE, target)
    target.chmod(0o600)


def _save_postgresql(folder: Path) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = _columns(cursor, table)
            if table == MigrationRecorder.Migration._meta.db_table:
                continue
            with (
                _packed(folder / f"{table}.gz", "xb") as file,
                cursor.copy(_copy(table, columns, "TO STDOUT")) as rows,
            ):
                for piece in rows:
                    file.write(piece)
            tables[table] = {"columns": columns, "rows": cursor.rowcount}
    return tables


def _restore_postgresql(folder: Path, manifest: Manifest) -> None:
    """As it was when the copy was made, tables and rows; what is newer in the code comes after."""
    latest = {app: name for app, name in manifest.migrations if app in _apps()}
    MigrationExecutor(connection).migrate(list(latest.items()))
    with transaction.atomic(), connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        tables = {table: described for table, described in manifest.tables.items() if table in there}
        names = ", ".join(connection.ops.quote_name(table) for table in tables)
        # What migrating has put in, such as content types, comes again with the numbers that rows refer to.
        cursor.execute(f"TRUNCATE {names}")
        for table, described in tables.items():
            with (
                _packed(folder / f"{table}.gz", "rb") as file,
                cursor.copy(_copy(table, described["columns"], "FROM STDIN")) as rows,
            ):
                while piece := file.read(PIECE):
                    rows.write(piece)
            if cursor.rowcount != described["rows"]:
                raise BackupError(
                    f"{folder / table}.gz has {cursor.rowcount} rows in place of {described['rows']}."
                )
        for statement in connection.ops.sequence_reset_sql(
            no_style(), list(apps.get_models(include_auto_created=True))
        ):
            cursor.execute(statement)


def _columns(cursor: Any, table: str) -> list[str]:
    """The columns of a table that are stored as they are, without those that the database works out."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attgenerated = '' ORDER BY attnum",
        [connection.ops.quote_name(table)],
    )
    return [name for (name,) in cursor.fetchall()]


def _copy(table: str, columns: list[str], direction: str) -> str:
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    return f"COPY {connection.ops.quote_name(table)} ({quoted}) {direction}"


@contextmanager
def _packed(path: Path, mode: str) -> Iterator[Any]:
    try:
        with gzip.open(path, mode, compresslevel=6) as file:
            yield file
    except (OSError, EOFError) as error:
        raise BackupError(f"{path} cannot be used: {error}.") from error
