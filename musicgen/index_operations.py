"""Migrations of indexes that keep nobody from writing, however large the table is.

Each of their statements stands for itself. What was interrupted is run again: indexes that are there are passed over.
So such a migration has nothing else in it, which could not be done twice.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Index, Model


def _aside(schema_editor: BaseDatabaseSchemaEditor) -> dict[str, bool]:
    connection = schema_editor.connection
    is_aside = connection.vendor == "postgresql" and not connection.in_atomic_block
    return {"concurrently": True} if is_aside else {}


def _drop_rest(schema_editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """Drop what an interrupted migration has left of this index: PostgreSQL keeps it, and uses it for nothing."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid", [name]
            )
            is_there = cursor.fetchone() is not None
        if is_there:
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")


def _is_there(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> bool:
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        return index.name in connection.introspection.get_constraints(cursor, model._meta.db_table)


def add_aside(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    """Make an index where it is missing, of a table of any app."""
    _drop_rest(schema_editor, index.name)
    if not _is_there(schema_editor, model, index):
        schema_editor.add_index(model, index, **_aside(schema_editor))


def remove_aside(schema_editor: BaseDatabaseSchemaEditor, model: type[Model], index: Index) -> None:
    """Drop one that `add_aside` has made, where it is there."""
    if _is_there(schema_editor, model, index):
        schema_editor.remove_index(model, index, **_aside(schema_editor))


class AddIndexAside(migrations.AddIndex):
    """Makes an index concurrently on PostgreSQL. The migration needs `atomic = False`; run again, it goes on."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            add_aside(schema_editor, model, self.index)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            remove_aside(schema_editor, model, self.index)


class RemoveIndexAside(migrations.RemoveIndex):
    """Drops an index concurrently on PostgreSQL. The migration needs `atomic = False`."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            remove_aside(schema_editor, model, index)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            schema_editor.add_index(model, index, **_aside(schema_editor))
