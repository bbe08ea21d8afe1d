"""How a run of tests is put together, for all rooms: which tests it has, in which order, and which stay together."""

import gc
import shutil
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.scheduler import LoadFileScheduling

from generation.tests.running_site import migrated
from generation.tests.shared_sites import SITES, end_all_but, end_what_a_module_does_not_use
from musicgen.logging import NONE, job_id, request_id

FOR_DATABASE = "--for-database"
IN_OTHER_BROWSERS = "--in-other-browsers"
# Beside a run on the other database, what that one shows need not be shown again.
SHOWN_BESIDE = {
    "--beside-postgresql": "postgresql_is_enough",
    "--beside-sqlite": "sqlite_is_enough",
    "--short": "thorough",
}
# As `make test-postgres` has it.
NOT_ON_POSTGRESQL = ("browser", "ffprobe", "redis", "torch")
# Every way in which a test gets at the database goes through one of these fixtures of pytest-django.
DATABASE_FIXTURES = {"db", "transactional_db", "_django_db_helper"}
FILLED_BY_MIGRATIONS = {"django_content_type", "auth_permission"}
# Objects made and not yet freed at which Python looks for cycles among the youngest. It would look at every 700.
CYCLES_AFTER = (20_000, 20, 50)
# Hypothesis would fail an example that takes 200 ms, which on a loaded machine any may.
hypothesis_settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("untimed")
# Nothing that is loaded or collected goes before the end: to look for cycles among it would take a third of the time.
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("choice of tests")
    group.addoption(FOR_DATABASE, action="store_true", help="run only the tests that use the database")
    group.addoption(
        IN_OTHER_BROWSERS, action="store_true", help="run only the tests in Firefox and WebKitGTK"
    )
    for beside, marker in SHOWN_BESIDE.items():
        group.addoption(beside, action="store_true", help=f"leave out the tests marked {marker}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Python looks for cycles again once the tests begin, among what they make."""
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*CYCLES_AFTER)
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run is not for, and begin what takes long first, so that no process ends long after all."""
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        (kept if _belongs(item, config) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = sorted(kept, key=_turn)


def _turn(item: pytest.Item) -> int:
    """Models first, because one process runs them all; then what shares a site, and what takes long."""
    fixtures, markers = getattr(item, "fixturenames", ()), _markers(item)
    begun_early = ["torch" in markers, *(name in fixtures for name in SITES), "long" in markers, True]
    return begun_early.index(True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What modules share ends before a module that does not use it, not after one that does: it may be run again."""
    end_what_a_module_does_not_use(item.path, getattr(item, "fixturenames", ()))


def pytest_sessionfinish() -> None:
    end_all_but(())


def _belongs(item: pytest.Item, config: pytest.Config) -> bool:
    if config.getoption(FOR_DATABASE) and not _uses_database(item):
        return False
    markers = _markers(item)
    if config.getoption(IN_OTHER_BROWSERS) != ("other_browsers" in markers):
        return False
    if any(connection.vendor not in marker.args for marker in item.iter_markers("only_on")):
        return False
    if _is_shown_on_postgresql(item, markers, config):
        return False
    return not any(marker in markers and config.getoption(beside) for beside, marker in SHOWN_BESIDE.items())


def _markers(item: pytest.Item) -> set[str]:
    return {marker.name for marker in item.iter_markers()}


def _is_shown_on_postgresql(item: pytest.Item, markers: set[str], config: pytest.Config) -> bool:
    """Whether a short run on SQLite leaves it to PostgreSQL: it asks for nothing that databases do differently."""
    is_short_beside = config.getoption("--short") and config.getoption("--beside-postgresql")
    needed_here = {"on_both", "only_on", "sqlite_is_enough", "long", *NOT_ON_POSTGRESQL}
    return bool(is_short_beside) and markers.isdisjoint(needed_here) and _uses_database(item)


def _uses_database(item: pytest.Item) -> bool:
    of_django = isinstance(item.parent, pytest.Class) and issubclass(item.parent.obj, TransactionTestCase)
    fixtures = set(getattr(item, "fixturenames", ()))
    return of_django or item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Processes are given whole modules, with which they make once what the tests of a module share."""
    return _ByModule(config, log)


class _ByModule(LoadFileScheduling):
    """All modules that run models, or share a site, go to one process as if they were one: it takes seconds to import
    torch, and to start a site.

    pytest-xdist has groups for that (`--dist loadgroup`), which pytest 9.2 no longer shows it.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = super()._split_scope(nodeid)
        return _group(self.config.rootpath / module) or module


@cache
def _group(module: Path) -> str | None:
    """With which others the module goes to one process, by the words it uses; None where it goes alone."""
    text = module.read_text("utf-8")
    return next((words for words in ("pytest.mark.torch", *SITES) if words in text), None)


@pytest.fixture(autouse=True)
def no_ids() -> None:
    """What another test has asked for and not read to its end belongs to no line of this one."""
    for variable in (request_id, job_id):
        variable.set(NONE)


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """On SQLite each process takes a copy of a database that is migrated already: to migrate takes seconds."""
    if connection.vendor != "sqlite":
        return bool(request.config.getoption("reuse_db"))
    copy = Path(connection.settings_dict["TEST"]["NAME"])
    for left in copy.parent.glob(f"{copy.name}-*"):
        left.unlink()
    shutil.copyfile(migrated(), copy)
    return True


@pytest.fixture(scope="session", autouse=True)
def quickly_emptied() -> Iterator[None]:
    """A test's few rows are deleted after it. Django would have PostgreSQL truncate, which makes new files for every
    table and index and waits for the disk, and would fill anew what migrations have filled: a second each time."""
    flush = "django.core.management.commands.flush"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{flush}.sql_flush", _deletions)
        patch.setattr(f"{flush}.emit_post_migrate_signal", lambda *_, **__: None)
        yield


def _deletions(style: object, connection: BaseDatabaseWrapper, **options: bool) -> list[str]:
    if any(options.values()):
        raise NotImplementedError("Sequences go on after a test, and nothing cascades.")
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [
        f"DELETE FROM {connection.ops.quote_name(table)};"  # noqa: S608
        for table in tables
        if table not in FILLED_BY_MIGRATIONS
    ]
