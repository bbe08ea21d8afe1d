"""A database as it is after years: many owners with many jobs and tracks, copied by SQL from one real job and track."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models, transaction

from accounts.models import ApiToken, User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Track
from generation.models.job_states import Status

SECONDS = 30.0
PEAKS = bytes(1600)


def make_owners(count: int) -> list[tuple[User, str]]:
    """Users with an API token each, and the tokens' secrets."""
    users = User.objects.bulk_create(User(email=f"owner{number}@example.org") for number in range(count))
    return [(user, ApiToken.objects.issue(user, "benchmark", ["read", "write"])[1]) for user in users]


def fill(owners: Sequence[User], *, jobs_each: int, tracks_each: int) -> None:
    """Give each owner so many ended jobs, of which `tracks_each` are completed with a track and the others canceled.

    PostgreSQL. Ids are made by `md5` from the owner's id and a number, see `job_id` and `track_id`.
    """
    job, track = pattern(owners[0])
    owner, number = "owner.id", "number"
    made = f"{number} <= {tracks_each}"
    ended = f"now() - interval '1 minute' * ({number} * {len(owners)} + owner.place)"
    # A completed job names its track: both come in one transaction.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE owner AS SELECT id, row_number() OVER () AS place FROM accounts_user"
        )
        copy_rows(
            cursor,
            job,
            f"owner, generate_series(1, {jobs_each}) AS number",
            {
                "id": f"md5('job' || {owner} || {number})::uuid",
                "owner_id": owner,
                "status": f"CASE WHEN {made} THEN '{Status.COMPLETED}' ELSE '{Status.CANCELED}' END",
                "first_track_id": f"CASE WHEN {made} THEN md5('track' || {owner} || {number})::uuid END",
                "attempt": "1",
                "generate_seconds": "0.5",
                "store_seconds": "0.1",
                **dict.fromkeys(("created_at", "started_at", "claimed_at", "finished_at"), ended),
            },
        )
        copy_rows(
            cursor,
            track,
            f"owner, generate_series(1, {tracks_each}) AS number",
            {
                "id": f"md5('track' || {owner} || {number})::uuid",
                "job_id": f"md5('job' || {owner} || {number})::uuid",
                "owner_id": owner,
                "audio": f"'tracks/' || md5('job' || {owner} || {number})::uuid || '/audio.wav'",
                "title": f"'Rainy night ' || mod({number}, 50)",
                "created_at": ended,
            },
        )
    analyze()


def queue(owner: User, count: int) -> None:
    """Give an owner so many queued jobs."""
    job, _ = pattern(owner)
    with connection.cursor() as cursor:
        copy_rows(
            cursor,
            job,
            f"generate_series(1, {count}) AS number",
            {
                "id": f"md5('queued{owner.pk}' || number)::uuid",
                "created_at": "now() - interval '1 hour' + interval '1 ms' * number",
            },
        )
    analyze()


def job_id(owner: User, number: int) -> uuid.UUID:
    """The id of an owner's job, from 1."""
    return _id_of(f"md5('job{owner.pk}' || {number})")


def track_id(owner: User, number: int) -> uuid.UUID:
    """The id of an owner's track, from 1."""
    return _id_of(f"md5('track{owner.pk}' || {number})")


def _id_of(expression: str) -> uuid.UUID:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}::uuid")
        (found,) = cursor.fetchone()
    return uuid.UUID(str(found))


def pattern(owner: User) -> tuple[Job, Track]:
    """A queued job as the site makes it, and the track that it might become; neither is stored."""
    job = jobs.submit(owner=owner, request=MusicRequest("rainy night lo-fi", SECONDS, genre="lofi", seed=7))
    job.delete()
    track = Track(
        job=job,
        owner=owner,
        prompt=job.request.prompt,
        title="",
        genre="lofi",
        seed=7,
        duration=SECONDS,
        sample_rate=48_000,
        channels=2,
        peaks=PEAKS,
        samples_per_pixel=1800,
        bpm=82.0,
        key="D minor",
        lufs=-14.0,
        true_peak_db=-1.2,
        audio="",
        storage_type="s3",
        size=5_760_044,
        checksum="0" * 64,
    )
    return job, track


def copy_rows(cursor: Any, row: models.Model, source: str, changed: Mapping[str, str]) -> None:
    """Insert a row for each of the source's: the row's values but for what `changed` has expressions for."""
    columns, expressions, values = [], [], []
    for field in (field for field in row._meta.concrete_fields if not field.generated):
        kind = field.db_type(connection) or ""
        columns.append(f'"{field.column}"')
        if field.column and field.column in changed:
            expressions.append(changed[field.column])
        else:
            value = field.get_db_prep_save(field.pre_save(row, add=True), connection)
            expressions.append(f"%s::{kind}")
            values.append(value)
    table = row._meta.db_table
    cursor.execute(
        f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT {", ".join(expressions)} FROM {source}',  # noqa: S608
        values,
    )


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
