"""Migrations run while the old processes go on, which know nothing of what is new and need all that is old."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

from generation.models import Job
from musicgen.index_operations import AddIndexAside, RemoveIndexAside, add_aside

# From these on, upgrades are made while the site is in use. What came before was deployed otherwise.
FIRST = {"accounts": "0005", "generation": "0024"}
TAKING_AWAY = (
    operations.RemoveField,
    operations.RenameField,
    operations.DeleteModel,
    operations.RenameModel,
    operations.AlterModelTable,
)
LOCKING = (
    operations.AddField,
    operations.AlterField,
    operations.AddConstraint,
    operations.RemoveConstraint,
    operations.AddIndex,
    operations.RemoveIndex,
)
ASIDE = (AddIndexAside, RemoveIndexAside)
# With as many rows as people have made jobs: a lock on them while an index is made is noticed.
LARGE = {"job", "jobevent", "track", "rendition", "user"}


def migrations() -> Iterator[tuple[Migration, ProjectState]]:
    """Each migration of this project from FIRST on, with the state before it."""
    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in FIRST and name >= FIRST[app]:
            yield migration, loader.project_state((app, name), at_end=False)


def broken(migration: Migration, before: ProjectState) -> list[str]:
    """What in a migration stops the old processes, in a sentence each."""
    made = {each.name_lower for each in migration.operations if isinstance(each, operations.CreateModel)}
    found = [_why(each, migration, before, made) for each in migration.operations]
    locked = {
        each.model_name_lower
        for each in migration.operations
        if isinstance(each, LOCKING) and _changes_table(each, migration, before)
    }
    if migration.atomic and len(locked - made) > 1:
        names = ", ".join(sorted(locked - made))
        found.append(f"it locks {names} at once, and others in another order. Give each its own migration.")
    return [f"{migration.app_label}.{migration.name}: {sentence}" for sentence in found if sentence]


def _changes_table(operation: Operation, migration: Migration, before: ProjectState) -> bool:
    """Whether the database notices: choices and help texts are nothing to it."""
    if not isinstance(operation, operations.AlterField):
        return True
    was = before.models[migration.app_label, operation.model_name_lower].fields[operation.name_lower]
    return _columns(was) != _columns(operation.field)


def _columns(field: "models.Field[Any, Any]") -> tuple[object, ...]:
    _, path, arguments, options = field.deconstruct()
    return path, arguments, {name: options[name] for name in options if name not in field.non_db_attrs}


def _why(operation: Operation, migration: Migration, before: ProjectState, made: set[str]) -> str:
    if isinstance(operation, TAKING_AWAY):
        return f"{operation.describe()}, which old processes use. Let the upgrade after this one do it."
    if isinstance(operation, operations.AddField | operations.AlterField):
        model, field = operation.model_name_lower, operation.field
        if model in made or not _must_be_given(field):
            return ""
        known = before.models.get((migration.app_label, model))
        was = known.fields.get(operation.name_lower) if known else None
        if was is None or not _must_be_given(was):
            return f"{operation.describe()}, which old processes do not give. Give it a db_default."
    if isinstance(operation, ASIDE):
        if migration.atomic:
            return f"{operation.describe()} needs atomic = False."
        if not all(isinstance(each, ASIDE) for each in migration.operations):
            return f"{operation.describe()} beside what cannot be run twice. Give it a migration of its own."
    elif isinstance(operation, operations.AddIndex) and operation.model_name_lower in LARGE - made:
        return f"{operation.describe()} keeps others from writing meanwhile. Use AddIndexAside."
    return ""


def _must_be_given(field: "models.Field[Any, Any]") -> bool:
    """Whether an INSERT that does not name the column fails."""
    has_column = not field.many_to_many and not isinstance(field, models.GeneratedField)
    return has_column and not field.null and field.db_default is NOT_PROVIDED


def migration_of(*changes: Operation, is_atomic: bool = True) -> Migration:
    made = type("New", (Migration,), {"operations": changes, "atomic": is_atomic})
    return made("0099_new", "generation")


def test_no_migration_stops_the_old_processes():
    assert [sentence for each in migrations() for sentence in broken(*each)] == []


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        (operations.AddField("job", "mood", models.TextField(default="")), "Give it a db_default"),
        (operations.AlterField("job", "note", models.TextField(default="")), "Give it a db_default"),
        (operations.RemoveField("job", "note"), "which old processes use"),
        (operations.AddIndex("job", models.Index(fields=["note"], name="n")), "Use AddIndexAside"),
        (AddIndexAside("job", models.Index(fields=["note"], name="n")), "needs atomic = False"),
        (operations.AddField("job", "mood", models.TextField(null=True)), ""),
        (operations.AddField("job", "mood", models.TextField(db_default="")), ""),
        (operations.AlterField("job", "title", models.TextField()), ""),
    ],
)
def test_what_would_stop_them_is_found(operation: Operation, sentence: str):
    before = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("note", models.TextField(null=True)),
        ("title", models.CharField(max_length=9)),
    ]
    operations.CreateModel("Job", fields).state_forwards("generation", before)
    found = broken(migration_of(operation), before)
    assert len(found) == bool(sentence)
    assert sentence in "".join(found)


def test_one_table_is_changed_at_a_time():
    before = ProjectState()
    for name in ("Job", "Track"):
        kind = models.CharField(max_length=9, choices=[("a", "A")])
        operations.CreateModel(name, [("kind", kind)]).state_forwards("generation", before)
    changed = [operations.AddField(name, "mood", models.TextField(null=True)) for name in ("job", "track")]
    [sentence] = broken(migration_of(*changed), before)
    assert "it locks job, track at once" in sentence
    choices = operations.AlterField("track", "kind", models.CharField(max_length=9, choices=[("b", "B")]))
    assert broken(migration_of(changed[0], choices), before) == [], "choices are no part of the table"


def test_an_index_made_aside_stands_alone():
    aside = AddIndexAside("job", models.Index(fields=["note"], name="n"))
    assert broken(migration_of(aside, is_atomic=False), ProjectState()) == []
    harmless = operations.RunPython(operations.RunPython.noop)
    [sentence] = broken(migration_of(harmless, aside, is_atomic=False), ProjectState())
    assert "Give it a migration of its own" in sentence


@pytest.mark.django_db(transaction=True)
@pytest.mark.on_both
def test_an_index_that_is_there_is_passed_over_when_its_migration_is_run_again():
    [index] = [each for each in Job._meta.indexes if each.name == "job_waiting"]
    with connection.schema_editor(atomic=False) as editor:
        add_aside(editor, Job, index)
        editor.remove_index(Job, index)
        add_aside(editor, Job, index)
    with connection.cursor() as cursor:
        assert "job_waiting" in connection.introspection.get_constraints(cursor, Job._meta.db_table)
