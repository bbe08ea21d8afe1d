"""The operator's database after years: a million jobs, most of them by guests, in every state, for every reason.

PostgreSQL. Rows are copied by SQL from ones that the site has made (`api_rows`).
"""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiToken, User
from benchmarks.api_rows import analyze, copy_rows, pattern
from benchmarks.prompt_words import MOODS, RARE, SOUNDS, THINGS
from generation.models import Archive, SiteSample, TrackReport, WebhookDelivery, WebhookEndpoint, Worker
from generation.models.job_event import JobEvent

USERS, ACCOUNTS = 200_000, 20_000
JOBS, TRACKS = 1_000_000, 100_000
QUEUED, PROCESSING = 10_000, 200
EVENTS, DELIVERIES, LOGGED = 1_000_000, 100_000, 100_000
SAMPLES = 31 * 24 * 60  # one a minute
ENDPOINTS, TOKENS, REPORTS, ARCHIVES = 1_000, 20_000, 5_000, 2_000
# Every so many jobs are those of one owner.
OF_ONE = 10
# By how many in a thousand.
ENGINES = {"composer": 850, "stable-audio": 100, "ace-step": 49, "retired": 1}
GENRES = ("lofi", "jazz", "house", "ambient", "techno", "rock", "classical", "")
ERRORS = (
    "engine_unavailable",
    "engine_timeout",
    "content_rejected",
    "storage_failed",
    "worker_lost",
    "internal",
)


def fill(part: int = 1) -> User:
    """Fill an empty database, with one in so many of everything; return a superuser."""
    operator = User.objects.create_superuser("operator@example.org", "a long enough secret")
    with transaction.atomic(), connection.cursor() as cursor:
        _users(cursor, part)
        _jobs(cursor, operator, part)
        _webhooks(cursor, part)
        _rest(cursor, operator, part)
    analyze()
    return operator


def user_id(number: str) -> str:
    """The id of a user, in SQL."""
    return f"md5('user' || {number})::uuid"


def _users(cursor: Any, part: int) -> None:
    accounts = f"number <= {ACCOUNTS // part}"
    copy_rows(
        cursor,
        User(password="!"),  # noqa: S106  # none
        f"generate_series(1, {USERS // part}) AS number",
        {
            "id": user_id("number"),
            "email": f"CASE WHEN {accounts} THEN 'person' || number || '@host' || mod(number, 50) || '.example' END",
            "is_guest": f"NOT ({accounts})",
            "date_joined": "now() - interval '3 minutes' * number",
        },
    )


def _jobs(cursor: Any, operator: User, part: int) -> None:
    job, track = pattern(operator)
    jobs, tracks, queued, processing = (n // part for n in (JOBS, TRACKS, QUEUED, PROCESSING))
    # The first is the newest: what waits, what is at work, what was made, and then what was not.
    waits, works = f"number <= {queued}", f"number <= {queued + processing}"
    made, failed = f"number <= {queued + processing + tracks}", "mod(number, 2) = 0"
    ended = f"CASE WHEN NOT ({works}) THEN now() - interval '1 minute' * number END"
    ordered = "now() - interval '1 minute' * number"
    # Not one after the other: rows lie as they were ordered, and their columns vary.
    error = _one_of(ERRORS, "hashint4(number)")
    rarely = f"number = {jobs - 10}"
    some = user_id(f"(1 + mod(number * 7, {USERS // part}))")
    owner = f"CASE WHEN mod(number, {OF_ONE}) = 0 THEN {user_id('1')} ELSE {some} END"
    order = json.dumps(job.input).replace("'", "''").replace("%", "%%")
    mood, thing, sound = (
        _one_of(texts, f"hashint4(number + {place})")
        for place, texts in enumerate((MOODS, THINGS, SOUNDS), 1)
    )
    words = f"{mood} || ' ' || {thing} || ' with ' || {sound}"
    rare = f"number IN ({queued + processing + 7}, {queued + processing + tracks + 7})"
    prompt = f"{words} || CASE WHEN {rare} THEN ' {RARE}' ELSE '' END"
    ended_badly = f"CASE WHEN {failed} THEN 'failed' ELSE 'canceled' END"
    living = f"WHEN {waits} THEN 'queued' WHEN {works} THEN 'processing'"
    reason = f"CASE WHEN {rarely} THEN 'out_of_memory' ELSE {error} END"
    series = f"generate_series({jobs}, 1, -1) AS number"
    copy_rows(
        cursor,
        job,
        series,
        {
            "id": _job_id("number"),
            "owner_id": owner,
            "request_id": "md5('request' || number)",
            "call_id": f"CASE WHEN {works} AND NOT ({waits}) THEN 'fc-now' || number ELSE '' END",
            "engine": _shares(ENGINES, "mod(abs(hashint4(number)::bigint), 1000)"),
            "genre": _one_of(GENRES, "hashint4(number + 4)"),
            "input": f"'{order}'::jsonb || jsonb_build_object('prompt', {prompt})",
            "status": f"CASE {living} WHEN {made} THEN 'completed' ELSE {ended_badly} END",
            "error_code": f"CASE WHEN {made} OR NOT ({failed}) THEN '' ELSE {reason} END",
            "lease_owner": f"CASE WHEN {works} AND NOT ({waits}) THEN 'worker' || number END",
            "lease_until": f"CASE WHEN {works} AND NOT ({waits}) THEN now() + interval '1 hour' END",
            "first_track_id": f"CASE WHEN {made} AND NOT ({works}) THEN {_track_id('number')} END",
            "attempt": f"CASE WHEN {waits} THEN 0 ELSE 1 END",
            "generate_seconds": f"CASE WHEN NOT ({works}) THEN 0.5 END",
            "store_seconds": f"CASE WHEN NOT ({works}) THEN 0.1 END",
            "cost_usd": "CASE WHEN mod(number, 10) = 3 THEN 0.0125 END",
            "created_at": ordered,
            **dict.fromkeys(("started_at", "claimed_at"), f"CASE WHEN NOT ({waits}) THEN {ordered} END"),
            "finished_at": ended,
        },
    )
    copy_rows(
        cursor,
        track,
        f"generate_series({queued + processing + tracks}, {queued + processing + 1}, -1) AS number",
        {
            "id": _track_id("number"),
            "job_id": _job_id("number"),
            "owner_id": owner,
            "audio": f"'tracks/' || {_job_id('number')} || '/audio.wav'",
            "title": f"initcap({words})",
            "prompt": prompt,
            "genre": _one_of(GENRES, "hashint4(number + 4)"),
            "visibility": "CASE WHEN mod(number, 50) = 0 THEN 'public' ELSE 'private' END",
            "share_key": "CASE WHEN mod(number, 50) = 0 THEN left(md5('share' || number), 22) END",
            "search_text": f"' ' || {prompt} || ' lofi d minor 82 bpm '",
            "created_at": ordered,
        },
    )
    copy_rows(
        cursor,
        JobEvent(job=job),
        f"generate_series(1, {EVENTS // part}) AS number",
        {
            "id": "number",
            "job_id": _job_id(f"(1 + mod(number, {jobs}))"),
            "at": "now() - interval '30 seconds' * number",
            "kind": "CASE WHEN mod(number, 20) = 0 THEN 'call' WHEN mod(number, 3) = 0 THEN 'claimed' ELSE 'stage' END",
            "text": "CASE WHEN mod(number, 20) = 0 THEN 'fc-' || md5('call' || number) ELSE 'generating' END",
        },
    )
    cursor.execute("SELECT setval(pg_get_serial_sequence('generation_jobevent', 'id'), %s)", [EVENTS])


def _webhooks(cursor: Any, part: int) -> None:
    endpoint = WebhookEndpoint(
        url="https://receiver.example/hook", jobs_url="https://music.example/api/v1/jobs"
    )
    endpoint.events = ["job.completed", "job.canceled"]
    copy_rows(
        cursor,
        endpoint,
        f"generate_series(1, {ENDPOINTS // part}) AS number",
        {
            "id": "md5('hook' || number)::uuid",
            "owner_id": user_id("(number + 1)"),
            "created_at": "now() - interval '1 hour' * number",
        },
    )
    copy_rows(
        cursor,
        WebhookDelivery(endpoint=endpoint, type="job.completed", body="x" * 300, status="delivered"),
        f"generate_series(1, {DELIVERIES // part}) AS number",
        {
            "id": "md5('delivery' || number)::uuid",
            "endpoint_id": f"md5('hook' || (1 + mod(number, {ENDPOINTS // part})))::uuid",
            "status": "CASE WHEN mod(number, 5000) = 0 THEN 'failed' ELSE 'delivered' END",
            "next_attempt_at": "NULL",
            "created_at": "now() - interval '20 seconds' * number",
            "ended_at": "now() - interval '20 seconds' * number",
        },
    )


def _rest(cursor: Any, operator: User, part: int) -> None:
    copy_rows(
        cursor,
        ApiToken(user=operator, name="laptop", prefix="mg_abcdef", scopes=["read"]),
        f"generate_series(1, {TOKENS // part}) AS number",
        {
            "id": "md5('token' || number)::uuid",
            "user_id": user_id(f"(1 + mod(number, {ACCOUNTS // part}))"),
            "prefix": "'mg_' || left(md5('token' || number), 6)",
            "digest": "md5('a' || number) || md5('b' || number)",
            "created_at": "now() - interval '7 minutes' * number",
        },
    )
    first = (QUEUED + PROCESSING) // part
    copy_rows(
        cursor,
        TrackReport(reason="rights", words="It is mine."),
        f"generate_series(1, {REPORTS // part}) AS number",
        {
            "id": "md5('report' || number)::uuid",
            "track_id": _track_id(f"({first} + number)"),
            "created_at": "now() - interval '1 hour' * number",
        },
    )
    copy_rows(
        cursor,
        Archive(owner=operator, kind="tracks", format="mp3", state="failed", error="It could not be made."),
        f"generate_series(1, {ARCHIVES // part}) AS number",
        {
            "id": "md5('zip' || number)::uuid",
            "owner_id": user_id("(number + 1)"),
            "created_at": "now() - interval '30 seconds' * number",
        },
    )
    copy_rows(
        cursor,
        LogEntry(user=operator, content_type=ContentType.objects.get_for_model(User), action_flag=CHANGE),
        f"generate_series(1, {LOGGED // part}) AS number",
        {
            "id": "nextval(pg_get_serial_sequence('django_admin_log', 'id'))",
            "object_id": f"({user_id(f'(1 + mod(number, {USERS // part}))')})::text",
            "object_repr": "'somebody'",
            "action_time": "now() - interval '5 minutes' * number",
        },
    )
    copy_rows(
        cursor,
        SiteSample(
            **dict.fromkeys(("queued", "oldest_seconds", "running", "workers", "slots"), 2),
            **dict.fromkeys(("completed", "failed", "canceled", "cost_usd", "stored_bytes"), 1),
            failures={"internal": 1},
            at=timezone.now(),
            ended_since=timezone.now(),
            stored_at=timezone.now(),
        ),
        f"generate_series(1, {SAMPLES}) AS number",
        {"at": "date_trunc('minute', now()) - interval '1 minute' * number"},
    )
    cursor.execute(
        'INSERT INTO account_emailaddress (email, verified, "primary", user_id) '
        "SELECT email, true, true, id FROM accounts_user WHERE email IS NOT NULL"
    )
    Worker.objects.bulk_create(Worker(host="worker", pid=number, slots=2) for number in range(3))


def _job_id(number: str) -> str:
    return f"md5('job' || {number})::uuid"


def _track_id(number: str) -> str:
    return f"md5('track' || {number})::uuid"


def _one_of(values: Sequence[str], number: str) -> str:
    """One of these texts, by any number, in SQL."""
    return f"({_array(values)})[1 + mod(abs({number}::bigint), {len(values)})::int]"


def _array(values: Sequence[str]) -> str:
    quoted = ", ".join(f"'{value}'" for value in values)
    return f"ARRAY[{quoted}]"


def _shares(shares: dict[str, int], number: str) -> str:
    """One of the names, by a number below a thousand, in SQL."""
    whens, end = [], 0
    for name, share in shares.items():
        end += share
        whens.append(f"WHEN {number} < {end} THEN '{name}'")
    return f"CASE {' '.join(whens)} END"
