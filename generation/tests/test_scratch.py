"""Encoding to a temporary file on a disk that may be full."""

import resource
import tempfile
from collections.abc import Iterator
from typing import IO, BinaryIO

import numpy as np
import pytest

from generation.audio.encode import encode
from generation.audio.types import Audio
from generation.storage import StorageError
from generation.storage.scratch import write_scratch

TONE = Audio(np.random.default_rng(7).uniform(-0.5, 0.5, (2, 48_000)).astype(np.float32), 48_000)


@pytest.fixture
def file() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


@pytest.fixture
def small_disk() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("format_name", ["wav", "mp3", "flac", "opus"])
def test_file_is_whole_and_at_its_beginning(file, format_name):
    write_scratch(file, lambda scratch: encode(TONE, format_name, scratch))
    assert len(file.read()) > 10_000


def test_what_an_earlier_try_has_left_is_written_over(file):
    file.write(b"half" * 100_000)
    write_scratch(file, lambda scratch: scratch.write(b"whole"))
    assert file.read() == b"whole"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("format_name", ["wav", "mp3", "flac", "opus"])
def test_full_disk_is_reported(file, small_disk, format_name):
    with pytest.raises(StorageError, match="Free some space") as caught:
        write_scratch(file, lambda scratch: encode(TONE, format_name, scratch))
    assert caught.value.code == "disk_full"
    file.truncate(0)


def test_full_disk_is_reported_of_a_writer_that_gives_up_by_itself(file, small_disk):
    def write(scratch: BinaryIO) -> None:
        scratch.write(b"0" * 20_000)
        raise ValueError("half a file")

    with pytest.raises(StorageError, match="Free some space"):
        write_scratch(file, write)
    file.truncate(0)


def test_error_of_the_writer_passes_through(file):
    with pytest.raises(ValueError, match="no audio format"):
        write_scratch(file, lambda scratch: encode(TONE, "mp4", scratch))
