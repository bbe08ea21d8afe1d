"""Steps of an examination: what is skipped for what, what is slow, and what an error becomes."""

import pytest

from generation.doctor import steps
from generation.doctor.steps import Finding, Outcome, State, Step, examine, failed, ok, skipped, warning


def well() -> Outcome:
    return ok("fine")


def broken() -> Outcome:
    return failed("broken", "Mend it.", "document")


def raising() -> Outcome:
    raise ZeroDivisionError


def explain(step: Step, error: Exception) -> Outcome:
    return failed(f"{step.name}: {type(error).__name__}", "Divide by another number.")


def found(*examined: Step) -> dict[str, Finding]:
    return {finding.step: finding for finding in examine(examined, explain)}


def test_steps_without_needs_are_all_tried_in_order():
    findings = found(Step("one", broken), Step("two", well))
    assert list(findings) == ["one", "two"]
    assert findings["one"].outcome == Outcome(State.FAILED, "broken", "Mend it.", "document")
    assert findings["two"].outcome == Outcome(State.OK, "fine")


def test_what_needs_a_failed_step_is_skipped_for_the_first_that_failed():
    findings = found(
        Step("one", broken),
        Step("two", well, needs=("one",)),
        Step("three", well, needs=("two",)),
        Step("four", well),
        Step("five", well, needs=("four",)),
    )
    assert [finding.outcome.state for finding in findings.values()] == [
        *(State.FAILED, State.SKIPPED, State.SKIPPED, State.OK, State.OK)
    ]
    assert findings["three"].outcome.detail == "because “one” did not work"


def test_what_needs_a_skipped_step_is_skipped_for_it():
    findings = found(Step("one", lambda: skipped("of a strike")), Step("two", well, needs=("one",)))
    assert findings["two"].outcome.detail == "because “one” did not work"


def test_a_warning_holds_nothing_up():
    findings = found(Step("one", lambda: warning("odd", "Look.")), Step("two", well, needs=("one",)))
    assert findings["two"].outcome.state is State.OK


def test_an_error_is_explained():
    assert found(Step("one", raising))["one"].outcome.detail == "one: ZeroDivisionError"


def test_an_error_that_is_not_explained_is_raised():
    def unexplained(step: Step, error: Exception) -> Outcome:
        raise error

    with pytest.raises(ZeroDivisionError):
        list(examine([Step("one", raising)], unexplained))


def test_only_timed_steps_that_are_well_are_slow(monkeypatch):
    monkeypatch.setattr(steps, "SLOW_SECONDS", -1.0)
    findings = found(Step("timed", well), Step("untimed", well, timed=False), Step("broken", broken))
    assert findings["timed"].outcome.state is State.WARNING
    assert "region nearer" in findings["timed"].outcome.hint
    assert findings["untimed"].outcome.state is State.OK
    assert findings["broken"].outcome.state is State.FAILED
