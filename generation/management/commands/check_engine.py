"""The doctor of the engines: `python manage.py check_engine [ALIAS]`."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from generation.doctor.report import DoctorCommand
from generation.engines.registry import UnknownEngine, get_engine


class Command(DoctorCommand):
    help = (
        "Go the whole way to an engine and have a short piece of music made, and say how to mend what fails. "
        "At Modal the music starts a container with a GPU, which costs some cents."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("alias", nargs="?", help="which engine; otherwise GENERATION_ENGINE")
        parser.add_argument("--no-song", action="store_true", help="make no music")
        parser.add_argument(
            "--wait",
            type=float,
            default=900.0,
            metavar="SECONDS",
            help="how long a container may take to start and a song to be made (900)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from generation.doctor.engine import Examination, Limits
        from generation.doctor.modal_engine import ModalExamination
        from generation.engines.modal import ModalEngine

        alias = options["alias"] or settings.GENERATION_ENGINE
        try:
            engine = get_engine(alias)
        except UnknownEngine as error:
            hint = " Set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET for it." if alias == "modal" else ""
            raise CommandError(f"{error}{hint}") from error
        limits = Limits(song=not options["no_song"], seconds=options["wait"])
        if isinstance(engine, ModalEngine):
            examination: Examination = ModalExamination(engine, limits)
        else:
            examination = Examination(engine, limits)
        self.stdout.write(f"Engine “{alias}”")
        self.report(examination.findings(), f"The engine “{alias}” does not work as it should")
