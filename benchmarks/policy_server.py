"""The policy of docs/storage.md at a server that enforces policies: `python -m benchmarks.policy_server`.

Starts Ceph with its S3 gateway in a folder of its own (one monitor, one store in memory, no manager), makes a user
who has the documented policy and nothing else, and has this user go all the way: the doctor, two jobs, one of them
long enough to go up in parts, a move of local files, a prune. Then it takes each right away in turn and says what the
doctor makes of that. Whoever stored an object may read it at Ceph, so that `s3:GetObject` alone is not missed there.

Needs Debian's packages, as root: `apt-get install --no-install-recommends radosgw ceph-mon ceph-osd`. Four minutes.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
BUCKET = "music"
REGION = "us-east-1"
START_SECONDS = 180
CEPH_CONF = """\
[global]
fsid = {fsid}
mon host = v1:127.0.0.1:{port}
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data avail crit = 1
run dir = {folder}
log file = {folder}/$name.log
admin socket = {folder}/$name.asok
pid file = {folder}/$name.pid
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
"""


@dataclass(frozen=True)
class Keys:
    user: str
    access_key: str
    secret_key: str

    @classmethod
    def new(cls, user: str) -> "Keys":
        return cls(user, user.upper(), secrets.token_hex(20))


class Gateway:
    """A running gateway, and the two who use it: the owner of the bucket, and the one who has the policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.endpoint = ""
        self.owner, self.site = Keys.new("owner"), Keys.new("site")
        self._stack = ExitStack()

    def __enter__(self) -> "Gateway":
        with self._stack:
            self._start()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        monitor, gateway = _free_port(), _free_port()
        fsid, store = str(uuid.uuid4()), str(uuid.uuid4())
        (self.folder / "ceph.conf").write_text(CEPH_CONF.format(fsid=fsid, port=monitor, folder=self.folder))
        for name in ("mon", "osd"):
            (self.folder / name).mkdir()
        address = f"v1:127.0.0.1:{monitor}"
        self._run("monmaptool", "--create", "--add", "a", address, "--fsid", fsid, "monmap")
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap")
        self._keep("ceph-mon", "-i", "a", "-f")
        _wait(lambda: self._run("ceph", "--connect-timeout", "5", "osd", "new", store))
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", store)
        self._keep("ceph-osd", "-i", "0", "-f")
        self.endpoint = f"http://127.0.0.1:{gateway}"
        frontend = f"beast endpoint=127.0.0.1:{gateway}"
        self._keep(
            "radosgw",
            "-n",
            "client.rgw",
            "-f",
            f"--rgw_frontends={frontend}",
            f"--rgw_data={self.folder}/rgw",
        )
        _wait(lambda: socket.create_connection(("127.0.0.1", gateway), 1).close())
        for keys, more in ((self.owner, ["--caps=user-policy=*"]), (self.site, [])):
            names = [f"--uid={keys.user}", f"--display-name={keys.user}"]
            secret = [f"--access-key={keys.access_key}", f"--secret={keys.secret_key}"]
            self._run("radosgw-admin", "user", "create", *names, *secret, *more)
        self.client("s3").create_bucket(Bucket=BUCKET)

    def client(self, service: str, keys: Keys | None = None) -> Any:
        """A client of the gateway for one of the two, by default the owner."""
        keys = keys or self.owner
        session = boto3.Session(keys.access_key, keys.secret_key, region_name=REGION)
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]

    def allow(self, policy: dict[str, Any]) -> None:
        """Let the site's user do what the policy says, and wait until that counts."""
        document = json.dumps(policy)
        self.client("iam").put_user_policy(
            UserName=self.site.user, PolicyName="site", PolicyDocument=document
        )
        time.sleep(1)

    def variables(self) -> dict[str, str]:
        """The environment in which the site uses the bucket."""
        return {
            "STORAGE_ENDPOINT_URL": self.endpoint,
            "STORAGE_ACCESS_KEY_ID": self.site.access_key,
            "STORAGE_SECRET_ACCESS_KEY": self.site.secret_key,
            "STORAGE_BUCKET_NAME": BUCKET,
            "STORAGE_REGION": REGION,
        }

    def _run(self, *command: str) -> None:
        environment = os.environ | {"CEPH_CONF": f"{self.folder}/ceph.conf"}
        subprocess.run(command, cwd=self.folder, env=environment, check=True, capture_output=True)

    def _keep(self, *command: str) -> None:
        self._stack.enter_context(_running(command, self.folder))


@contextmanager
def _running(command: Sequence[str], folder: Path) -> Iterator[None]:
    environment = os.environ | {"CEPH_CONF": f"{folder}/ceph.conf"}
    with (folder / f"{command[0]}.out").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def documented_policy() -> dict[str, Any]:
    """The policy as the guide has it."""
    guide = (ROOT / "docs" / "storage.md").read_text()
    blocks = re.findall(r"```json\n(.+?)```", guide, flags=re.DOTALL)
    [policy] = [json.loads(block) for block in blocks if '"Statement"' in block]
    return dict(policy)


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [
        statement | {"Action": [each for each in statement["Action"] if each != action]}
        for statement in policy["Statement"]
    ]
    return policy | {"Statement": statements}


def manage(folder: Path, variables: dict[str, str], *arguments: str) -> tuple[int, str, float]:
    """Run a command of the site with its data in `folder`; its exit status, what it printed, and its seconds."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("STORAGE_")}
    began = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=others | {"VAR_DIR": str(folder)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr, time.monotonic() - began


def show(name: str, result: tuple[int, str, float], line: str = "") -> bool:
    """Print how a step ended, with the line of what it said that has these words. Whether it went well."""
    status, said, seconds = result
    found = next((text.strip() for text in said.splitlines() if line and line in text), "")
    print(f"{name:<44} {'ok' if status == 0 else f'exit {status}':<8} {seconds:6.1f} s  {found}")
    if status:
        print(said)
    return status == 0


def main() -> None:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        raise SystemExit(f"{', '.join(missing)} not found: apt-get install radosgw ceph-mon ceph-osd")
    with tempfile.TemporaryDirectory(prefix="policy-") as name:
        folder, site = Path(name) / "ceph", Path(name) / "site"
        folder.mkdir()
        began = time.monotonic()
        with Gateway(folder) as gateway:
            print(f"{subprocess.check_output(['radosgw', '--version'], text=True).strip()}")
            print(f"up in {time.monotonic() - began:.0f} s")
            well = go_all_the_way(gateway, site)
            take_rights_away(gateway, site)
    raise SystemExit(0 if well else 1)


def go_all_the_way(gateway: Gateway, site: Path) -> bool:
    """What a site does in its life, by nothing but the documented rights."""
    policy, variables = documented_policy(), gateway.variables()
    origin = ("--origin", "http://127.0.0.1:8000")
    generate = ("generate", "slow piano", "--engine", "composer")
    refused, said, _ = manage(site, variables, "check_storage", *origin)
    print(
        f"{'the doctor without the policy':<44} {'refused' if 's3:PutObject' in said else f'exit {refused}'}"
    )
    gateway.allow(policy)
    results = [show("migrate", manage(site, variables, "migrate"))]
    results.append(
        show(
            "check_storage --fix-cors --multipart",
            manage(site, variables, "check_storage", *origin, "--fix-cors", "--multipart"),
            "multipart",
        )
    )
    local = [
        manage(site, {}, *generate, "--duration", str(seconds), "-o", f"{site}/local.wav")
        for seconds in (10, 120)
    ]
    results += [show("generate to local files", result) for result in local]
    for seconds in (10, 120):
        made = manage(site, variables, *generate, "--duration", str(seconds), "-o", f"{site}/made.wav")
        results.append(show(f"generate {seconds} s to the bucket", made))
    results.append(show("migrate_audio", manage(site, variables, "migrate_audio"), "moved"))
    results.append(show("prune_audio", manage(site, variables, "prune_audio"), "s3:"))
    return all(results)


def take_rights_away(gateway: Gateway, site: Path) -> None:
    """What the doctor says where one right is missing."""
    policy = documented_policy()
    for action in [action for statement in policy["Statement"] for action in statement["Action"]]:
        gateway.allow(without(policy, action))
        fix = ("--fix-cors",) if action.endswith("CORS") else ()
        origin = "http://other.example.org" if fix else "http://127.0.0.1:8000"
        _, said, _ = manage(site, gateway.variables(), "check_storage", "--origin", origin, *fix)
        failed = re.findall(r"^([a-z ]+?) +failed", said, flags=re.MULTILINE)
        print(
            f"without {action:<36} {', '.join(failed) or 'all is well'}: {'named' if action in said else 'not named'}"
        )


def _wait(act: Callable[[], object]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            act()
        except (OSError, BotoCoreError, ClientError, subprocess.CalledProcessError):
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
