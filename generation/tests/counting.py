"""Work that is counted instead of timed, so that the count is the same on every machine under any load."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

Work = Callable[[], object]


def calls_of(work: Work) -> int:
    """How often functions are called while `work` runs, those written in C among them."""
    calls, before = 0, sys.getprofile()

    def note(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def times_called(function: Callable[..., Any], work: Work) -> int:
    """How often a function written in Python is called while `work` runs in this thread."""
    count, before = 0, sys.getprofile()

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and frame.f_code is function.__code__

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def lines_of(work: Work) -> int:
    """How many lines of Python run while `work` does; a loop over samples would be a million of them."""
    lines, before = 0, sys.gettrace()

    def note(_: FrameType, event: str, __: object) -> Any:
        nonlocal lines
        lines += event == "line"
        return note

    sys.settrace(note)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines
