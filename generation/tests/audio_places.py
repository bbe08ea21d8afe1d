"""What the tests of moving and pruning share: local files and a bucket, tracks on either, and what lies where."""

import hashlib
import random
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from generation.models import Job, Rendition, Track
from generation.storage import AudioStorage, S3AudioStorage, save_verified, storage_of
from generation.tests.api_calls import stored_track
from generation.tests.s3_server import S3Server
from generation.tracks.tags import tags_digest


def bucket_settings(server: S3Server) -> dict[str, Any]:
    """The entry of `settings.STORAGES` for the server's bucket."""
    return {
        "BACKEND": "generation.storage.S3AudioStorage",
        "OPTIONS": {
            "bucket_name": server.bucket,
            "endpoint_url": server.endpoint,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
        },
    }


def bucket_variables(server: S3Server) -> dict[str, str]:
    """The environment in which a process of the site uses the server's bucket."""
    return {
        "STORAGE_ENDPOINT_URL": server.endpoint,
        "STORAGE_BUCKET_NAME": server.bucket,
        "STORAGE_ACCESS_KEY_ID": server.access_key,
        "STORAGE_SECRET_ACCESS_KEY": server.secret_key,
    }


def emptied(storage: AudioStorage) -> AudioStorage:
    """The storage without anything in it."""
    for found in list(storage.objects()):
        storage.delete(found.name)
    return storage


def noise(number: int, size: int = 20_000) -> bytes:
    """Bytes that differ for every number."""
    return random.Random(number).randbytes(size)


def track_on(storage: AudioStorage, job: Job, sound: bytes, rendition: bytes | None = None) -> Track:
    """A track of a job, stored whole, and an MP3 of it where one is given."""
    index = job.tracks.count()
    track_id = Track.id_for(job, index)
    stored = save_verified(storage, f"tracks/{job.pk}/{track_id}/master.wav", BytesIO(sound))
    track = stored_track(
        job,
        audio=stored.name,
        size=stored.size,
        checksum=stored.checksum,
        storage_type=storage.storage_type,
    )
    track.tags_digest = tags_digest(track)
    track.save(update_fields=["tags_digest"])
    if rendition is not None:
        mp3 = save_verified(storage, f"tracks/{job.pk}/{track_id}/listen.mp3", BytesIO(rendition))
        Rendition.objects.create(
            track=track,
            format="mp3",
            audio=mp3.name,
            size=mp3.size,
            checksum=mp3.checksum,
            storage_type=storage.storage_type,
        )
    return track


def ended_job(owner: User) -> Job:
    """A job that nobody works on."""
    job = Job.objects.create(owner=owner, engine="scripted", input={"prompt": "rain", "duration": 1.0})
    job.cancel()
    return job


def files() -> list[Track | Rendition]:
    return [*Track.objects.kept(), *Rendition.objects.kept()]


def heard(client: Client, track: Track, format_name: str = "wav") -> bytes:
    """What the track's owner hears: its page's audio address, followed to where the audio lies."""
    answer = client.get(f"/tracks/{track.pk}/audio?format={format_name}")
    assert answer.status_code == 302, answer.content
    if urlsplit(answer["Location"]).netloc:
        with urlopen(answer["Location"], timeout=10) as audio:
            return audio.read()
    return b"".join(client.get(answer["Location"]))


def assert_all_play(client: Client) -> None:
    """Every track and rendition gives its owner exactly what was stored."""
    for file in files():
        track, made = (file.track, file.format) if isinstance(file, Rendition) else (file, "wav")
        assert hashlib.sha256(heard(client, track, made)).hexdigest() == file.checksum, file.storage_key


def stored_names() -> dict[str, set[str]]:
    """What lies on each storage."""
    return {name: {found.name for found in storage_of(name).objects()} for name in ("local", "s3")}


def named_by_rows() -> dict[str, set[str]]:
    """What the rows say lies on each storage."""
    return {
        name: {file.storage_key for file in files() if file.storage_type == name} for name in ("local", "s3")
    }


def drafts(root: Path) -> Iterator[Path]:
    return root.rglob(".*.part")


def bucket() -> S3AudioStorage:
    found = storage_of("s3")
    assert isinstance(found, S3AudioStorage)
    return found


def migrate(*arguments: str) -> str:
    out = StringIO()
    call_command("migrate_audio", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture
def with_bucket(settings, s3_server):
    """Local files and a bucket are configured; new audio goes to local files."""
    settings.STORAGES = {**settings.STORAGES, "s3": bucket_settings(s3_server)}
    emptied(bucket())


@pytest.fixture
def six_tracks(with_bucket, alice) -> list[Track]:
    """Six tracks on local files, half of them with an MP3."""
    local = storage_of("local")
    return [track_on(local, ended_job(alice), noise(n), noise(n + 100) if n % 2 else None) for n in range(6)]
