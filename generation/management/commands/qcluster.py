"""The worker: `python manage.py qcluster`. Takes the place of django-q2's command of that name."""

from typing import Any

from django.core.management.base import BaseCommand

from generation.worker.process import WorkerProcess


class Command(BaseCommand):
    help = (
        "Run the worker, which makes the music. "
        "Stop it with Ctrl-C or SIGTERM: jobs in hand are ended first, or handed back."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        WorkerProcess().run()
