"""A job's progress on a terminal: its stage, what is measured, the time elapsed and the time left."""

from io import StringIO

import pytest

from generation.management.progress_bar import progress_bar
from generation.tests.histories import at_work, completed, ordered

pytestmark = pytest.mark.django_db


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_long_it_took_and_will_take(scripted, alice):
    for _ in range(5):
        completed(alice, took=60)
    stream = Terminal()
    with progress_bar(stream) as show:
        show(at_work(ordered(alice), since=38, progress=0.7))
    shown = stream.getvalue()
    assert "Generating" in shown
    assert " 70% " in shown
    assert "00:00, about 20 s left" in shown


def test_what_was_never_measured_shows_no_time_left(scripted, alice):
    stream = Terminal()
    with progress_bar(stream) as show:
        show(at_work(ordered(alice), since=38))
    assert "00:00" in stream.getvalue()
    assert "left" not in stream.getvalue()


def test_a_file_gets_nothing(scripted, alice):
    stream = StringIO()
    with progress_bar(stream) as show:
        show(at_work(ordered(alice), since=38, progress=0.6))
    assert stream.getvalue() == ""
