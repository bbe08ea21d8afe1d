"""The whole site on one machine: `python manage.py serve`, which `make run` calls."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection

from musicgen.logged_command import LoggedCommand
from musicgen.static_files import collect_if_changed
from musicgen.supervisor import GivenUp, Program, Supervisor

HOST = "127.0.0.1"
# What the worker may need beyond its grace, to end what does not obey.
OVERTIME_SECONDS = 5
# A worker waits longer for a database that does not answer: it has been there before.
CONNECT_SECONDS = 3


class Command(LoggedCommand):
    help = "Migrate, collect static files, then keep web and worker running until Ctrl-C."
    requires_system_checks = []  # `handle` reports errors in a sentence each, the worker's command all else

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_port()
        self._check_settings()
        try:
            self._prepare()
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {' '.join(str(error).split())}") from error
        except OSError as error:
            raise CommandError(f"Cannot write {error.filename}: {error.strerror}.") from error
        except KeyboardInterrupt:
            return
        self.stdout.write(
            f"{settings.SITE_NAME} is starting at http://{HOST}:{settings.PORT}/ (Ctrl-C stops it)"
        )
        self.stdout.flush()
        try:
            self._supervisor().run()
        except GivenUp as error:
            raise CommandError(str(error), returncode=error.status) from error

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, settings.PORT))
            except OSError as error:
                raise CommandError(
                    f"Port {settings.PORT} cannot be used ({error.strerror}). Choose another: PORT=8001 make run"
                ) from error

    def _check_settings(self) -> None:
        errors = [message for message in run_checks() if message.is_serious() and not message.is_silenced()]
        if errors:
            raise CommandError("\n".join(_sentence(error) for error in errors))

    def _prepare(self) -> None:
        if connection.vendor == "postgresql":
            connection.settings_dict["OPTIONS"]["connect_timeout"] = CONNECT_SECONDS
        call_command("migrate", verbosity=0, interactive=False)
        collect_if_changed()

    def _supervisor(self) -> Supervisor:
        programs = [Program("Web", self._web()), Program("The worker", self._worker())]
        return Supervisor(programs, drain_seconds=settings.WORKER_GRACE_SECONDS + OVERTIME_SECONDS)

    def _web(self) -> list[str]:
        return [
            *(sys.executable, "-m", "gunicorn", "--config", "python:musicgen.gunicorn_settings"),
            *("--chdir", os.fspath(settings.BASE_DIR)),
            *("--bind", f"{HOST}:{settings.PORT}"),
            *("--log-level", "warning"),
        ]

    def _worker(self) -> list[str]:
        return [sys.executable, os.fspath(settings.BASE_DIR / "manage.py"), "qcluster"]


def _sentence(message: CheckMessage) -> str:
    """What a system check found and what to do, in one line."""
    return " ".join(f"{message.msg} {message.hint or ''} ({message.id})".split())
