"""What a doctor's command prints of each step, and how it ends."""

from io import StringIO

import pytest
from django.core.management import CommandError

from generation.doctor.report import DoctorCommand
from generation.doctor.steps import Finding, Outcome, failed, ok, skipped, warning


def printed(*outcomes: Outcome, seconds: float = 1.5) -> str:
    out = StringIO()
    command = DoctorCommand(stdout=out, no_color=True)
    command.report([Finding(f"step{n}", outcome, seconds) for n, outcome in enumerate(outcomes)], "Bad")
    return out.getvalue()


def test_each_step_is_a_line_with_its_detail_and_milliseconds():
    assert printed(ok("4096 bytes"), ok()) == (
        "step0        ok: 4096 bytes (1500 ms)\nstep1        ok (1500 ms)\nAll is well.\n"
    )


def test_hint_and_document_stand_indented_below():
    assert printed(warning("odd", "Look."), ok("mended", "{\n}")) == (
        "step0        warning: odd (1500 ms)\n        Look.\n"
        "step1        ok: mended (1500 ms)\n        {\n        }\nAll is well.\n"
    )


def test_a_skipped_step_says_why_and_took_no_time():
    assert printed(skipped("it was not asked for")).startswith(
        "step0        skipped because it was not asked for\n"
    )


def test_a_failure_ends_the_command_with_the_steps_that_failed_after_all_were_printed():
    out = StringIO()
    findings = [
        Finding("write", failed("no", "Mend it."), 0.0),
        Finding("read", ok(), 0.0),
        Finding("delete", failed("no", "Mend it."), 0.0),
    ]
    with pytest.raises(CommandError, match=r"^Audio cannot be stored: write, delete failed\.$"):
        DoctorCommand(stdout=out, no_color=True).report(findings, "Audio cannot be stored")
    assert "read         ok" in out.getvalue()
    assert "All is well" not in out.getvalue()
