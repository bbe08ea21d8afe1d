"""Move audio between local files and the bucket: `python manage.py migrate_audio`."""

import sys
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

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
from generation.tracks.orphans import delete_left_behind
from musicgen.parallel import in_parallel

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

    def _move(self, target: AudioStorage, amount: moving.Amount, workers: int, keep_source: bool) -> None:
        place = NAMES[target.storage_type]
        self.stdout.write(f"Moving {_text(amount)} to {place}.")
        self.stdout.flush()
        moved, troubles = self._moved(target, amount, workers, keep_source)
        if not keep_source:
            self._clean_up(target.storage_type)
        self.stdout.write(f"Moved {_text(moved)} to {place}.")
        self._say_what_stays(target)
        if troubles:
            raise CommandError(f"Not moved: {troubles}, for the reasons above. They are where they were.")
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

    def _moved(
        self, target: AudioStorage, amount: moving.Amount, workers: int, keep_source: bool
    ) -> tuple[moving.Amount, int]:
        """Move everything; how much that was, and how many files could not be moved."""
        moved, troubles = moving.Amount(), 0

        def move(file: moving.File) -> moving.Result:
            return moving.move_with_retries(file, target, keep_source=keep_source)

        with tqdm(
            total=amount.size, unit="B", unit_scale=True, file=sys.stderr, disable=None, leave=False
        ) as bar:
            for result in in_parallel(move, moving.files_to_move(target.storage_type), workers):
                bar.update(result.file.size)
                if result.moved:
                    moved += moving.Amount(1, result.file.size)
                if result.trouble:
                    troubles += 1
                    with tqdm.external_write_mode(sys.stderr):
                        self.stderr.write(f"{_label(result.file)} was not moved: {result.trouble}.")
        return moved, troubles

    def _clean_up(self, target: str) -> None:
        """Delete what earlier runs copied and verified but were stopped before they deleted it."""
        left = sum(
            (delete_left_behind(source) for source in configured_storages() if source != target),
            moving.Amount(),
        )
        if left.files:
            self.stdout.write(f"Deleted {_text(left)} that earlier runs had left behind.")


def _label(file: moving.File) -> str:
    if isinstance(file, Rendition):
        return f"Track {file.track_id} ({file.format})"
    return f"Track {file.pk}"


def _text(amount: moving.Amount) -> str:
    files = "1 file" if amount.files == 1 else f"{amount.files:,} files"
    return f"{files} ({amount.size / 1e6:,.1f} MB)"


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_WORKERS:
        raise ArgumentTypeError(f"“{text}” is not a number from 1 to {MOST_WORKERS}")
    return int(text)
