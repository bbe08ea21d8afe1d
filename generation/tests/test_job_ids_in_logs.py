"""Every line that a worker writes while it works on a job names the job, whichever thread writes it."""

import logging
import threading
from collections.abc import Iterator

import pytest

from generation.engines.base import EngineError
from generation.engines.scripted import ScriptedEngine
from generation.models import Lease
from generation.storage import local
from generation.tests.api_calls import finish
from generation.worker import attempt, heartbeat, reaper, tasks
from generation.worker.members import _ScrubbedResults
from generation.worker.packet_queue import PacketQueue, Reader
from musicgen.logging import IdFilter, job_id

logger = logging.getLogger(__name__)


@pytest.fixture
def written() -> Iterator[list[logging.LogRecord]]:
    """The lines so far, with the ids that they would have in the log."""
    records: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    keeper = Keeper(logging.INFO)
    keeper.addFilter(IdFilter())
    logging.getLogger().addHandler(keeper)
    yield records
    logging.getLogger().removeHandler(keeper)


@pytest.fixture
def talkative(monkeypatch) -> set[str]:
    """The work, its heartbeat and the thread that stores write a line each; the threads that did."""
    threads: set[str] = set()

    def talking(act):
        def talk(*arguments, **named):
            logger.warning("At work")
            threads.add(threading.current_thread().name.partition(" ")[0])
            return act(*arguments, **named)

        return talk

    monkeypatch.setattr(ScriptedEngine, "generate", talking(ScriptedEngine.generate))
    monkeypatch.setattr(heartbeat.Heartbeat, "_beat", talking(heartbeat.Heartbeat._beat))
    monkeypatch.setattr(local.LocalAudioStorage, "_save", talking(local.LocalAudioStorage._save))
    return threads


@pytest.mark.django_db(transaction=True)
def test_all_threads_of_an_attempt_name_the_job(scripted, order, written, talkative):
    for job in (order(), order("[slow] rain")):
        written.clear()
        assert attempt.run_next()
        assert {record.job_id for record in written} == {str(job.pk)}
        assert [record.getMessage() for record in written if record.name == attempt.__name__] == [
            "Attempt 1, with the engine scripted",
            "The job is completed now",
        ]
    assert {"MainThread", "heartbeat", "store"} <= talkative
    assert job_id.get() == "-"


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_fails_names_the_job(scripted, order, written):
    job = order("[crash] rain")
    attempt.run(job.pk)
    assert any(record.exc_info for record in written)
    assert {record.job_id for record in written} == {str(job.pk)}
    assert job_id.get() == "-"


@pytest.mark.django_db(transaction=True)
def test_what_is_done_for_a_job_or_its_tracks_beside_names_it(scripted, order, written, monkeypatch):
    job = order()
    track = finish(job)

    def refuse(*_):
        logger.warning("At work")
        raise EngineError("internal", "No.", retryable=True)

    written.clear()
    monkeypatch.setattr(tasks.job_cleanup, "clear", refuse)
    tasks.clear_leftovers(str(job.pk))
    monkeypatch.setattr(tasks.renditions, "make_rendition", lambda *_: logger.warning("At work"))
    tasks.make_rendition(str(track.pk), "mp3")
    monkeypatch.setattr(tasks.purging, "purge_if_due", lambda *_: logger.warning("At work"))
    tasks.purge_track(str(track.pk))
    assert len(written) == 4
    assert {record.job_id for record in written} == {str(job.pk)}


def test_what_an_operator_reads_of_a_job_holds_no_secret(scripted, order):
    secret = "password=hunter2 and mg_AbCdEfGhIjKlMnOp"
    job, other = order(), order()
    job.claim("worker")
    Lease(job, "worker").fail(code="internal", message=secret, retryable=False, detail=secret)
    other.claim("another")
    Lease(other, "another").retry_later(delay=1, detail=secret)
    for each in (job, other):
        each.refresh_from_db()
        said = [each.error_message, each.error_detail, *each.events.values_list("text", flat=True)]
        assert "hunter2" not in str(said)
        assert "mg_Ab" not in str(said)
        assert "password=***" in str(said)


def test_what_the_admin_shows_of_a_task_that_failed_holds_no_secret():
    queue = PacketQueue()
    queue.put({"result": "RuntimeError: password=hunter2", "success": False})
    queue.put("STOP")
    results = _ScrubbedResults(Reader(queue))
    assert results.get() == {"result": "RuntimeError: password=***", "success": False}
    assert results.get() == "STOP"


def test_the_reaper_names_no_job_when_it_is_done(scripted, order, written):
    order()
    reaper.reap()
    assert job_id.get() == "-"
