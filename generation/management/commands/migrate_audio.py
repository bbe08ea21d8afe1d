"""Move audio between local files and the bucket: `python manage.py migrate_audio`."""

from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from generation.management.file_progress import carry_out
from generation.models import Rendition
from generation.storage import (
    STORAGE_TYPES,
    AudioStorage,
    StorageError,
    audio_storage,
    configured_storages,
    storage_of,
)
from generation.tracks import archive_files, moving
from generation.tracks.kept_files import Amount, File
from generation.tracks.orphans import delete_left_behind

NAMES = {"local": "local files", "s3": "the bucket"}
MOST_WORKERS = 32


class Command(BaseCommand):
    help = (
        "Move all audio to the storage that new audio goes to, or to another: copied, verified, and only then deleted "
        "where it was. It may be stopped at any time and run again, also beside itself and while the site is in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", choices=STORAGE_TYPES, help="where to (where new audio goes)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be moved")
        parser.add_argument("--workers", type=_workers, default=4, help="how many files at once (4)")
        parser.add_argument(
            "--keep-source",
            action="store_true",
            help="leave the old files too; a later run without this, or prune_audio --delete, removes them",
        )

    def handle(
        self, *args: Any, to: str | None, dry_run: bool, workers: int, keep_source: bool, **options: Any
    ) -> None:
        try:
            target = storage_of(to) if to else audio_storage()
            amount = moving.amount_to_move(target.storage_type)
            for source in moving.sources(target.storage_type):
                storage_of(source)  # so that one which is not configured is reported before anything is moved
            if dry_run:
                self.stdout.write(f"{_text(amount)} would move to {NAMES[target.storage_type]}.")
                self._say_what_stays(target)
                return
            self._move(target, amount, workers, keep_source)
        except (StorageError, DatabaseError) as error:
            raise CommandError(
                f"{str(error).strip()} What was not moved is where it was; run this again."
            ) from error
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped. What was not moved is where it was; run this again to go on."
            ) from None

    def _move(self, target: AudioStorage, amount: Amount, workers: int, keep_source: bool) -> None:
        place = NAMES[target.storage_type]
        self.stdout.write(f"Moving {_text(amount)} to {place}.")
        self.stdout.flush()
        results = moving.move_all(target, workers, keep_source=keep_source)
        outcome = carry_out(self, results, _label, total=amount.size)
        if not keep_source:
            self._clean_up(target.storage_type)
        self.stdout.write(f"Moved {_text(outcome.done)} to {place}.")
        self._say_what_stays(target)
        if outcome.troubles:
            raise CommandError(
                f"Not moved: {outcome.troubles}, for the reasons above. They are where they were."
            )
        left = moving.amount_to_move(target.storage_type)
        if left.files:
            raise CommandError(
                f"{_text(left)} came to lie elsewhere meanwhile. Give every web and worker process the same STORAGE_ "
                "variables, and run this again."
            )

    def _say_what_stays(self, target: AudioStorage) -> None:
        if stays := archive_files.elsewhere(target.storage_type):
            zips = "1 zip" if stays == 1 else f"{stays:,} zips"
            self.stdout.write(
                f"Not moved: {zips} for download, deleted within {settings.ARCHIVE_HOURS} hours by themselves. "
                "Keep the storage on which they lie configured for so long."
            )

    def _clean_up(self, target: str) -> None:
        """Delete what earlier runs copied and verified but were stopped before they deleted it."""
        left = sum(
            (delete_left_behind(source) for source in configured_storages() if source != target),
            Amount(),
        )
        if left.files:
            self.stdout.write(f"Deleted {_text(left)} that earlier runs had left behind.")


def _label(file: File) -> str:
    name = f"{file.track_id} ({file.format})" if isinstance(file, Rendition) else str(file.pk)
    return f"Track {name} was not moved"


def _text(amount: Amount) -> str:
    files = "1 file" if amount.files == 1 else f"{amount.files:,} files"
    return f"{files} ({amount.size / 1e6:,.1f} MB)"


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise ArgumentTypeError(f"“{text}” is not a number from 1 to {MOST_WORKERS}")
    return int(text)
