"""What a zip of many tracks costs: memory of the worker that makes it and of the web processes, and time.

`make bench-archives`, or `python -m benchmarks.archives --tracks 200 --megabytes 5`. Linux. A whole site with a bucket
(SeaweedFS) on this machine; the zip is ordered and fetched by the API, as a program would. Noise stands for music: it
is as large, and nothing of it can be packed.
"""

import argparse
import logging
import os
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import httpx

from benchmarks.measuring import verdict
from benchmarks.worker_group import Process, memory

MEBIBYTE = 1 << 20
SAMPLE_SECONDS = 0.1
MOST_GROWTH = 128.0  # MiB: two parts of an upload, and what a worker imports to make one
WEB, WORKER = "web", "worker"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", type=int, default=200)
    parser.add_argument(
        "--megabytes", type=float, default=34.6, help="of each track; three minutes of WAV are 34.6"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options.tracks, int(options.megabytes * 1e6))


def _measure(folder: Path, tracks: int, size: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "musicgen.settings")
    import django

    django.setup()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    from generation.tests.audio_places import bucket_variables
    from generation.tests.running_site import running_site
    from generation.tests.s3_server import running_s3

    (folder / "s3").mkdir()
    with (
        running_s3(folder / "s3") as bucket,
        running_site(folder / "site", **bucket_variables(bucket)) as site,
    ):
        filling = f"from benchmarks.archives import fill; fill({tracks}, {size})"
        secret, *ids = site.manage("shell", "--no-imports", "-c", filling).split()
        with _Peaks(site.process.pid) as peaks:
            seconds, zipped = _made(site.url, secret, ids)
            fetched = _fetch(zipped, folder / "fetched.zip")
    print(
        f"{tracks} tracks of {size / 1e6:.1f} MB: made in {seconds:.0f} s, "
        f"a zip of {fetched / 1e9:.2f} GB, fetched from the bucket and found whole"
    )
    for kind in (WORKER, WEB):
        grown = peaks.growth(kind)
        print(
            f"{kind}: {peaks.first(kind):.0f} MiB before, at most {grown:.1f} MiB more meanwhile "
            f"{verdict(grown <= MOST_GROWTH, f'≤ {MOST_GROWTH:.0f} MiB')}"
        )


def fill(tracks: int, size: int) -> None:
    """Make a user with so many tracks of so many bytes; print a token and the tracks' ids. Runs within the site."""
    from accounts.models import ApiToken, User
    from generation.storage import audio_storage
    from generation.tests.audio_places import ended_job, track_on

    owner = User.objects.create_user("bench@example.org")
    _, secret = ApiToken.objects.issue(owner, "bench", ["read", "write"])
    print(secret)
    job = ended_job(owner)
    for _ in range(tracks):
        print(track_on(audio_storage(), job, os.urandom(size)).pk)


def _made(url: str, secret: str, ids: list[str]) -> tuple[float, str]:
    """Order the zip and wait for it: how many seconds that took, and where it is fetched."""
    with httpx.Client(headers={"Authorization": f"Bearer {secret}"}, timeout=30) as client:
        began = time.monotonic()
        ordered = client.post(f"{url}/api/v1/archives", json={"track_ids": ids, "format": "wav"})
        ordered.raise_for_status()
        archive = ordered.json()
        while archive["status"] in ("queued", "making"):
            time.sleep(0.5)
            archive = client.get(ordered.headers["Location"]).raise_for_status().json()
        if archive["status"] != "ready" or archive["left_out"]:
            raise SystemExit(f"The zip was not made whole: {archive}")
        seconds = time.monotonic() - began
        return seconds, client.get(archive["urls"]["file"]).headers["Location"]


def _fetch(url: str, path: Path) -> int:
    """Fetch the zip, read every file in it, and return its size."""
    with httpx.stream("GET", url, timeout=60) as answer, path.open("wb") as file:
        answer.raise_for_status()
        for chunk in answer.iter_bytes(MEBIBYTE):
            file.write(chunk)
    with ZipFile(path) as zipped:
        for info in zipped.infolist():
            checksum = 0
            with zipped.open(info) as entry:
                while chunk := entry.read(MEBIBYTE):
                    checksum = zlib.crc32(chunk, checksum)
            if checksum != info.CRC:
                raise SystemExit(f"{info.filename} is damaged")
    return path.stat().st_size


class _Peaks:
    """The memory of the site's processes, looked at again and again: what the largest of a kind held, and holds."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._first: dict[int, float] = {}
        self._most: dict[int, float] = {}
        self._kinds: dict[int, str] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Peaks":
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def first(self, kind: str) -> float:
        """MiB that the process of this kind held at first that has grown most since."""
        return self._first[self._grown_most(kind)]

    def growth(self, kind: str) -> float:
        """By how many MiB it has grown at most."""
        pid = self._grown_most(kind)
        return self._most[pid] - self._first[pid]

    def _grown_most(self, kind: str) -> int:
        pids = [pid for pid, each in self._kinds.items() if each == kind]
        return max(pids, key=lambda pid: self._most[pid] - self._first[pid])

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            self._look()

    def _look(self) -> None:
        for process in _processes(self._leader):
            held = memory([process]).rss / MEBIBYTE
            if not held:
                continue
            self._kinds.setdefault(process.pid, _kind_of(process))
            self._first.setdefault(process.pid, held)
            self._most[process.pid] = max(held, self._most.get(process.pid, 0))


def _processes(leader: int) -> Iterator[Process]:
    """The processes below one, whatever groups they have made for themselves."""
    below, parents = {leader}, dict[int, int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with _unless_gone():
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        grown, below = bool(more), below | more
    for pid in below:
        with _unless_gone():
            yield Process(pid, Path(f"/proc/{pid}/cmdline").read_text())


def _kind_of(process: Process) -> str:
    return WEB if "gunicorn" in process.role else WORKER if "qcluster" in process.role else ""


@contextmanager
def _unless_gone() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, ProcessLookupError):
        return


if __name__ == "__main__":
    main()
