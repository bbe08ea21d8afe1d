"""`migrate_audio` as a real process that is killed at random moments and started again, against a real bucket.

The short form runs with all tests. `make torture-storage` runs the long one and prints what it did.
"""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from generation.models import Rendition, Track
from generation.storage import storage_of
from generation.tests.audio_places import (
    assert_all_play,
    bucket,
    bucket_settings,
    bucket_variables,
    drafts,
    emptied,
    ended_job,
    files,
    named_by_rows,
    noise,
    stored_names,
    track_on,
)
from generation.tests.test_worker_process import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

TRACKS = int(os.environ.get("TORTURE_TRACKS", "40"))
KILLS = {
    target: int(os.environ.get("TORTURE_KILLS", short)) for target, short in (("s3", "5"), ("local", "2"))
}
SEED = int(os.environ.get("TORTURE_SEED", "0")) or random.randrange(1 << 32)
SIZES = (20_000, 400_000)
RUN_SECONDS = 120


@dataclass
class Torture:
    """Runs of the command, and what its killings left."""

    environment: dict[str, str]
    target: str
    chance: random.Random
    copies: set[str] = field(default_factory=set)
    old_files: set[str] = field(default_factory=set)

    @property
    def source(self) -> str:
        return "local" if self.target == "s3" else "s3"

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "manage.py", "migrate_audio", "--to", self.target],
            cwd=django_settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def killed_run(self, kills_left: int) -> None:
        """Start it, and kill it somewhere between its first file and its fair share of what is left."""
        before = self.moved()
        left = len(files()) - before
        assert left, "everything was moved before the last kill, so that one proves nothing"
        share = self.chance.uniform(0, left / (kills_left + 1))
        process = self.start()
        assert process.stdout
        assert process.stdout.readline().startswith("Moving"), process.communicate()[0]
        while self.moved() - before < int(share):
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.001)
        time.sleep(self.chance.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        self.note_what_was_left()

    def moved(self) -> int:
        return sum(
            model.objects.kept().filter(storage_type=self.target).count() for model in (Track, Rendition)
        )

    def note_what_was_left(self) -> None:
        stored, named = stored_names(), named_by_rows()
        for place in ("local", "s3"):
            assert named[place] <= stored[place], "a row names what is not there"
        self.copies |= stored[self.target] - named[self.target]
        self.old_files |= stored[self.source] - named[self.source]

    def last_run(self) -> str:
        process = self.start()
        said, _ = process.communicate(timeout=RUN_SECONDS)
        assert process.returncode == 0, said
        return said


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("s3", marks=pytest.mark.postgresql_is_enough),
        pytest.param("local", marks=[pytest.mark.sqlite_is_enough, pytest.mark.thorough]),
    ],
)
def test_killed_again_and_again_it_loses_and_doubles_nothing(
    settings, s3_server, alice, client, audio_root, tmp_path, target
):
    settings.STORAGES = {**settings.STORAGES, "s3": bucket_settings(s3_server)}
    emptied(bucket())
    chance = random.Random(SEED)
    environment = os.environ | bucket_variables(s3_server)
    environment |= {
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(tmp_path),
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    torture = Torture(environment, target, chance)
    sounds = [noise(n, chance.randint(*SIZES)) for n in range(TRACKS)]
    for number, sound in enumerate(sounds):
        track_on(storage_of(torture.source), ended_job(alice), sound, noise(-number) if number % 2 else None)
    began = time.monotonic()
    for kills_left in range(KILLS[target], 0, -1):
        torture.killed_run(kills_left)
    before_last = torture.moved()
    said = torture.last_run()
    seconds = time.monotonic() - began
    client.force_login(alice)
    assert Track.objects.kept().count() == TRACKS
    assert {file.storage_type for file in files()} == {target}
    assert stored_names() == named_by_rows()
    assert_all_play(client)
    print(_report(torture, before_last, seconds, audio_root) + said)


def _report(torture: Torture, before_last: int, seconds: float, root: Path) -> str:
    return (
        f"\n{torture.source} to {torture.target}, seed {SEED}: {TRACKS} tracks in {len(files())} files, "
        f"{KILLS[torture.target]} kills in {seconds:.0f} s, {before_last} files moved by killed runs. The kills left "
        f"{len(torture.copies)} copies that no row named yet, {len(torture.old_files)} old files that no row named any "
        f"more, and {len(list(drafts(root)))} drafts. After the last run every track plays, none is lost, none doubled:"
        "\n"
    )
