"""Storage errors say what happened and what to do."""

import pytest

from generation.storage import StorageError
from generation.storage.hints import HINTS


@pytest.mark.parametrize("key", HINTS)
def test_every_hint_is_a_sentence_with_or_without_names(key):
    code, _, case = key.partition(":")
    for names in ({}, {"bucket": "music", "service": "r2.example", "region": "eu-west-1"}):
        hint = StorageError(code, "It failed.", case=case, **names).hint
        assert hint[0].isupper()
        assert hint.endswith(".")
        assert "{" not in hint


def test_message_is_problem_and_hint():
    error = StorageError("no_such_bucket", "There is no bucket.", bucket="music")
    assert error.hint.startswith("Create the bucket “music”")
    assert error.problem == "There is no bucket."
    assert str(error) == error.message == f"There is no bucket. {error.hint}"


def test_error_that_nobody_knows_has_no_hint():
    error = StorageError("odd", "Something odd happened.")
    assert (error.hint, error.message) == ("", "Something odd happened.")


def test_case_without_a_hint_of_its_own_has_that_of_its_code():
    assert StorageError("busy", "Busy.", case="elsewhere").hint == StorageError("busy", "Busy.").hint


@pytest.mark.parametrize(
    ("code", "retryable", "may_pass", "public"),
    [
        ("unreachable", True, True, "at the moment"),
        ("disk_full", False, True, "is full"),
        ("bucket_full", False, True, "is full"),
        ("access_denied", False, False, "refuses this site"),
    ],
)
def test_what_anybody_may_read_and_what_may_pass(code, retryable, may_pass, public):
    error = StorageError(code, "minio.internal refuses.", retryable)
    assert error.may_pass is may_pass
    assert public in error.public
    assert "minio" not in error.public
