"""Running this project's commands in an environment of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

# Less than a test may take: what hangs is ended with it.
SECONDS = 200
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def environment(folder: Path, **variables: str) -> Mapping[str, str]:
    """An environment without this project's variables, but for its files in `folder` and those given."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"VAR_DIR": str(folder)} | variables


def python(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in this project's folder and return how it ended and what it printed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def manage(folder: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return python(folder, "manage.py", *arguments, **variables)
