"""Bring a backup back into an empty site: `python manage.py restore FOLDER`."""

from operator import attrgetter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from generation.backups import audio, database, layout
from generation.backups.layout import BackupError
from generation.management.file_progress import carry_out
from generation.models import Archive
from generation.storage import StorageError, audio_storage


class Command(BaseCommand):
    help = (
        "Fill an empty database from a backup, and the storage that new audio goes to with its audio. Web and worker "
        "must not run yet. Where it was stopped among the audio, run it again with --audio-only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where backups are kept")
        parser.add_argument(
            "--database",
            dest="copy",
            metavar="NAME",
            help="which copy, such as database-20261130T020000Z (the newest)",
        )
        parser.add_argument("--audio-only", action="store_true", help="the database is restored already")
        parser.add_argument("--workers", type=int, default=4, help="how many files at once (4)")

    def handle(
        self, *args: Any, folder: Path, copy: str | None, audio_only: bool, workers: int, **options: Any
    ) -> None:
        try:
            if not audio_only:
                self._restore_database(folder, copy)
            troubles = self._restore_audio(folder, workers)
        except (BackupError, StorageError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run this again with --audio-only to go on.") from None
        if troubles:
            raise CommandError(
                f"Not restored: {troubles:,} files, for the reasons above. All else is, and the site can be started."
            )
        self.stdout.write("Restored. Web and worker can be started.")

    def _restore_database(self, kept_in: Path, name: str | None) -> None:
        copies = layout.databases(kept_in)
        chosen = kept_in / name if name else copies[-1] if copies else None
        if chosen is None:
            raise BackupError(f"{kept_in} has no finished backup of a database.")
        manifest = database.restore(chosen)
        # Zips are not in a backup: they can be ordered again.
        Archive.objects.all().discard(timezone.now())
        self.stdout.write(f"Database: as it was at {manifest.made_at}.")

    def _restore_audio(self, kept_in: Path, workers: int) -> int:
        restored = audio.restore(kept_in, audio_storage(), workers)
        outcome = carry_out(self, restored, attrgetter("storage_key"))
        self.stdout.write(f"Audio: stored {outcome.done.files:,} files ({outcome.done.size / 1e6:,.1f} MB).")
        return outcome.troubles
