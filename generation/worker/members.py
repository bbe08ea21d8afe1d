"""The processes of a worker's group that work under its sentinel, and how one sees that such a process hangs."""

import asyncio
import logging
import multiprocessing
import os
import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from django.db import connection
from django_q.conf import Conf
from django_q.monitor import monitor
from django_q.signing import BadSignature
from django_q.worker import worker

import generation.worker.tasks  # noqa: F401  what the workers call: imported once, before they are forked
from generation.models.lease import new_owner
from generation.monitoring.flushing import flushing
from generation.queue import messages
from generation.queue.broker import MessageBroker
from generation.queue.packages import opened
from generation.webhooks.sender import Sender
from generation.worker import dead_processes, drain, follower_bell, side_work
from generation.worker.follower import Follower
from generation.worker.follower_bell import Bell
from generation.worker.packet_queue import PacketQueue, Reader
from musicgen.freed_memory import give_back_freed_memory
from musicgen.process_names import show_role
from musicgen.processes import end_with_parent
from musicgen.scrubbing import scrubbed

logger = logging.getLogger(__name__)
fork = multiprocessing.get_context("fork")
HUNG_SECONDS = 15.0
HUNG_WORKER_SECONDS = 5.0
ROOM_LOOK_SECONDS = 0.02
# django-q2 ends a task that takes longer than `timeout` itself; a process that goes on is killed a little later.
OVERTIME_SECONDS = 3.0
EXIT_SECONDS = 2.0


class Member(ABC):
    """One place in the group. The process in it is replaced where it ends or hangs."""

    role: str

    def __init__(self) -> None:
        self.process: Any = None

    @abstractmethod
    def work(self) -> None:
        """What the process does, until it is to end."""

    @abstractmethod
    def trouble(self) -> str:
        """Why the process cannot go on, as the rest of a sentence about it; "" where all is well."""

    def start(self) -> None:
        """Start a process in this place."""
        self.process = fork.Process(target=self._run, args=(os.getpid(),), daemon=True)
        self.process.start()

    def replace_if_needed(self) -> None:
        """Replace the process where it has ended or hangs."""
        if self.process.exitcode == 0:
            logger.info("The %s %d has done its share; starting another", self.role, self.process.pid)
        elif self.process.exitcode is not None:
            logger.error(
                "The %s %d ended with status %d; starting another",
                *(self.role, self.process.pid, self.process.exitcode),
            )
        elif trouble := self.trouble():
            logger.error("The %s %d %s; starting another", self.role, self.process.pid, trouble)
            self.kill()
        else:
            return
        self.start()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join(EXIT_SECONDS)

    def _run(self, sentinel: int) -> None:
        show_role(self.role)
        end_with_parent(sentinel)
        try:
            with flushing():
                self.work()
        except Exception as error:
            logger.critical("The %s failed", self.role, exc_info=True)
            raise SystemExit(1) from error


class TaskReader(Reader):
    """The end of the queue of tasks that one worker reads, showing the pusher also what kind of task it has."""

    def __init__(self, tasks: PacketQueue) -> None:
        super().__init__(tasks)
        self._has_side_work = multiprocessing.RawValue("b", 0)

    @property
    def is_at_side_work(self) -> bool:
        """Archives aside, of which `archives.making` sees that they have half of the workers at most."""
        return bool(self._has_side_work.value) and not self.is_waiting

    def begin(self) -> None:
        self._has_side_work.value = 0
        super().begin()

    def _show(self, value: Any) -> None:
        task = value.get("func") if isinstance(value, dict) else messages.RUN_JOB
        self._has_side_work.value = task not in (messages.RUN_JOB, messages.MAKE_ARCHIVE)

    def _rest(self) -> None:
        """What the last task has freed, tens of MiB after one, is not kept by a worker that has nothing to do."""
        give_back_freed_memory()


class WorkerMember(Member):
    """Does tasks, one after the other."""

    role = "worker"

    def __init__(self, tasks: PacketQueue, results: PacketQueue, bell: Bell | None) -> None:
        super().__init__()
        self.reader = TaskReader(tasks)
        self._results = results
        self._bell = bell
        self._predecessor: int | None = None

    def start(self) -> None:
        self.reader.begin()
        self._predecessor = self.process and self.process.pid
        super().start()

    def work(self) -> None:
        # A worker that was idle for long must not begin with a new connection; health checks find one that is dead.
        connection.settings_dict["CONN_MAX_AGE"] = None
        if self._predecessor:
            dead_processes.release_jobs_of(self._predecessor)
        follower_bell.use(self._bell)
        # Only this process uses it: a lock that is shared would be taken along by a process that is killed.
        timer = multiprocessing.Value("f", -1, lock=threading.RLock())  # type: ignore[call-overload]
        worker(self.reader, self._results, timer, Conf.TIMEOUT)

    def trouble(self) -> str:
        if self.reader.is_waiting:
            return "does not take its task" if self.reader.ignores(HUNG_WORKER_SECONDS) else ""
        started = self.reader.seen_at
        overtime = started and time.monotonic() - started > Conf.TIMEOUT + OVERTIME_SECONDS
        return "does not end its task" if overtime else ""


class FollowerMember(Member):
    """Waits for the remote calls of all jobs."""

    role = "follower"

    def __init__(self, bell: Bell) -> None:
        super().__init__()
        self._bell = bell
        self._predecessor: int | None = None
        self._last_sign = multiprocessing.RawValue("d", 0.0)

    def start(self) -> None:
        self._note_sign()
        self._predecessor = self.process and self.process.pid
        super().start()

    def work(self) -> None:
        if self._predecessor:
            dead_processes.release_calls_of(self._predecessor)
            connection.close()  # the thread that works with the database has its own
        asyncio.run(Follower(self._bell, self._note_sign).run())

    def trouble(self) -> str:
        return "gives no sign" if time.monotonic() - self._last_sign.value > HUNG_SECONDS else ""

    def _note_sign(self) -> None:
        self._last_sign.value = time.monotonic()


class SenderMember(Member):
    """Delivers messages to webhooks."""

    role = "sender"

    def __init__(self) -> None:
        super().__init__()
        self._predecessor: int | None = None
        self._last_sign = multiprocessing.RawValue("d", 0.0)

    def start(self) -> None:
        self._note_sign()
        self._predecessor = self.process and self.process.pid
        super().start()

    def work(self) -> None:
        connection.settings_dict["CONN_MAX_AGE"] = None
        if self._predecessor:
            dead_processes.release_deliveries_of(self._predecessor)
        Sender(new_owner(), self._note_sign, drain.has_begun, drain.is_over).run()

    def trouble(self) -> str:
        return "gives no sign" if time.monotonic() - self._last_sign.value > HUNG_SECONDS else ""

    def _note_sign(self) -> None:
        self._last_sign.value = time.monotonic()


class _ScrubbedResults:
    """Results of tasks whose tracebacks, which the admin shows, hold no secrets."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def get(self) -> Any:
        result = self._reader.get()
        if isinstance(result, dict) and isinstance(result.get("result"), str):
            result["result"] = scrubbed(result["result"])
        return result


class MonitorMember(Member):
    """Notes how tasks ended."""

    role = "monitor"

    def __init__(self, results: PacketQueue) -> None:
        super().__init__()
        self._reader = Reader(results)

    def start(self) -> None:
        self._reader.begin()
        super().start()

    def work(self) -> None:
        monitor(_ScrubbedResults(self._reader))

    def trouble(self) -> str:
        return "takes no results" if self._reader.ignores(HUNG_SECONDS) else ""


class PusherMember(Member):
    """Takes messages from the database for the workers that have nothing to do."""

    role = "pusher"

    def __init__(self, tasks: PacketQueue, readers: list[TaskReader]) -> None:
        super().__init__()
        self._tasks = tasks
        self._readers = readers
        self._last_round = multiprocessing.RawValue("d", 0.0)

    def start(self) -> None:
        self._last_round.value = time.monotonic()
        super().start()

    def work(self) -> None:
        broker = MessageBroker(has_room_for_side_work=self._has_room_for_side_work)
        while not drain.has_begun():
            self._last_round.value = time.monotonic()
            if not self._is_wanted():
                time.sleep(ROOM_LOOK_SECONDS)
                continue
            for _, payload in broker.dequeue() or ():
                try:
                    self._tasks.put(opened(payload))
                except BadSignature:
                    logger.exception("A message was not sent by this site, or with another SECRET_KEY")

    def trouble(self) -> str:
        return "has stopped looking" if time.monotonic() - self._last_round.value > HUNG_SECONDS else ""

    def _is_wanted(self) -> bool:
        """Whether a worker is idle: what a busy one hoards, nobody else can take."""
        return self._tasks.empty() and any(reader.is_waiting for reader in self._readers)

    def _has_room_for_side_work(self) -> bool:
        return side_work.has_room(sum(reader.is_at_side_work for reader in self._readers))
