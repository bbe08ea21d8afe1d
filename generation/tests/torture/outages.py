"""The drill of an outage: jobs go on, processes are killed, something is away for a while, and all are made, once."""

import random
import time
from collections.abc import Callable

from generation.models.job_states import Status
from generation.tests.torture.calls import NEAR_SECONDS, Window, assert_started_once
from generation.tests.torture.figures import fates, histogram, tell
from generation.tests.torture.host import Host
from generation.tests.torture.keeping import assert_stored_once
from generation.tests.torture.killer import Killer
from generation.tests.torture.orders import Orders
from generation.tests.torture.scale import DRILL_JOBS, DRILL_KILLS, OUTAGE_SECONDS
from generation.tests.torture.service import CountingService


def live_through(
    what: str,
    begin: Callable[[], None],
    end: Callable[[], None],
    *,
    host: Host,
    orders: Orders,
    service: CountingService,
    chance: random.Random,
) -> None:
    """Order jobs, `begin` the outage when some are completed, `end` it, and see that no attempt was lost to it.

    Half of the jobs are ordered just before the outage, and half of the kills fall into it.
    """
    early = DRILL_JOBS // 2
    orders.order_mixed(early)
    during = DRILL_KILLS // 2
    with host:
        killer = Killer(host, chance)
        began = time.monotonic()
        orders.wait_until_completed(DRILL_JOBS // 4)
        orders.order_mixed(DRILL_JOBS - early)
        before = orders.completed()
        away_from = time.time()
        begin()
        killer.kill_for(OUTAGE_SECONDS, during)
        end()
        away = Window(away_from - NEAR_SECONDS, time.time() + NEAR_SECONDS)
        meanwhile = orders.completed() - before
        assert before + meanwhile < len(orders.placed), (
            "all were completed before it ended, so that this proves nothing"
        )
        killer.kill_between(
            orders.completed, before + meanwhile, len(orders.placed) - 2, DRILL_KILLS - during
        )
        orders.wait_until_ended()
        seconds = time.monotonic() - began
        jobs = orders.jobs()
        assert {(job.status, job.attempts_used) for job in jobs} == {(Status.COMPLETED, 1)}
        assert_stored_once(jobs, DRILL_KILLS)
        windows = [away, *(Window.before(kill.at) for kill in killer.kills)]
        count = assert_started_once(service, jobs, windows)
        host.drain()
    tell(
        f"{DRILL_JOBS} jobs, {what} for {OUTAGE_SECONDS:.0f} s, {seconds:.0f} s",
        f"kills: {histogram(kill.role for kill in killer.kills)}, of which {during} during the outage",
        *fates(jobs),
        f"remote calls: {count}",
        f"completed before the outage: {before}, during it: {meanwhile}",
    )
