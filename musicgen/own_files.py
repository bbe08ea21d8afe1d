"""What an installation keeps in a folder of its own, and the secret key that it makes for itself."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing. Raises ImproperlyConfigured."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot make the folder {folder} ({error.strerror}). Let this user write there, or set VAR_DIR to another."
        ) from error


def kept_secret_key(path: Path) -> str:
    """Read the key that this installation made for itself, making it (mode 600) at the first start.

    The key is written beside its place and linked into it, so that of two processes starting together
    both end with the same key. Raises ImproperlyConfigured.
    """
    make_folder(path.parent)
    try:
        if not path.exists():
            _make_key(path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot keep a secret key in {path.parent} ({error.strerror}). "
            "Make that folder writable, or set SECRET_KEY."
        ) from error


def _make_key(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key is the one
    finally:
        draft.unlink()
