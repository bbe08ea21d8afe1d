"""The sentinel: starts the other processes of a worker's group, replaces those that fail, and ends them all."""

import logging
import select
import signal
import time
from typing import Any

from django.conf import settings
from django.db import connections

from generation.engines.registry import remote_engines
from generation.worker import drain, side_work
from generation.worker.follower_bell import Bell
from generation.worker.members import (
    FollowerMember,
    Member,
    MonitorMember,
    PusherMember,
    SenderMember,
    WorkerMember,
)
from generation.worker.packet_queue import PacketQueue
from musicgen.process_names import show_role

logger = logging.getLogger(__name__)
GUARD_SECONDS = 0.5
# How long what was handed back may take to stop, before it is killed.
STOP_SECONDS = 2.0
LAST_RESULTS_SECONDS = 1.0
LOOK_SECONDS = 0.02


class Sentinel:
    """Guards the other processes until the other end of `lifeline` is closed: by the main process, or its end.

    `last_round` is where it shows that it goes round. Hosts send SIGTERM to every process of the group, terminals
    SIGINT; only the main process acts on them.
    """

    def __init__(self, lifeline: int, last_round: Any) -> None:
        self._lifeline = lifeline
        self._last_round = last_round
        self._tasks, self._results = PacketQueue(), PacketQueue()
        side_work.note_success()  # whatever was so for the cluster before
        bell = Bell() if remote_engines() else None
        self._workers = [
            WorkerMember(self._tasks, self._results, bell) for _ in range(settings.GENERATION_WORKERS)
        ]
        self._followers = [FollowerMember(bell)] if bell else []
        self._sender = SenderMember()
        self._monitor = MonitorMember(self._results)
        self._pusher = PusherMember(self._tasks, [worker.reader for worker in self._workers])

    @property
    def _members(self) -> list[Member]:
        return [*self._workers, *self._followers, self._sender, self._monitor, self._pusher]

    def run(self) -> None:
        """Guard until asked to end; then end within the grace."""
        show_role("sentinel")
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_IGN)
        connections.close_all()  # the children must not share them
        for member in self._members:
            member.start()
        while not self._is_asked_to_end():
            self._last_round.value = time.monotonic()
            for member in self._members:
                member.replace_if_needed()
        drain.begin(settings.WORKER_GRACE_SECONDS)
        self._end()

    def _is_asked_to_end(self) -> bool:
        return bool(select.select([self._lifeline], [], [], GUARD_SECONDS)[0])

    def _end(self) -> None:
        """Let the jobs in hand end; at the end of the grace they are handed back, and then nobody may be left."""
        for member in (self._pusher, *self._followers):
            self._end_member(member, STOP_SECONDS)
        while running := [worker for worker in self._workers if worker.process.is_alive()]:
            if drain.seconds_left() < -STOP_SECONDS:
                for worker in running:
                    self._end_member(worker, 0)
            if self._tasks.empty():
                self._tasks.put("STOP")
            time.sleep(LOOK_SECONDS)
        self._end_member(self._sender, max(0.0, drain.seconds_left()) + STOP_SECONDS)
        self._results.put("STOP")
        self._end_member(self._monitor, LAST_RESULTS_SECONDS)

    def _end_member(self, member: Member, seconds: float) -> None:
        """Wait for a process that is about to end, and kill it where it does not."""
        member.process.join(seconds)
        if member.process.is_alive():
            logger.error("The %s %d does not end; killing it", member.role, member.process.pid)
            member.kill()
