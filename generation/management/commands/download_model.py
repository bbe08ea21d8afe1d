"""Get the weights of an open model for this machine's own GPU: `python manage.py download_model`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.diffusion.catalog import ACE_STEP, MODELS
from generation.diffusion.errors import ModelUnavailable


class Command(BaseCommand):
    help = (
        "Download the weights of a model to DIFFUSION_CACHE_DIR, by default of DIFFUSION_MODEL. From then on the "
        "engine “diffusion” runs exactly this commit; run it again for a newer one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", nargs="?", choices=sorted(MODELS), help="its name in the catalogue")
        parser.add_argument("--revision", help="a commit, branch or tag instead of the newest")

    def handle(self, *args: Any, model: str | None, revision: str | None, **options: Any) -> None:
        try:
            from generation.diffusion.loading import download
        except ModuleNotFoundError as error:
            raise CommandError(
                f"{error.name} is missing. Run “pip install -r requirements-gpu.txt” first."
            ) from error
        chosen = MODELS[model or settings.DIFFUSION_MODEL or ACE_STEP.name]
        self.stdout.write(f"{chosen.title} is published under: {chosen.licence} ({chosen.licence_url})")
        if chosen.licence_note:
            self.stdout.write(chosen.licence_note)
        try:
            commit = download(
                chosen,
                cache_dir=settings.DIFFUSION_CACHE_DIR,
                revision=revision,
                planner=settings.DIFFUSION_PLANNER,
            )
        except ModelUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Commit {commit} is in {settings.DIFFUSION_CACHE_DIR}.")
        if chosen.name != settings.DIFFUSION_MODEL:
            self.stdout.write(f"Set DIFFUSION_MODEL={chosen.name} to make music with it.")
