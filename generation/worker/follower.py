"""The follower: one process that waits for the remote calls of many jobs, so that no worker need wait for one."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from generation.engines.base import Unreachable
from generation.engines.registry import remote_engines
from generation.worker import drain
from generation.worker.followed_calls import Call, Following
from generation.worker.follower_bell import Bell
from musicgen.backoff import Backoff
from musicgen.logging import working_on

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
LOOK_SECONDS = 0.5
PROGRESS_SECONDS = 2.0
RENEWALS_PER_LEASE = 4
BACKOFF = Backoff(first=0.2, factor=2, longest=5)
# How long a call is left alone where its engine fails in a way that no engine should; then a worker looks at it.
UNEXPECTED_ERROR_SECONDS = 30.0


class Follower:
    """Adopts jobs whose calls are to be followed, holds them, and lets workers know which calls have ended.

    All waiting is done in one event loop, all work with the database in one thread beside it. `on_sign` is called
    again and again while the loop goes round.
    """

    def __init__(self, bell: Bell, on_sign: Callable[[], None]) -> None:
        self._bell = bell
        self._on_sign = on_sign
        self._engines = remote_engines()
        self._following = Following()
        self._database = ThreadPoolExecutor(1, "database")
        self._calls: dict[UUID, Call] = {}
        self._watches: dict[UUID, asyncio.Task[None]] = {}
        self._ended: dict[UUID, Call] = {}
        self._progress: dict[UUID, float] = {}
        self._reported: dict[UUID, float] = {}
        self._out_of_reach: set[str] = set()
        self._look_at = self._renew_at = self._report_at = 0.0
        self._is_away = False

    async def run(self) -> None:
        """Follow calls until the drain begins; then let others have them at once."""
        self._due = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._bell.fileno(), self._on_bell)
        beside = [asyncio.create_task(self._show_life())]
        beside += [asyncio.create_task(self._ask_progress(alias)) for alias in self._engines]
        while not drain.has_begun():
            await self._round()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), LOOK_SECONDS)
            self._due.clear()
        await self._leave()
        for task in (*beside, *self._watches.values()):
            task.cancel()
        await self._in_database(lambda: connection.close())  # of that thread
        self._database.shutdown()

    async def _show_life(self) -> None:
        """Give signs also while the database keeps everybody waiting."""
        while True:
            self._on_sign()
            await asyncio.sleep(LOOK_SECONDS)

    def _on_bell(self) -> None:
        self._bell.clear()
        self._look_at = 0.0
        self._due.set()

    async def _round(self) -> None:
        try:
            await self._report_ended()
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + LOOK_SECONDS
                calls, has_more = await self._in_database(self._following.look)
                for call in calls:
                    self._follow(call)
                if has_more:
                    self._look_at = 0.0
                    self._due.set()
            await self._report_progress()
            await self._renew()
        except (DatabaseError, InterfaceError):
            if not self._is_away:
                logger.warning("The follower cannot reach the database; trying again", exc_info=True)
            self._is_away = True
            await self._in_database(lambda: connection.close())  # of that thread
        else:
            self._is_away = False

    async def _report_ended(self) -> None:
        ended = dict(self._ended)
        if ended:
            await self._in_database(lambda: self._following.end(ended.values()))
        for job_id, call in ended.items():
            # By now a worker may have begun the job's next call, and this process may have adopted that one.
            if self._calls.get(job_id) is call:
                self._forget(job_id)
            if self._ended.get(job_id) is call:
                del self._ended[job_id]

    async def _report_progress(self) -> None:
        changed = {pk: part for pk, part in self._progress.items() if part != self._reported.get(pk)}
        if changed and time.monotonic() >= self._report_at:
            self._report_at = time.monotonic() + PROGRESS_SECONDS
            parts = {self._calls[pk].lease.owner: part for pk, part in changed.items()}
            await self._in_database(lambda: self._following.report_progress(parts))
            self._reported |= changed

    async def _renew(self) -> None:
        """Renew the leases when they are due, and forget what is not held any more."""
        if not self._calls or time.monotonic() < self._renew_at:
            return
        held = await self._in_database(self._following.renew)
        self._renew_at = time.monotonic() + settings.JOB_LEASE_SECONDS / RENEWALS_PER_LEASE
        if held == len(self._calls):
            return
        kept = await self._in_database(self._following.held)
        for job_id in self._calls.keys() - kept:
            self._forget(job_id)
        if unknown := kept - self._calls.keys():
            # Adopted just when the database went away, so that this process does not know.
            await self._in_database(lambda: self._following.release(unknown))

    async def _leave(self) -> None:
        try:
            await self._report_ended()
            await self._in_database(self._following.release)
        except (DatabaseError, InterfaceError):
            logger.warning("The calls that were followed wait until their leases run out", exc_info=True)

    def _follow(self, call: Call) -> None:
        self._forget(call.job.pk)
        self._calls[call.job.pk] = call
        with working_on(call.job.pk):  # the task takes the id along
            self._watches[call.job.pk] = asyncio.create_task(self._watch(call))

    def _forget(self, job_id: UUID) -> None:
        self._calls.pop(job_id, None)
        self._progress.pop(job_id, None)
        self._reported.pop(job_id, None)
        if watch := self._watches.pop(job_id, None):
            watch.cancel()

    async def _watch(self, call: Call) -> None:
        """Wait until a call has ended, however long its engine is out of reach."""
        engine, failed = call.job.engine, 0
        while True:
            began = time.monotonic()
            try:
                await self._engines[engine].ended(call.id)
            except Unreachable as error:
                self._note_reach(engine, error)
                was_in_reach = time.monotonic() - began > BACKOFF.longest
                failed = 1 if was_in_reach else failed + 1
                await asyncio.sleep(BACKOFF.pause(failed))
                continue
            except Exception:
                logger.exception("Call %s of job %s cannot be followed", call.id, call.job.pk)
                await asyncio.sleep(UNEXPECTED_ERROR_SECONDS)
            else:
                self._note_reach(engine, None)
            break
        self._ended[call.job.pk] = call
        self._due.set()

    async def _ask_progress(self, alias: str) -> None:
        """Ask an engine again and again how far its calls are."""
        engine = self._engines[alias]
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            calls = {call.id: call for call in self._calls.values() if call.job.engine == alias}
            if not calls:
                continue
            try:
                parts = await engine.progress(list(calls))
            except Unreachable as error:
                self._note_reach(alias, error)
                await asyncio.sleep(BACKOFF.longest)
                continue
            except Exception:
                logger.exception("The engine %s cannot say how far its calls are", alias)
                await asyncio.sleep(UNEXPECTED_ERROR_SECONDS)
                continue
            for call_id, part in parts.items():
                call = calls.get(call_id)
                if call is not None and self._calls.get(call.job.pk) is call:
                    self._progress[call.job.pk] = call.progress(part)

    def _note_reach(self, alias: str, error: Unreachable | None) -> None:
        """Say once when an engine gets out of reach, and once when it answers again."""
        if error is not None and alias not in self._out_of_reach:
            logger.warning("Engine %s: %s Asking again.", alias, error.detail)
            self._out_of_reach.add(alias)
        elif error is None and alias in self._out_of_reach:
            logger.info("Engine %s answers again", alias)
            self._out_of_reach.remove(alias)

    async def _in_database(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._database, act)
