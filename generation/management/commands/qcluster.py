"""The worker: `python manage.py qcluster`. Takes the place of django-q2's command of that name."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import CommandError

from generation.storage.errors import StorageError
from generation.worker.process import WorkerProcess
from musicgen.logged_command import LoggedCommand


class Command(LoggedCommand):
    help = (
        "Run the worker, which makes the music. "
        "Stop it with Ctrl-C or SIGTERM: jobs in hand are ended first, or handed back."
    )

    # Not those of addresses, at which a worker answers nobody: to load them all takes a third of its start.
    requires_system_checks = ["generation", Tags.caches, Tags.files, Tags.models, Tags.security]

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            WorkerProcess().run()
        except (
            StorageError
        ) as error:  # as where there are no keys: a worker signs a URL before it says it is ready
            raise CommandError(error.message) from error
