"""What it costs to wait for 200 songs at Modal at once, and how soon after its call has ended a song is stored.

`make bench-inflight`, or `python -m benchmarks.modal_inflight`. Linux and PostgreSQL as TEST_DATABASE_URL names it,
where a database is made and dropped. Modal is the tests' server of it, which the unmodified client talks to over gRPC.
The other way, in the same run: workers that wait for their calls themselves.
"""

import asyncio
import contextlib
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import alternating, ratio, verdict
from benchmarks.worker_group import (
    Memory,
    Process,
    cpu_seconds,
    group,
    memory,
    postgres_database,
    running_worker,
)
from generation.tests.modal_calls import Call, Calls, Script
from generation.tests.modal_server import ModalServer
from generation.tests.modal_service import ModalService

if TYPE_CHECKING:
    from accounts.models import User

SONGS = int(os.environ.get("INFLIGHT_SONGS", "200"))
CALL_SECONDS = (60.0, 90.0)
FEW_SECONDS = 3.0
RESULT_MEBIBYTES = 10
SONG_SECONDS = 10.0
WAITING_WORKERS = 4
WAITING_SECONDS = 20.0
ENDLESS_SECONDS = 3600.0
PACED_SONGS = SONGS * 3 // 10
PACE_SECONDS = 1.5
SETTLE_SECONDS = 3.0
PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.5
MOST_MEBIBYTES = 300
MOST_PERCENT = 5.0
MOST_SECONDS = 1.0
MEBIBYTE = 1 << 20
# Kinds of events, or stages, on the way of a result.
STEPS = {
    "call_ended": "the follower woke the workers",
    "collecting": "a worker began to collect it",
    "mastering": "the song was here",
    "uploading": "it was mastered",
    "stored": "the track was stored",
}


class TimedCalls(Calls):
    """Calls that last between two times, and when each had its result, by the id of its job."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self.lasting = CALL_SECONDS
        self.ready_at: dict[str, float] = {}

    def spawn(self, method: str, argument: Any, idempotency_key: str) -> Call:
        self.script.seconds = random.uniform(*self.lasting)
        return super().spawn(method, argument, idempotency_key)

    async def _work(self, call: Call) -> None:
        await super()._work(call)
        self.ready_at[call.progress_key.rpartition("-")[0]] = time.time()


class TimedServer(ModalServer):
    """The tests' server of Modal with timed calls, in a thread while its block runs."""

    def __init__(self) -> None:
        super().__init__()
        self.timed = TimedCalls(self.script)
        self.calls = self.timed
        self.service = ModalService(self.script, self.calls, self.blobs)  # type: ignore[abstract]
        self.script.gpu.padding = RESULT_MEBIBYTES << 20

    @contextlib.contextmanager
    def running(self) -> Iterator["TimedServer"]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="modal server", daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), loop).result(30)
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(30)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(30)


@dataclass(frozen=True)
class Used:
    """What processes used over a while: percent of a core, and the most memory that was seen."""

    seconds: float
    percent: float
    memory: Memory

    def __str__(self) -> str:
        rss, pss = self.memory.rss / MEBIBYTE, self.memory.pss / MEBIBYTE
        return (
            f"{self.percent:.2f} % of a core, RSS {rss:.0f} MiB (PSS, what is shared counted once: {pss:.0f})"
        )


def main() -> None:
    """Measure and print."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_database() as url,
        TimedServer().running() as server,
    ):
        os.environ |= server.environment | {
            "DJANGO_SETTINGS_MODULE": "musicgen.settings",
            "DATABASE_URL": url,
            "VAR_DIR": folder,
            "GENERATION_ENGINE": "modal",
        }
        import django

        django.setup()
        from django.core.management import call_command

        from accounts.models import User

        call_command("migrate", verbosity=0, interactive=False)
        owner = User.objects.create_user(email="bench@example.org")
        print(
            f"{SONGS} songs whose calls take {CALL_SECONDS[0]:.0f} to {CALL_SECONDS[1]:.0f} s, "
            f"of {RESULT_MEBIBYTES} MiB each"
        )
        _report_variations(owner, server)
        _report_followed(owner, server)
        _report_waiting(owner)


def _report_variations(owner: "User", server: TimedServer) -> None:
    """Four variations in one order, which are one call, beside four orders."""
    server.timed.lasting = (FEW_SECONDS, FEW_SECONDS)
    took: dict[str, list[float]] = {"one order": [], "four orders": []}
    calls: dict[str, int] = {}
    with running_worker():
        for name in alternating(list(took), 4):
            before, began = server.calls.counts["spawned"], time.monotonic()
            _order(owner, *((1, 4) if name == "one order" else (4, 1)))
            _wait_until(_all_ended, every=0.02)
            took[name].append(time.monotonic() - began)
            calls[name] = server.calls.counts["spawned"] - before
    print(
        f"Four songs of {SONG_SECONDS:.0f} s whose calls take {FEW_SECONDS:.0f} s, from the order to the last track"
    )
    for name, seconds in took.items():
        print(f"  {name}: {calls[name]} calls, median {statistics.median(seconds):.2f} s")
    print(f"  the time of four orders over that of one: {ratio(took['one order'], took['four orders']):.2f}")
    server.timed.lasting = CALL_SECONDS


def _all_ended() -> bool:
    from generation.models import Job

    return not Job.objects.active().exists()


def _report_followed(owner: "User", server: TimedServer) -> None:
    """All at once, and all end within half a minute; then as many in flight while a few end every now and then."""
    with running_worker() as worker:
        processes = group(worker.pid)
        (follower,) = [process for process in processes if process.role == "follower"]
        alone = _report_at_once(owner, server, follower, processes)
        steady = _report_now_and_then(owner, server, follower)
    most = max(alone.memory.rss, steady.memory.rss) / MEBIBYTE
    print(
        f"  RSS {verdict(most <= MOST_MEBIBYTES, f'<= {MOST_MEBIBYTES} MiB')}, "
        f"CPU while all wait {verdict(alone.percent <= MOST_PERCENT, f'<= {MOST_PERCENT:.0f} %')}"
    )


def _report_at_once(
    owner: "User", server: TimedServer, follower: Process, processes: Sequence[Process]
) -> Used:
    from generation.models import Job

    began = time.monotonic()
    followed = Job.objects.filter(call_state="followed")
    ids = _order(owner, SONGS)
    _wait_until(lambda: followed.count() == SONGS)
    print(f"Followed by one process; all are in flight {time.monotonic() - began:.0f} s after the order")
    alone, whole = _used([[follower], processes], lambda: followed.count() < SONGS)
    print(f"  while all wait ({alone.seconds:.0f} s)")
    print(f"    the follower: {alone}")
    print(f"    the whole group: {whole}")
    (ending,) = _used([[follower]], _all_ended)
    sent = server.blobs.bytes_sent / SONGS / MEBIBYTE
    print(f"  while they end: the follower {ending}")
    print(f"    {sent:.1f} MiB were downloaded for each song")
    print("  when all end within half a minute, more than these cores can master, from the result to")
    _report_steps(_latencies(ids, server))
    return Used(alone.seconds, alone.percent, max(alone.memory, ending.memory, key=lambda used: used.rss))


def _report_now_and_then(owner: "User", server: TimedServer, follower: Process) -> Used:
    from django.utils import timezone

    from generation.models import Job

    server.timed.lasting = (ENDLESS_SECONDS, ENDLESS_SECONDS)
    endless = _order(owner, SONGS - PACED_SONGS)
    _wait_until(lambda: Job.objects.filter(call_state="followed").count() == len(endless))
    server.timed.lasting = CALL_SECONDS
    paced: list[Any] = []
    most_in_flight = 0

    def order_next_and_look() -> bool:
        nonlocal most_in_flight
        most_in_flight = max(most_in_flight, Job.objects.filter(call_state="followed").count())
        if len(paced) < PACED_SONGS:
            time.sleep(PACE_SECONDS - LOOK_SECONDS)
            paced.extend(_order(owner, 1))
        return not Job.objects.active().filter(pk__in=paced).exists()

    (steady,) = _used([[follower]], order_next_and_look)
    latencies = _latencies(paced, server)
    Job.objects.filter(pk__in=endless).update(cancel_requested_at=timezone.now())
    asked = time.monotonic()
    _wait_until(_all_ended)
    canceled = time.monotonic() - asked
    print(
        f"  when one ends every {PACE_SECONDS:g} s ({len(paced)} of them), up to {most_in_flight} in flight, "
        "from the result to"
    )
    _report_steps(latencies)
    p95 = statistics.quantiles(latencies["stored"], n=20)[-1]
    print(f"    stored (p95) {verdict(p95 <= MOST_SECONDS, f'<= {MOST_SECONDS:.0f} s')}")
    print(f"    the follower: {steady}")
    print(f"  {len(endless)} canceled at once have ended after {canceled:.1f} s")
    return steady


def _report_steps(latencies: dict[str, list[float]]) -> None:
    for step, words in STEPS.items():
        print(f"    {words}: {_spread(latencies[step])}")


def _spread(seconds: Sequence[float]) -> str:
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return f"median {statistics.median(seconds):.2f} s, p95 {p95:.2f} s, longest {max(seconds):.2f} s"


def _report_waiting(owner: "User") -> None:
    """The same with a worker process for each call: measured with a few, and multiplied."""
    from django.utils import timezone

    from generation.models import Job

    command = ("-m", "benchmarks.waiting_worker")
    with running_worker(command, GENERATION_WORKERS=str(WAITING_WORKERS)) as worker:
        ids = _order(owner, WAITING_WORKERS)
        waiting = Job.objects.filter(pk__in=ids, stage="generating").exclude(call_id="")
        _wait_until(lambda: waiting.count() == WAITING_WORKERS)
        time.sleep(SETTLE_SECONDS)
        workers = [process for process in group(worker.pid) if process.role == "worker"]
        end = time.monotonic() + WAITING_SECONDS
        (used,) = _used([workers], lambda: time.monotonic() > end)
        Job.objects.filter(pk__in=ids).update(cancel_requested_at=timezone.now())
        _wait_until(_all_ended)
    each = Used(
        used.seconds,
        used.percent / WAITING_WORKERS,
        Memory(used.memory.rss // WAITING_WORKERS, used.memory.pss // WAITING_WORKERS),
    )
    all_of_them = Used(
        used.seconds,
        each.percent * SONGS,
        Memory(each.memory.rss * SONGS, each.memory.pss * SONGS),
    )
    print(f"A worker process for each call, measured with {WAITING_WORKERS} that wait")
    print(f"  one: {each}")
    print(f"  {SONGS} of them, if all cost as much (not measured): {all_of_them}")


def _order(owner: "User", count: int, variations: int = 1) -> list[Any]:
    from generation import jobs
    from generation.engines.request import MusicRequest

    song = MusicRequest("rainy night", SONG_SECONDS, seed=7, variations=variations)
    return [jobs.submit(owner=owner, request=song).pk for _ in range(count)]


def _used(groups: Sequence[Sequence[Process]], is_over: Callable[[], bool]) -> list[Used]:
    """What each of these groups of processes uses until it is over, looked at every half second."""
    began = time.monotonic()
    before = [cpu_seconds(processes) for processes in groups]
    most = [Memory(0, 0)] * len(groups)
    while not is_over():
        now = [memory(processes) for processes in groups]
        most = [Memory(max(a.rss, b.rss), max(a.pss, b.pss)) for a, b in zip(most, now, strict=True)]
        time.sleep(LOOK_SECONDS)
    seconds = time.monotonic() - began
    spent = [cpu_seconds(processes) - cpu for processes, cpu in zip(groups, before, strict=True)]
    return [Used(seconds, 100 * cpu / seconds, held) for cpu, held in zip(spent, most, strict=True)]


def _latencies(ids: Sequence[Any], server: TimedServer) -> dict[str, list[float]]:
    """Seconds from the result at the server until each step on its way, for each job, by the kind of its event."""
    from generation.models import Job, JobEvent

    failed = Job.objects.filter(pk__in=ids).exclude(status="completed")
    if failed:
        raise SystemExit(f"Not completed: {[(job.status, job.error_detail) for job in failed]}")
    latencies: dict[str, list[float]] = {step: [] for step in STEPS}
    events = JobEvent.objects.filter(job__in=ids).values_list("kind", "text", "job_id", "at")
    for kind, text, job_id, at in events:
        step = text if kind == "stage" else kind
        if step in STEPS:
            latencies[step].append(at.timestamp() - server.timed.ready_at[str(job_id)])
    return latencies


def _wait_until(condition: Callable[[], bool], every: float = LOOK_SECONDS) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("It did not come so far in time.")
        time.sleep(every)


if __name__ == "__main__":
    main()
