"""A whole site for tests: web and worker as real processes, with a folder, a database and a port of their own."""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.test import override_settings

from musicgen.static_files import collect_if_changed

START_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """Where a running site answers, the environment in which its commands run, and its main process."""

    url: str
    environment: Mapping[str, str]
    log: Path
    process: "subprocess.Popen[bytes]"

    def manage(self, *arguments: str) -> str:
        """Run a management command of this site and return what it prints. Raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=dict(self.environment),
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_site(folder: Path, **variables: str) -> Iterator[Site]:
    """Run `manage.py serve` with its files in `folder`, and end it with SIGINT, as Ctrl-C does.

    It finds static files collected and a database migrated, which takes seconds, unless `folder` has a `static` of
    its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "static").exists():
        (folder / "static").symlink_to(_collected())
        if "DATABASE_URL" not in variables:
            shutil.copyfile(migrated(), folder / "db.sqlite3")
    port = int(variables.get("PORT") or free_port())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STORAGE_")} | {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "VAR_DIR": str(folder),
        "PORT": str(port),
        **variables,
    }
    log_file = folder / "site.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        site = Site(f"http://127.0.0.1:{port}", environment, log_file, process)
        try:
            _wait_until_ready(site)
            yield site
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)


def _collected() -> Path:
    """Where the static files are that the sites of all tests share, in this run and the next."""
    root: Path = settings.VAR_DIR / "test-static"
    root.mkdir(parents=True, exist_ok=True)
    storages = settings.STORAGES | {
        "staticfiles": {"BACKEND": "musicgen.static_storage.SiteStaticFilesStorage"}
    }
    with (settings.VAR_DIR / "test-static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with override_settings(STATIC_ROOT=root, STORAGES=storages):
            collect_if_changed()
    return root


def migrated() -> Path:
    """An SQLite database with all migrations and no rows, with which tests begin, in this run and the next."""
    names = sorted(
        path.relative_to(settings.BASE_DIR) for path in settings.BASE_DIR.glob("*/migrations/*.py")
    )
    digest = hashlib.blake2b(digest_size=8)
    for name in (*names, Path("requirements.txt")):
        digest.update(f"{name}\n".encode() + (settings.BASE_DIR / name).read_bytes())
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    kept: Path = settings.VAR_DIR / f"test-database-{digest.hexdigest()}.sqlite3"
    with (settings.VAR_DIR / "test-database.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for older in settings.VAR_DIR.glob("test-database-*.sqlite3"):
                older.unlink()
            fresh = kept.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            environment = {**os.environ, "DATABASE_URL": f"sqlite:///{fresh}"}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
            subprocess.run(migrate, cwd=settings.BASE_DIR, env=environment, check=True)
            fresh.rename(kept)
    return kept


def _wait_until_ready(site: Site) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and site.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{site.url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass  # it does not answer yet
        time.sleep(0.2)
    raise AssertionError(f"The site did not start:\n{site.log.read_text()}")
