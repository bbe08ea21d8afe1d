"""Back up the database and all audio into a folder: `python manage.py backup FOLDER`."""

import shutil
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from generation.backups import audio, database, layout
from generation.backups.layout import BackupError
from generation.management.file_progress import carry_out
from generation.storage import StorageError


class Command(BaseCommand):
    help = (
        "Copy the database as it is now, then all audio that is not in the folder yet. The site may be in use. "
        "Run it again to go on, or for the next backup: audio that is there already is not copied again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept, on another disk or machine")
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="keep the newest N copies of the database, delete older ones",
        )
        parser.add_argument(
            "--forget-deleted",
            action="store_true",
            help="delete copies of audio that nobody's track names any more; older copies of the database lack it then",
        )
        parser.add_argument("--workers", type=int, default=4, help="how many files at once (4)")

    def handle(
        self,
        *args: Any,
        folder: Path,
        keep: int | None,
        forget_deleted: bool,
        workers: int,
        **options: Any,
    ) -> None:
        if keep is not None and keep < 1:
            raise CommandError("--keep must be at least 1.")
        try:
            # The database first: what it names was stored before, and is there when the audio is copied, unless its
            # owner deletes it meanwhile.
            self._save_database(folder)
            troubles = self._save_audio(folder, workers)
            if keep is not None:
                self._delete_older(folder, keep)
            if forget_deleted and not troubles:
                self.stdout.write(
                    f"Audio that nothing names any more: deleted {audio.forget_others(folder):,} copies."
                )
        except (BackupError, StorageError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run this again to go on.") from None
        if troubles:
            raise CommandError(f"Not copied: {troubles:,} files, for the reasons above. All else is.")

    def _save_database(self, into: Path) -> None:
        copy = layout.new_database(into, timezone.now())
        manifest = database.save(copy)
        rows = sum(table["rows"] for table in manifest.tables.values())
        self.stdout.write(f"Database: {f'{rows:,} rows' if manifest.tables else 'one file'} in {copy.name}.")

    def _save_audio(self, into: Path, workers: int) -> int:
        outcome = carry_out(self, audio.save(into, workers), attrgetter("storage_key"))
        self.stdout.write(
            f"Audio: copied {outcome.done.files:,} files ({outcome.done.size / 1e6:,.1f} MB), "
            f"{outcome.left:,} were there."
        )
        return outcome.troubles

    def _delete_older(self, kept_in: Path, keep: int) -> None:
        for older in layout.databases(kept_in)[:-keep]:
            shutil.rmtree(older)
            self.stdout.write(f"Deleted {older.name}.")
