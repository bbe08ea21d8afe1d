"""The doctor of the storage: `python manage.py check_storage`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser

from generation.doctor.origins import site_origins
from generation.doctor.report import DoctorCommand
from generation.doctor.steps import Finding
from generation.storage import LocalAudioStorage, StorageError, audio_storage

if TYPE_CHECKING:
    from generation.storage import S3AudioStorage


class Command(DoctorCommand):
    help = "Store, read, sign, fetch and delete a probe where audio goes, and say how to mend what fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            metavar="URL",
            help="where pages of the site are at home, such as https://music.example.org; may be given more than "
            "once (CSRF_TRUSTED_ORIGINS and ALLOWED_HOSTS)",
        )
        parser.add_argument(
            "--fix-cors",
            action="store_true",
            help="set the bucket's CORS rules, keeping those that are there",
        )
        parser.add_argument(
            "--multipart", action="store_true", help="store 100 MB too, which goes in parts, and read it back"
        )
        parser.add_argument(
            "--site-url",
            metavar="URL",
            help="for local files: follow links at the running site, such as http://127.0.0.1:8000",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.report(self._findings(options), "Audio cannot be stored and played as it should")

    def _findings(self, options: dict[str, Any]) -> Iterator[Finding]:
        storage = audio_storage()
        if isinstance(storage, LocalAudioStorage):
            return self._of_folder(storage, options)
        return self._of_bucket(storage, options)  # type: ignore[arg-type]  # there are the two

    def _of_folder(self, storage: LocalAudioStorage, options: dict[str, Any]) -> Iterator[Finding]:
        from generation.doctor.folder import examine_folder

        if options["fix_cors"] or options["multipart"]:
            raise CommandError("--fix-cors and --multipart are for a bucket. Set STORAGE_BUCKET_NAME first.")
        self.stdout.write(f"Local files in {storage.location}")
        return examine_folder(storage, options["site_url"])

    def _of_bucket(self, storage: "S3AudioStorage", options: dict[str, Any]) -> Iterator[Finding]:
        from generation.doctor.bucket import Options, examine_bucket, place_of

        if options["site_url"]:
            raise CommandError("--site-url is for local files. Name the site's address with --origin.")
        try:
            place = place_of(storage)
        except StorageError as error:
            raise CommandError(error.message) from error
        chosen = Options(site_origins(options["origin"]), options["fix_cors"], options["multipart"])
        self.stdout.write(f"Bucket “{place.bucket}” at {place.service}")
        return examine_bucket(storage, place, chosen)
