"""What each exception that ends an attempt means for the job."""

import pytest
from django.db import InterfaceError, OperationalError
from django_q.exceptions import TimeoutException

from generation.engines.base import EngineError, Stopped, Unreachable
from generation.engines.registry import UnknownEngine
from generation.models import Job
from generation.models.job_states import ErrorCode
from generation.storage import Abandoned, StorageError
from generation.worker.outcomes import Done, Failure, Postponed, Waiting, outcome_of
from generation.worker.remote_call import CallGoesOn, CallOutOfReach

REFUSED = EngineError("content_rejected", "No.", retryable=False, detail="blocked: violence")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Stopped(), Done()),
        (Abandoned(), Done()),
        (CallGoesOn(), Waiting()),
        (CallOutOfReach("away"), Postponed(30, "away")),
        (REFUSED, Failure("content_rejected", "No.", False, "blocked: violence")),
        (OperationalError("gone"), Postponed(0, "The database was away for long: gone")),
        (InterfaceError("closed"), Postponed(0, "The database was away for long: closed")),
        (UnknownEngine("none"), Failure(ErrorCode.ENGINE_UNAVAILABLE, "none", False)),
    ],
)
def test_it_is_known(error, outcome):
    assert outcome_of(error, Job(), "generating") == outcome


def test_an_engine_out_of_reach_may_be_tried_again():
    outcome = outcome_of(Unreachable("Connection refused"), Job(), "generating")
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retryable, outcome.detail) == (
        "engine_unavailable",
        True,
        "Connection refused",
    )


@pytest.mark.parametrize("retryable", [True, False])
def test_storage_that_refuses_is_tried_again_and_its_details_are_the_operators(retryable):
    error = StorageError("access_denied", "The key KEY may not write.", retryable=retryable)
    outcome = outcome_of(error, Job(), "uploading")
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retryable) == (ErrorCode.STORAGE_FAILED, True)
    assert outcome.message == f"The music was made but could not be stored. {error.public}"
    assert outcome.detail == str(error)


@pytest.mark.parametrize(
    ("stage", "code", "words"),
    [
        ("uploading", "storage_failed", "Storing it took longer"),
        ("generating", "engine_timeout", "Making this"),
    ],
)
def test_what_takes_too_long_is_not_tried_again(stage, code, words):
    outcome = outcome_of(TimeoutException(), Job(), stage)
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retryable) == (code, False)
    assert words in outcome.message


def test_anything_else_is_a_fault_of_ours_and_logged_with_its_traceback(caplog):
    error = ZeroDivisionError("secret")
    outcome = outcome_of(error, Job(), "mastering")
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.retryable, outcome.detail) == ("internal", True, "")
    assert "secret" not in outcome.message
    assert [record.exc_info[1] for record in caplog.records] == [error]
