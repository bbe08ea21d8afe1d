"""Retries of storing, and what ends them."""

import logging
import time
from collections.abc import Callable

import pytest

from generation.storage import Abandoned, Cancellation, StorageError, cancellation, retry_storing
from musicgen.backoff import Backoff

BUSY = StorageError("busy", "The folder is busy.", retryable=True)
FULL = StorageError("disk_full", "The disk is full.")
DENIED = StorageError("not_writable", "The folder cannot be written.")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch) -> None:
    monkeypatch.setattr(cancellation, "BACKOFF", Backoff(first=0.001, factor=1, longest=0.001))


def failing(*errors: StorageError) -> Callable[[], str]:
    """An act that raises these errors, one each time, before it succeeds."""
    left = list(errors)

    def act() -> str:
        if left:
            raise left.pop(0)
        return "stored"

    return act


def test_what_may_pass_is_tried_until_it_succeeds_with_a_line_each_time(caplog):
    with caplog.at_level(logging.WARNING):
        assert retry_storing(failing(BUSY, FULL, BUSY), "a.wav", Cancellation(), 60.0) == "stored"
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert all(line.startswith("a.wav is not stored yet") for line in lines)


def test_what_will_not_pass_is_raised_at_once():
    with pytest.raises(StorageError, match="cannot be written"):
        retry_storing(failing(DENIED), "a.wav", Cancellation(), 60.0)


def test_no_attempt_begins_after_the_time_is_over():
    with pytest.raises(StorageError, match="busy"):
        retry_storing(failing(BUSY), "a.wav", Cancellation(), 0.0)


def test_who_cancels_ends_the_pause(monkeypatch):
    monkeypatch.setattr(cancellation, "BACKOFF", Backoff(first=3600, factor=1, longest=3600))
    asked: list[bool] = []

    def should_stop() -> bool:
        asked.append(True)
        return len(asked) > 2

    with pytest.raises(Abandoned):
        retry_storing(failing(BUSY), "a.wav", Cancellation(should_stop), 10_000.0)
    assert len(asked) == 3


def test_a_pause_that_nobody_cancels_is_made():
    began = time.monotonic()
    Cancellation().sleep(0.08)
    assert time.monotonic() - began >= 0.08


def test_by_default_nothing_is_canceled_or_unwanted():
    assert not Cancellation().should_stop()
    assert not Cancellation().unwanted()
