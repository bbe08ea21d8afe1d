"""Keeping a few programs running side by side until somebody asks to stop."""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from musicgen.backoff import Backoff
from musicgen.processes import STOP_SIGNALS, end_groups, kill_group, signals_noted, start_group
from musicgen.readiness import ReadinessPipe
from musicgen.restarts import BACKOFF, Restarts

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.1
# How long killed processes may take to be gone; those that free a GPU's memory take long.
GONE_SECONDS = 5.0
Clock = Callable[[], float]


@dataclass(frozen=True)
class Program:
    """What is to be kept running. `name` begins a sentence; the command calls `report_ready` once it works."""

    name: str
    command: Sequence[str]


class GivenUp(Exception):
    """A program that cannot be kept running: a sentence about it, and the exit status that fits."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class Supervisor:
    """Runs programs, and starts each again when it dies: at once, then with growing pauses.

    One that ends with an error before it was ever ready cannot start, and one that dies again and again cannot go on:
    either ends all. On Linux the programs end even where this process is killed.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        drain_seconds: float,
        backoff: Backoff = BACKOFF,
        clock: Clock = time.monotonic,
    ) -> None:
        self._keepers = [_Keeper(program, Restarts(backoff), clock) for program in programs]
        self.drain_seconds = drain_seconds

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP comes, or one of the programs is given up; then end all of them.

        They are asked with SIGTERM, and killed with all that they started after `drain_seconds`. Raises GivenUp.
        """
        with signals_noted(*STOP_SIGNALS) as noted:
            try:
                while not noted:
                    for keeper in self._keepers:
                        keeper.look()
                    time.sleep(POLL_SECONDS)
            finally:
                running = [keeper.life.process for keeper in self._keepers if keeper.life]
                end_groups(running, self.drain_seconds)


class _Keeper:
    """Keeps one program running. `life` is None while its next start is waited for."""

    def __init__(self, program: Program, restarts: Restarts, clock: Clock) -> None:
        self._program = program
        self._restarts = restarts
        self._clock = clock
        self._start_at = clock()
        self._was_ready = False
        self.life: _Life | None = None

    def look(self) -> None:
        """Start the process where it is time, and see whether it has died. Raises GivenUp."""
        if self.life is not None:
            self._examine(self.life)
        elif self._clock() >= self._start_at:
            self._start()

    def _start(self) -> None:
        try:
            self.life = _Life(self._program, self._clock())
        except OSError as error:
            if not self._was_ready:
                raise GivenUp(f"{self._program.name} cannot start: {error.strerror}.", 1) from error
            # There may be no memory for another process at the moment.
            self._note_death(1, f"could not be started ({error.strerror})", lived=0.0)

    def _examine(self, life: "_Life") -> None:
        status = life.process.poll()
        self._was_ready = life.readiness.is_ready() or self._was_ready
        if status is not None:
            self.life = None
            life.clear_away()
            self._note_death(status, _described(status), self._clock() - life.started_at)

    def _note_death(self, status: int, end: str, lived: float) -> None:
        name = self._program.name
        if status > 0 and not self._was_ready:
            raise GivenUp(f"{name} cannot start: it {end}, and what it said is above.", status)
        pause = self._restarts.pause_after(lived)
        if pause is None:
            deaths = self._restarts.deaths_in_a_row
            raise GivenUp(f"{name} died {deaths} times in a row: it {end} at last.", max(status, 1))
        when = f"in {pause:.1f} s" if pause else "at once"
        logger.error("%s %s after %.0f s; starting it again %s", name, end, lived, when)
        self._start_at = self._clock() + pause


class _Life:
    """A running process of a program. Raises OSError where it cannot be started."""

    def __init__(self, program: Program, started_at: float) -> None:
        self.started_at = started_at
        self.readiness = ReadinessPipe()
        try:
            self.process = start_group(
                program.command, self.readiness.environment, [self.readiness.descriptor]
            )
        except OSError:
            self.readiness.close()
            raise
        finally:
            self.readiness.close_descriptor()

    def clear_away(self) -> None:
        """Kill what the dead process has left running, which may hold the port or a GPU."""
        kill_group(self.process)
        if not self.readiness.wait_until_released(GONE_SECONDS):
            logger.error("Something that process %d has started cannot be killed", self.process.pid)
        self.readiness.close()


def _described(status: int) -> str:
    """The end of a process as the rest of a sentence about it, from its status as `subprocess` has it."""
    if status >= 0:
        return f"ended with status {status}"
    names = {signum.value: signum.name for signum in signal.Signals}
    return f"was killed by {names.get(-status, f'signal {-status}')}"
