"""A database that is away for a moment is tried again, and one that stays away is not for ever."""

import pytest
from django.db import DataError, OperationalError

from generation.worker import database_retry
from generation.worker.database_retry import retry_while_database_away
from musicgen.backoff import Backoff

pytestmark = pytest.mark.django_db(transaction=True)


def failing(*errors: Exception):
    left = list(errors)

    def act() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return act


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(database_retry, "BACKOFF", Backoff(first=0, factor=1, longest=0))


def test_what_fails_for_a_while_is_done_in_the_end():
    assert retry_while_database_away(failing(OperationalError("gone"), OperationalError("gone"))) == "done"


def test_what_fails_for_long_is_raised(settings):
    settings.JOB_DATABASE_PATIENCE_SECONDS = -1
    with pytest.raises(OperationalError):
        retry_while_database_away(failing(OperationalError("gone")))


def test_a_mistake_is_not_an_outage():
    with pytest.raises(DataError):
        retry_while_database_away(failing(DataError("too long")))
