"""Deploying an app by Modal's own command, and running its containers by Modal's own entrypoint, on this machine.

A container finds the files that were uploaded at the place where the real one does, and of the installed packages only
those that the app's image installs.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from modal_proto import api_pb2
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from generation.diffusion.catalog import Model
from generation.engines.base import Music, Pending
from generation.engines.modal import ModalEngine
from generation.tests.modal_cloud import CloudServer
from generation.tests.modal_server import running

PROJECT: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 300
# How often a container asks what is not wanted any more; 15 by itself.
HEARTBEAT_SECONDS: Final = "0.5"
# Modal puts its client into every container.
CLIENT: Final = "modal"
HIDE: Final = """
import sys
from importlib.machinery import PathFinder


class Installed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {hidden} else PathFinder.find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Installed
"""


def modal_command(server: CloudServer, *arguments: str, **variables: str) -> str:
    """Run Modal's command in the project's folder, as a person does, and return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "modal", *arguments],
        cwd=PROJECT,
        env=_environment(server, variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True)
class Container:
    """A container that was started, and the file with what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that it is to bring about."""
        end = time.monotonic() + SECONDS
        while not happened():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)


@contextmanager
def deployed(model: Model, folder: Path, **variables: str) -> Iterator[CloudServer]:
    """A Modal to which the app has been deployed for a model whose weights lie in this folder."""
    server = CloudServer()
    with running(server):
        where = {"MODAL_MODEL": model.name, "MODELS_DIR": str(folder)}
        modal_command(server, "deploy", "generation/engines/modal_app.py", **where, **variables)
        yield server


def made(engine: ModalEngine, call: str, there: Container) -> list[Music]:
    """The songs of a call, waited for. Raises what kept one from being made."""
    found: list[Music] = []

    def are_there() -> bool:
        result = engine.collect(call, 1.0)
        if not isinstance(result, Pending):
            found.extend(song() for song in result)
        return bool(found)

    there.until(are_there)
    return found


@contextmanager
def container(server: CloudServer, function: str, folder: Path, **variables: str) -> Iterator[Container]:
    """A container of a deployed function, until the block ends."""
    root = _laid_out(server, function, folder)
    (folder / "arguments").write_bytes(_arguments(server, function).SerializeToString())
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "modal._container_entrypoint"],
            cwd=root,
            env=_environment(server, {**_set_by(server.service.commands), **variables})
            | {
                "MODAL_CONTAINER_ARGUMENTS_PATH": str(folder / "arguments"),
                "MODAL_HEARTBEAT_INTERVAL": HEARTBEAT_SECONDS,
                "OMP_NUM_THREADS": "1",  # threads of a tiny model mostly wait for one another
                "PYTHONPATH": str(root),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server.service.closing.discard(function)
    try:
        yield Container(process, log)
        server.service.closing.add(function)
        assert process.wait(SECONDS) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def _environment(server: CloudServer, variables: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MODAL_", "HF_"))}
    return {**inherited, **server.environment, **variables}


def _laid_out(server: CloudServer, function: str, folder: Path) -> Path:
    """The uploaded files below `folder` instead of below /, and what hides the packages that no command installed."""
    for path, content in server.service.uploaded(function).items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    root = folder / "root"
    (root / "sitecustomize.py").write_text(HIDE.format(hidden=_not_installed(server.service.commands)))
    return root


def _set_by(commands: Iterable[str]) -> dict[str, str]:
    """The variables that an image sets."""
    lines = [shlex.split(command) for command in commands if command.startswith("ENV ")]
    return dict(word.split("=", 1) for _, word in lines)


def _not_installed(commands: Iterable[str]) -> set[str]:
    """The importable names of this environment that come from no package which the commands install."""
    wanted = [CLIENT, *re.findall(r"([\w.-]+)==", "\n".join(commands))]
    there: set[str] = set()
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name not in there:
            there.add(name)
            wanted += _needed_by(name)
    return {
        module
        for module, packages in metadata.packages_distributions().items()
        if not there & {canonicalize_name(package) for package in packages}
    }


def _needed_by(package: str) -> list[str]:
    try:
        requirements = [Requirement(line) for line in metadata.requires(package) or ()]
    except metadata.PackageNotFoundError:  # needed elsewhere, on another system
        return []
    return [each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]


def _arguments(server: CloudServer, function: str) -> api_pb2.ContainerArguments:
    definition = server.service.functions[function]
    layout = api_pb2.AppLayout(
        objects=[
            api_pb2.Object(
                object_id=f"fu-{name}",
                function_handle_metadata=api_pb2.FunctionHandleMetadata(function_name=name),
            )
            for name in server.service.functions
        ],
        function_ids={name: f"fu-{name}" for name in server.service.functions},
        class_ids={"Generator": "cs-1"},
    )
    layout.objects.add(object_id="cs-1").class_handle_metadata.SetInParent()
    layout.objects.extend(
        api_pb2.Object(object_id=needed.object_id) for needed in definition.object_dependencies
    )
    return api_pb2.ContainerArguments(
        task_id="ta-1",
        function_id=f"fu-{function}",
        app_id="ap-1",
        function_def=definition,
        environment_name="main",
        app_layout=layout,
    )
