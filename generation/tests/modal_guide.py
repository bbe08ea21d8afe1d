"""The commands of docs/modal.md, and a person who types them: with a home, a copy of the project and a shell."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generation.tests.modal_containers import PROJECT, SECONDS

# “modal run” and “modal deploy” alone are spoken of, not typed.
_COMMAND: Final = re.compile(
    r"(?:[A-Z_]+=\S+ )*(?:modal (?!run$|deploy$)|python \S|make \S|pip \S)|export |[A-Z]+=\S+/"
)
_CODE: Final = re.compile(r"^```\n(.*?)^```|`([^`]+)`", re.DOTALL | re.MULTILINE)


def guide_commands() -> list[str]:
    """All commands of the guide, in its order."""
    found: list[str] = []
    for block, span in _CODE.findall((PROJECT / "docs/modal.md").read_text("utf-8")):
        lines = block.replace("\\\n", " ").splitlines() if block else [" ".join(span.split())]
        found += [" ".join(line.split()) for line in lines if _COMMAND.match(line)]
    return found


def guide_command(beginning: str) -> str:
    """The command of the guide that begins so. Raises ValueError unless there is exactly one."""
    [found] = {command for command in guide_commands() if command.startswith(beginning)}
    return found


@dataclass(frozen=True)
class Person:
    """Somebody at a shell in a copy of the project, which has a `var` of its own."""

    home: Path
    folder: Path
    environment: dict[str, str]

    def start(self, command: str, **variables: str) -> subprocess.Popen[str]:
        """Type a command, without waiting for its end."""
        return subprocess.Popen(
            ["bash", "-ec", command],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def types(self, command: str, **variables: str) -> str:
        """Type a command that works, and read what it says."""
        process = self.start(command, **variables)
        said, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, f"{command}\n{said}"
        return said


def person(folder: Path, **variables: str) -> Person:
    """Somebody whose files are all in this folder, and in whose environment is no more than they set."""
    home, copy = folder / "home", folder / "project"
    home.mkdir(parents=True)
    copy.mkdir()
    for entry in PROJECT.iterdir():
        if entry.name not in ("var", ".env", ".git"):
            (copy / entry.name).symlink_to(entry)
    left_out = ("MODAL_", "HF_", "DIFFUSION_", "GENERATION_", "STORAGE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return Person(
        home,
        copy,
        inherited
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "VAR_DIR": str(copy / "var"),
            "DATABASE_URL": f"sqlite:///{copy / 'var' / 'db.sqlite3'}",
            "OMP_NUM_THREADS": "1",  # threads of a tiny model mostly wait for one another
            **variables,
        },
    )
