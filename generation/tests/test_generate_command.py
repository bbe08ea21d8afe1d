"""`manage.py generate`: the same job without a browser."""

import io
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from generation import jobs
from generation.engines.scripted import REJECTED
from generation.management.commands.generate import OWNER, Command
from generation.models import Job
from generation.models.job_states import Status
from generation.storage import StorageError
from generation.tests.tag_readers import by_mutagen
from generation.tests.test_worker_process import database_url
from generation.tracks import purging, renditions
from generation.worker import attempt, foreground
from generation.worker.foreground import run_in_foreground

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite_is_enough]
Printed = tuple[list[str], str]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """The folder that the command is given in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def generate(*arguments: str) -> Printed:
    """Run the command in this process; what it printed, standard output by lines."""
    out, err = io.StringIO(), io.StringIO()
    call_command("generate", *arguments, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as error:
        generate(*arguments)
    return str(error.value)


def test_a_track_is_made_and_written(scripted, here):
    lines, _ = generate("rainy night", "--duration", "1", "--seed", "7", "--title", "Rain", "-o", "night.wav")
    track = Job.objects.get().tracks.get()
    assert lines == [str(here / "night.wav"), "Seed 7"]
    assert (here / "night.wav").read_bytes() == track.storage.open(track.storage_key).read()
    assert (track.title, track.duration, track.owner.email) == ("Rain", 1.0, OWNER)
    assert stat.S_IMODE((here / "night.wav").stat().st_mode) == 0o666 & ~umask()


@pytest.mark.parametrize("extension", ["wav", "mp3", "flac", "opus"])
def test_what_is_written_has_its_tags(scripted, here, extension):
    path = here / f"night.{extension}"
    generate("rainy night", "--duration", "1", "--bpm", "90", "--title", "夜のドライブ", "-o", path.name)
    found = by_mutagen(path)
    assert (found["title"], found["bpm"]) == ("夜のドライブ", "90")
    assert ("cover" in found) is (extension != "wav")


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_the_composer_gives_the_same_bytes_for_the_same_seed(here):
    for name in ("one.wav", "two.wav"):
        generate("rainy night lo-fi", "--duration", "5", "--genre", "lofi", "--seed", "7", "-o", name)
    generate("rainy night lo-fi", "--duration", "5", "--genre", "lofi", "--seed", "8", "-o", "other.wav")
    one, two, other = ((here / name).read_bytes() for name in ("one.wav", "two.wav", "other.wav"))
    assert one == two != other


def test_the_drawn_seed_is_said_and_gives_the_same_again(scripted, here):
    lines, _ = generate("rain", "--duration", "1", "-o", "one.wav")
    generate("rain", "--duration", "1", "--seed", lines[1].removeprefix("Seed "), "-o", "two.wav")
    assert (here / "one.wav").read_bytes() == (here / "two.wav").read_bytes()


@pytest.mark.parametrize(("ending", "begins"), [("mp3", b"ID3"), ("flac", b"fLaC"), ("opus", b"OggS")])
def test_the_ending_of_the_name_is_the_format(scripted, here, ending, begins):
    generate("rain", "--duration", "1", "-o", f"night.{ending.upper()}")
    assert (here / f"night.{ending.upper()}").read_bytes().startswith(begins)


def test_without_a_name_nothing_is_overwritten(scripted, here):
    for _ in range(2):
        generate("Rainy night, lo-fi!", "--duration", "1")
    generate("雨", "--duration", "1")
    assert sorted(path.name for path in here.iterdir()) == [
        "music.wav",
        "rainy-night-lo-fi-2.wav",
        "rainy-night-lo-fi.wav",
    ]


def test_a_named_file_is_overwritten(scripted, here):
    (here / "night.wav").write_text("old")
    generate("rain", "--duration", "1", "-o", "night.wav")
    assert (here / "night.wav").read_bytes().startswith(b"RIFF")


def test_it_goes_to_the_library_of_the_named_user(scripted, bob, alice):
    generate("rain", "--duration", "1", "--user", "Alice@example.org")
    assert Job.objects.get().owner == alice


def test_without_a_name_it_goes_to_nobody_who_has_signed_up(scripted, alice, bob):
    generate("rain", "--duration", "1")
    assert Job.objects.get().owner.email == "cli@localhost"


def afterwards(monkeypatch: pytest.MonkeyPatch, act: Callable[[Job], object]) -> None:
    """Have something happen to the job when it has been run."""

    def run(job: Job, show: Callable[[Job], None]) -> None:
        run_in_foreground(job, show)
        act(job)
        job.refresh_from_db()

    monkeypatch.setattr("generation.management.commands.generate.run_in_foreground", run)


@pytest.mark.parametrize("output", [("-o", "night.wav"), ("-o", "night.mp3"), ()])
def test_a_track_that_is_deleted_meanwhile_is_not_written(scripted, here, monkeypatch, output):
    (here / "night.mp3").write_text("old")

    def delete(job: Job) -> None:
        track = job.tracks.get()
        jobs.delete_track(track=track)
        purging.purge_if_due(track.pk)

    afterwards(monkeypatch, delete)
    said = refused("rain", "--duration", "1", *output)
    assert said == "The track was deleted before it could be written."
    assert [(path.name, path.read_text()) for path in here.iterdir()] == [("night.mp3", "old")]


def test_a_job_that_is_canceled_meanwhile_writes_nothing(scripted, here, monkeypatch):
    monkeypatch.setattr(
        "generation.management.commands.generate.run_in_foreground", lambda job, show: job.cancel()
    )
    assert refused("rain", "--duration", "1") == "Canceled. Nothing was written."
    assert list(here.iterdir()) == []


def test_the_user_of_the_command_is_made_once_and_cannot_log_in(scripted):
    generate("rain", "--duration", "1")
    generate("rain", "--duration", "1")
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--duration", "900"], "The duration must be between 0.1 and 300 seconds."),
        (["--duration", "nan"], "The duration must be between 0.1 and 300 seconds."),
        (["--duration", "long"], "“long” is not a number"),
        (["--seed", "-1"], "The seed must be a whole number from 0 to 4294967295."),
        (["--seed", "7.5"], "“7.5” is not a whole number"),
        (["--bpm", "9"], "The tempo must be between 30 and 300 beats per minute."),
        (["--key", "A minor"], "Scripted engine cannot honour “key”; leave it out."),
        (["--time-signature", "3/4"], "Scripted engine cannot honour “time_signature”; leave it out."),
        (["--engine", "none"], "There is no engine “none” here. Choose one of: scripted."),
        (["--user", "nobody@example.org"], "There is no user nobody@example.org."),
        (["-o", "song.txt"], "must end with one of .wav, .mp3, .flac, .opus."),
        (["-o", "missing/song.wav"], "missing cannot be written (No such file or directory)."),
        (["-o", "/dev/null/song.wav"], "The folder /dev/null cannot be written"),
        (["-o", "."], ". is a folder."),
        (["--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_wrong_values_are_said_in_a_sentence_before_anything_is_made(scripted, here, arguments, sentence):
    assert sentence in refused("rain", *arguments)
    assert not Job.objects.exists()
    assert list(here.iterdir()) == []


def test_a_wrong_option_on_the_command_line_ends_it_in_a_sentence_without_the_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "generate", "rain", "--seed", "7.5"])
    assert str(ended.value.code) == "Error: argument --seed: “7.5” is not a whole number"
    assert capsys.readouterr().err == ""


def test_a_failed_job_is_said_and_writes_nothing(scripted, here):
    scripted.script.append(REJECTED)
    assert refused("rain", "--duration", "1", "-o", "night.wav") == "The engine will not make this."
    assert list(here.iterdir()) == []


def test_a_storage_that_fails_is_said(scripted, here, audio_root):
    audio_root.write_text("a file where the folder should be")
    assert refused("rain", "--duration", "1").startswith(f"The folder {audio_root} ")
    assert list(here.iterdir()) == []


def test_a_rendition_that_cannot_be_stored_is_said_and_leaves_no_file(scripted, here, monkeypatch):
    def full(*args: object) -> None:
        raise StorageError("disk_full", "The disk is full.")

    monkeypatch.setattr(renditions, "make_rendition", full)
    assert refused("rain", "--duration", "1", "-o", "night.mp3") == "The disk is full. Free some space there."
    assert list(here.iterdir()) == []


def test_what_the_engine_cannot_do_is_noted(here):
    _, errors = generate("rain with a singer and vocals", "--duration", "5", "--seed", "7")
    assert errors.strip() == " ".join(Job.objects.get().notices) != ""


def test_it_waits_for_a_worker_that_was_first(scripted, here, monkeypatch):
    """The job is claimed elsewhere as soon as it is there; this process waits for that one."""
    claimed_by = []
    run = attempt.run

    def run_noting(job_id):
        claimed_by.append(threading.current_thread().name)
        if len(claimed_by) == 1:
            other = threading.Thread(target=elsewhere, args=(job_id,), name="elsewhere")
            other.start()
            time.sleep(0.3)
        run(job_id)

    def elsewhere(job_id):
        try:
            run(job_id)
        finally:
            connection.close()

    monkeypatch.setattr(attempt, "run", run_noting)
    lines, _ = generate("[slow] rain", "--duration", "1")
    assert Path(lines[0]).exists()
    assert Job.objects.get().attempt == 1
    assert len(scripted.made) == 1


def test_ctrl_c_cancels_the_job_and_says_so(scripted, here, tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            str(django_settings.BASE_DIR / "manage.py"),
            "generate",
            "[hang] rain",
            "-o",
            "night.wav",
        ],
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "generation.tests.scripted_settings",
            "DATABASE_URL": database_url(),
            "VAR_DIR": str(tmp_path),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while not Job.objects.filter(status=Status.PROCESSING).exists():
        assert time.monotonic() < end, "the job did not start"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (1, "CommandError: Canceled. Nothing was written.")
    assert Job.objects.get().status == Status.CANCELED
    assert list(here.iterdir()) == []


def test_a_second_ctrl_c_ends_it_however_long_the_work_takes(scripted, order, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(attempt, "run", lambda job_id: released.wait(60))
    monkeypatch.setattr(foreground, "LOOK_SECONDS", 0.01)
    interrupts: list[str] = []

    def interrupt(job: Job) -> None:
        interrupts.append(job.status)
        os.kill(os.getpid(), signal.SIGINT)

    job = order()
    with pytest.raises(KeyboardInterrupt):
        run_in_foreground(job, interrupt)
    assert interrupts == [Status.QUEUED, Status.CANCELED], "the first one cancels"
    (work,) = (thread for thread in threading.enumerate() if thread.name == f"job {job.pk}")
    assert work.daemon, "the process does not wait for it"
    released.set()
    work.join(60)


def test_beyond_a_quota_one_sentence_says_so(scripted, settings):
    settings.QUOTA_JOBS_PER_DAY = {"guest": 0, "user": 0, "staff": None}
    said = refused("rainy night", "--duration", "1", "-o", "night.wav")
    assert said.startswith(
        "You may order 0 jobs a day, and you have. More can be ordered from 00:00 UTC on, in "
    )
    assert not Job.objects.exists()
