"""Collecting static files only when they changed: compressing them takes longer than all the rest of a start."""

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

FINGERPRINT = ".collected"


def collect_if_changed() -> bool:
    """Collect into `STATIC_ROOT` what differs from the last time; whether there was anything. Raises OSError."""
    kept = Path(settings.STATIC_ROOT) / FINGERPRINT
    fingerprint = _fingerprint()
    if kept.exists() and kept.read_text() == fingerprint:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    kept.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    """Changes with the name, size or time of any static file of the project and its packages."""
    digest = hashlib.blake2b(digest_size=16)
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
