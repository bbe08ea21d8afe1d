"""Many files treated by a command: how far it is, what became of them, and which could not be."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.core.management.base import BaseCommand
from tqdm import tqdm

from generation.tracks.kept_files import Amount, File, Result


@dataclass(slots=True)
class Outcome:
    """What was done, with how many files there was nothing to do, and with how many nothing could be done."""

    done: Amount
    left: int = 0
    troubles: int = 0


def carry_out(
    command: BaseCommand, results: Iterable[Result], label: Callable[[File], str], *, total: int | None = None
) -> Outcome:
    """Wait for all results, with a bar of bytes (`total` in all) on a terminal and a line for each trouble.

    `label` begins the line of a file's trouble.
    """
    outcome = Outcome(Amount())
    with tqdm(total=total, unit="B", unit_scale=True, file=sys.stderr, disable=None, leave=False) as bar:
        for result in results:
            bar.update(result.file.size)
            if result.trouble:
                outcome.troubles += 1
                with tqdm.external_write_mode(sys.stderr):
                    command.stderr.write(f"{label(result.file)}: {result.trouble}.")
            elif result.done:
                outcome.done += Amount(1, result.file.size)
            else:
                outcome.left += 1
    return outcome
