"""Find audio that no row names, and rows whose audio is gone: `python manage.py prune_audio`."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from generation.models import Archive, Rendition, Track
from generation.storage import STORAGE_TYPES, AudioStorage, StorageError, configured_storages
from generation.tracks import orphans
from generation.tracks.kept_files import Amount

DAY = timedelta(days=1)
UNITS = {"h": timedelta(hours=1), "d": DAY}


class Command(BaseCommand):
    help = (
        "Compare what is stored with what the database says, on local files and in the bucket: report objects without "
        "rows and rows without objects, and with --delete remove the former."
    )

    now: Callable[[], datetime] = staticmethod(timezone.now)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--delete", action="store_true", help="delete the objects without rows")
        parser.add_argument(
            "--min-age",
            type=_age,
            default=DAY,
            metavar="AGE",
            help="leave alone what is younger, such as 36h or 7d (24h, the least)",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="delete even where the database knows none of the jobs that the objects are of",
        )

    def handle(self, *args: Any, delete: bool, min_age: timedelta, force: bool, **options: Any) -> None:
        self._before = self.now() - min_age
        try:
            wrong = [
                self._examine(storage, delete=delete, force=force)
                for storage in configured_storages().values()
            ]
        except (StorageError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped.") from None
        wrong.append(self._unreachable())
        if any(wrong):
            raise CommandError("Not all is well; what is wrong is said above.")

    def _examine(self, storage: AudioStorage, *, delete: bool, force: bool) -> bool:
        """Report on a storage and clean it where that is wanted. Whether anything is wrong with it afterwards."""
        name = storage.storage_type
        found = orphans.survey(storage, self._before, lambda text: self.stdout.write(f"{name}: {text}"))
        interrupted = found.unfinished or Amount()
        self.stdout.write(
            f"{name}: {_text(found.objects)} in all; without a row {_text(found.orphans)}, "
            f"and {_text(found.young)} too young to judge; from interrupted writes {_text(interrupted)}; "
            f"{found.missing:,} missing"
        )
        if found.unfinished is None:
            self.stdout.write(
                f"{name}: this service cannot list what interrupted writes have left. Have a lifecycle rule of the "
                "bucket end unfinished uploads after a day."
            )
        waste = bool(found.orphans.files or interrupted.files)
        if not waste:
            return found.missing > 0
        if not delete:
            self.stdout.write(f"{name}: run this with --delete to remove what no row names")
            return True
        if found.orphans.files and not found.known and not force:
            self.stdout.write(
                f"{name}: nothing was deleted, because this database knows none of the jobs that these objects are of. "
                "Look whether DATABASE_URL and STORAGE_BUCKET_NAME belong together; if they do, add --force."
            )
            return True
        self._delete(storage)
        return found.missing > 0

    def _delete(self, storage: AudioStorage) -> None:
        deleted = orphans.delete_orphans(storage, self._before)
        deleted += orphans.delete_unfinished(storage, self._before)
        self.stdout.write(f"{storage.storage_type}: deleted {_text(deleted)}")

    def _unreachable(self) -> bool:
        """Report what rows say to lie on a storage that is not configured. Whether there is any."""
        there = configured_storages()
        count = 0
        for name in STORAGE_TYPES:
            if name not in there:
                count += Track.objects.kept().filter(storage_type=name).count()
                count += Rendition.objects.kept().filter(storage_type=name).count()
                count += Archive.objects.kept().filter(storage_type=name).count()
        if count:
            self.stdout.write(
                f"{count:,} files lie on a storage that is not configured: "
                "set the STORAGE_ variables that they were made with"
            )
        return count > 0


def _text(amount: Amount) -> str:
    return f"{amount.files:,} ({amount.size / 1e6:,.1f} MB)"


def _age(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([hd])", text)
    if match is None:
        raise ArgumentTypeError(f"“{text}” is no age: give hours or days, such as 36h or 7d")
    age = int(match[1]) * UNITS[match[2]]
    if age < DAY:
        raise ArgumentTypeError("nothing younger than a day (24h) is ever touched")
    return age
