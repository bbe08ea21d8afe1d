"""How a run of tests is put together, for all rooms: which tests it has, in which order, and which stay together."""

import pytest
from django.test import TransactionTestCase

FOR_DATABASE = "--for-database"
BESIDE_POSTGRESQL = "--beside-postgresql"
# Every way in which a test gets at the database goes through one of these fixtures of pytest-django.
DATABASE_FIXTURES = {"db", "transactional_db", "_django_db_helper"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("databases")
    group.addoption(FOR_DATABASE, action="store_true", help="run only the tests that use the database")
    group.addoption(
        BESIDE_POSTGRESQL,
        action="store_true",
        help="leave out the tests for which the run on PostgreSQL is enough",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run is not for, and begin what takes long first, so that no process ends long after all."""
    kept, others = [], []
    for item in items:
        (kept if _belongs(item, config) else others).append(item)
    config.hook.pytest_deselected(items=others)
    items[:] = sorted(kept, key=lambda item: item.get_closest_marker("long") is None)


def _belongs(item: pytest.Item, config: pytest.Config) -> bool:
    if config.getoption(FOR_DATABASE) and not _uses_database(item):
        return False
    return not (config.getoption(BESIDE_POSTGRESQL) and item.get_closest_marker("postgresql_is_enough"))


def _uses_database(item: pytest.Item) -> bool:
    of_django = isinstance(item.parent, pytest.Class) and issubclass(item.parent.obj, TransactionTestCase)
    fixtures = set(getattr(item, "fixturenames", ()))
    return of_django or item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep in one process what needs torch, which takes seconds to import, and what a module's tests share."""
    if item.get_closest_marker("torch"):
        item.add_marker(pytest.mark.xdist_group("torch"))
    elif _shares_what_its_module_has(item):
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


def _shares_what_its_module_has(item: pytest.Item) -> bool:
    definitions = getattr(item, "_fixtureinfo", None)
    known = definitions.name2fixturedefs.values() if definitions else ()
    return any(each[-1].scope == "module" for each in known if each)
