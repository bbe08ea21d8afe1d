"""Delete all whose time is over, now and to the end: `python manage.py prune`."""

import sys
from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from generation.retention.finishing import Left, finish
from generation.retention.kinds import Kind, kinds

HEAD = ("what", "how many", "the oldest", "by")


class Command(BaseCommand):
    help = (
        "Delete what is kept for a time that is over: guests and what they have made, old tracks where TRACK_DAYS says "
        "so, zips, sessions, logs. Workers do the same, a part every few seconds. --dry-run says what it would be."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, and print what would be")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        try:
            if dry_run:
                self._tell(timezone.now())
            else:
                self._prune(timezone.now())
        except DatabaseError as error:
            raise CommandError(str(error).strip()) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. What is left goes another time.") from None

    def _tell(self, now: datetime) -> None:
        rows = [HEAD, *(_row(kind, now) for kind in kinds())]
        widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
        for what, count, oldest, rule in rows:
            self.stdout.write(
                f"{what:{widths[0]}}  {count:>{widths[1]}}  {oldest:{widths[2]}}  {rule}".rstrip()
            )

    def _prune(self, now: datetime) -> None:
        for kind in kinds():
            done = kind.prune_all(now, partial(self._count, kind.what))
            if done:
                self._say(f"{kind.what}: {done:,}")
        left = finish(lambda tracks, users: self._progress(f"files of {tracks:,} tracks, {users:,} users"))
        self._say(_words(left))

    def _count(self, what: str, count: int) -> None:
        self._progress(f"{what}: {count:,}")

    def _progress(self, text: str) -> None:
        """On a terminal, a line that the next one replaces."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r\033[K{text}", ending="")

    def _say(self, text: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        self.stdout.write(text)


def _row(kind: Kind, now: datetime) -> tuple[str, str, str, str]:
    count, oldest = kind.count(now)
    return kind.what, f"{count:,}", f"{oldest:%Y-%m-%d %H:%M}" if oldest else "", kind.rule


def _words(left: Left) -> str:
    if not left.is_any:
        return "All of it is gone, files and rows."
    return (
        f"Still to go: files of {left.tracks:,} tracks and {left.archives:,} zips, {left.users:,} users. Workers try "
        "again until nothing is left; their log says what holds it up."
    )
