"""Steps of an examination, one after the other, and what was found at each."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

SLOW_SECONDS = 3.0


class State(StrEnum):
    """How a step ended. A warning is something that works, but will trouble somebody."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step found: a detail, a hint (one sentence that says what to do), and a document to show under them."""

    state: State
    detail: str = ""
    hint: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome, the step it is of, and how many seconds that took."""

    step: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to try. `needs` names the steps without which it cannot be tried."""

    name: str
    run: Callable[[], Outcome]
    needs: tuple[str, ...] = ()
    timed: bool = True


def ok(detail: str = "", document: str = "") -> Outcome:
    return Outcome(State.OK, detail, document=document)


def warning(detail: str, hint: str) -> Outcome:
    return Outcome(State.WARNING, detail, hint)


def failed(detail: str, hint: str, document: str = "") -> Outcome:
    return Outcome(State.FAILED, detail, hint, document)


def skipped(because: str) -> Outcome:
    """A step that was not tried; `because` goes on after that word."""
    return Outcome(State.SKIPPED, f"because {because}")


def examine(steps: Sequence[Step], explain: Callable[[Step, Exception], Outcome]) -> Iterator[Finding]:
    """Run the steps in order and yield what each finds as it ends.

    A step whose needs did not come out well is skipped. `explain` makes an outcome of what a step raised, and
    raises it again where it knows nothing of it.
    """
    blame: dict[str, str] = {}  # each step that did not work, and the one that it failed for
    for step in steps:
        blamed = next((blame[name] for name in step.needs if name in blame), None)
        finding = _tried(step, explain, blamed)
        if finding.outcome.state in (State.FAILED, State.SKIPPED):
            blame[step.name] = blamed or step.name
        yield finding


def _tried(step: Step, explain: Callable[[Step, Exception], Outcome], blamed: str | None) -> Finding:
    if blamed is not None:
        return Finding(step.name, skipped(f"“{blamed}” did not work"), 0.0)
    began = time.monotonic()
    try:
        outcome = step.run()
    except Exception as error:
        outcome = explain(step, error)
    seconds = time.monotonic() - began
    if step.timed and outcome.state is State.OK and seconds > SLOW_SECONDS:
        outcome = replace(
            outcome,
            state=State.WARNING,
            detail="slow",
            hint="Choose a region nearer to this machine, or look for what slows the network between them.",
        )
    return Finding(step.name, outcome, seconds)
