"""What the open models do on this machine's GPU, as a line of JSON for each figure, in less than eight minutes.

`make bench-diffusion`, or `python -m benchmarks.diffusion_gpu [--out FILE]`. Models are as large as the published ones,
with random weights, so nothing is downloaded and their music is noise. With `--tiny`, and where there is no GPU, they
are tiny: that shows that the measuring works and nothing about how fast music is made.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from benchmarks.diffusion_bench import Bench
from benchmarks.diffusion_parts import PARTS

SECONDS: Final = 450.0


class Report:
    """Writes a line of JSON for each figure, to the terminal and to a file."""

    def __init__(self, files: Sequence[TextIO], seconds: float) -> None:
        self._files = files
        self._began = time.monotonic()
        self._seconds = seconds
        self.failed: list[str] = []

    def say(self, what: str, **figures: Any) -> None:
        rounded = {
            name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()
        }
        line = json.dumps({"at": round(self.passed, 1), "what": what, **rounded})
        for file in self._files:
            print(line, file=file, flush=True)

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def measure(self, name: str, needed: float, part: Callable[[], None]) -> None:
        """One part, unless the time that is left is less than it needs. One that fails leaves the others alone."""
        if self.passed + needed > self._seconds:
            self.say(name, skipped="there is no time left")
            return
        began = time.monotonic()
        try:
            part()
        except Exception as error:
            self.failed.append(name)
            self.say(name, failed=f"{type(error).__name__}: {error}"[:400])
        self.say(f"{name}, in all", seconds=time.monotonic() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. 1 where a part failed."""
    import torch

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tiny", action="store_true", help="tiny models, on the CPU")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="when no further part is begun")
    parser.add_argument("--out", type=Path, help="a file for the lines too")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART")
    given = parser.parse_args(arguments)

    is_full = torch.cuda.is_available() and not given.tiny
    with ExitStack() as stack:
        import sys

        files = [sys.stdout]
        if given.out:
            files.append(stack.enter_context(given.out.open("w")))
        report = Report(files, given.seconds)
        if not is_full:
            report.say(
                "tiny", note="this shows that the measuring works, and nothing about how fast music is made"
            )
        bench = Bench("cuda" if is_full else "cpu", is_full, report.say)
        for name in given.parts:
            needed, part = PARTS[name]
            report.measure(name, needed if is_full else 0.0, partial(part, bench))
        report.say("done", failed=report.failed)
    return 1 if report.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
