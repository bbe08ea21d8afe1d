"""How a doctor's command prints what it finds, step by step."""

import textwrap
from collections.abc import Iterable

from django.core.management.base import BaseCommand, CommandError

from generation.doctor.steps import Finding, State

NAME_WIDTH = 12
INDENT = " " * 8


class DoctorCommand(BaseCommand):
    """A command that prints findings as they come and ends badly where one of them is a failure."""

    def report(self, findings: Iterable[Finding], verdict: str) -> None:
        """Print the findings. Raises CommandError, which begins with `verdict`, where a step failed."""
        bad = [finding.step for finding in findings if self._print(finding)]
        if bad:
            raise CommandError(f"{verdict}: {', '.join(bad)} failed.")
        self.stdout.write(self.style.SUCCESS("All is well."))

    def _print(self, finding: Finding) -> bool:
        """Print a finding; return whether it is a failure."""
        outcome = finding.outcome
        style = {
            State.OK: self.style.SUCCESS,
            State.WARNING: self.style.WARNING,
            State.FAILED: self.style.ERROR,
            State.SKIPPED: self.style.NOTICE,
        }[outcome.state]
        detail = f" {outcome.detail}" if outcome.state is State.SKIPPED else _detail(finding)
        self.stdout.write(f"{finding.step:<{NAME_WIDTH}} {style(outcome.state.value)}{detail}")
        for text in (outcome.hint, outcome.document):
            if text:
                self.stdout.write(textwrap.indent(text, INDENT))
        self.stdout.flush()
        return outcome.state is State.FAILED


def _detail(finding: Finding) -> str:
    detail = f": {finding.outcome.detail}" if finding.outcome.detail else ""
    return f"{detail} ({finding.seconds * 1000:.0f} ms)"
