"""A track without a browser: `python manage.py generate "rainy night lo-fi" -o night.wav`."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.utils import OperationalError, ProgrammingError

from accounts.models import User
from accounts.suspension import Suspended
from generation import jobs
from generation.audio.decode import AudioDecodeError
from generation.engines.registry import UnknownEngine
from generation.engines.request import MusicRequest, RequestError
from generation.management.output_file import OutputError, OutputFile
from generation.management.progress_bar import progress_bar
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.models.quotas import QuotaExceeded
from generation.storage import StorageError
from generation.storage.base import chunks_of
from generation.tracks import renditions
from generation.worker.foreground import run_in_foreground

OWNER = "cli@localhost"
FIELDS = ("prompt", "duration", "genre", "seed", "bpm", "key", "time_signature", "title")


class Command(BaseCommand):
    help = "Generate a track and write it to a file: the same job as on the site, worked on right here."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.called_from_command_line = False  # so that a wrong option is one sentence and not the usage
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prompt", help="what it should sound like")
        parser.add_argument("--duration", type=_number, default=30.0, help="seconds (30)")
        parser.add_argument("--genre", help="such as lofi; otherwise read from the prompt")
        parser.add_argument("--seed", type=_whole_number, help="the same seed gives the same music")
        parser.add_argument("--bpm", type=_number, help="beats per minute")
        parser.add_argument("--key", help="such as “A minor”")
        parser.add_argument("--time-signature", help="such as 3/4")
        parser.add_argument("--engine", help="the engine to use; otherwise GENERATION_ENGINE")
        parser.add_argument("--title", help="otherwise the beginning of the prompt")
        parser.add_argument("--user", metavar="EMAIL", help=f"whose library it goes to ({OWNER})")
        parser.add_argument(
            "-o", "--output", metavar="FILE", help="a .wav, .mp3, .flac or .opus; otherwise a new .wav here"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except CommandError as error:  # of the options: those of the work are printed by Django
            sys.exit(str(error))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            output = OutputFile(options["output"])
            track = self._made(_submitted(options))
            path = output.write(_content(track, output.format.name), track.title)
        except (
            RequestError,
            UnknownEngine,
            QuotaExceeded,
            Suspended,
            OutputError,
            StorageError,
            AudioDecodeError,
        ) as error:
            raise CommandError(str(error)) from error
        except FileNotFoundError as error:
            raise CommandError("The track was deleted before it could be written.") from error
        except (OperationalError, ProgrammingError) as error:
            raise CommandError(_database_trouble(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. Nothing was written.") from None
        self.stdout.write(f"{path}\nSeed {track.seed}")

    def _made(self, job: Job) -> Track:
        """Run the job to its end and return its track. Raises CommandError where there is none."""
        for notice in job.notices:
            self.stderr.write(notice, self.style.NOTICE)
        with progress_bar(sys.stderr) as show:
            run_in_foreground(job, show)
        if job.status == Status.CANCELED:
            raise CommandError("Canceled. Nothing was written.")
        if job.status == Status.FAILED:
            raise CommandError(job.error_detail or job.error_message)
        return job.tracks.get(index=0)


def _submitted(options: dict[str, Any]) -> Job:
    owner = _owner(options["user"])
    request = MusicRequest(**{name: options[name] for name in FIELDS})
    return jobs.submit(owner=owner, request=request, engine=options["engine"])


def _owner(email: str | None) -> User:
    """The user of that e-mail address, or the one that stands for this command."""
    found = User.objects.filter(email__iexact=email or OWNER).first()
    if found is not None:
        return found
    if email:
        raise CommandError(f"There is no user {email}. Leave --user out, or sign up on the site first.")
    return User.objects.create_user(email=OWNER)


def _content(track: Track, format_name: str) -> Iterator[bytes]:
    """The bytes of a track in a format, made now if that has not been done."""
    stored = renditions.make_rendition(track.pk, format_name)
    if stored is None:
        raise FileNotFoundError(track.storage_key)
    with stored.storage.open(stored.storage_key) as file:
        yield from chunks_of(file)


def _database_trouble(error: DatabaseError) -> str:
    return f"The database cannot be used ({str(error).strip()}). Is it up, and has “python manage.py migrate” been run?"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a number") from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a whole number") from None
