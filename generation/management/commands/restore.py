"""Bring a backup back into an empty site: `python manage.py restore FOLDER`."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone
from tqdm import tqdm

from generation.backups import audio, database, layout
from generation.backups.layout import BackupError
from generation.models import Archive
from generation.storage import StorageError, audio_storage
from generation.tracks.moving import Amount


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
        target = audio_storage()
        stored, troubles = Amount(), 0
        with tqdm(unit="B", unit_scale=True, file=sys.stderr, disable=None, leave=False) as bar:
            for result in audio.restore(kept_in, target, workers):
                bar.update(result.file.size)
                if result.trouble:
                    troubles += 1
                    with tqdm.external_write_mode(sys.stderr):
                        self.stderr.write(f"{result.file.storage_key}: {result.trouble}.")
                elif result.copied:
                    stored += Amount(1, result.file.size)
        self.stdout.write(f"Audio: stored {stored.files:,} files ({stored.size / 1e6:,.1f} MB).")
        return troubles
