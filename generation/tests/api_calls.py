"""What the tests of the API share: clients that are logged in, and what a problem looks like."""

from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from generation.models import Job, Track
from generation.models.track_sharing import Visibility, new_share_key
from generation.worker import attempt

API = "/api/v1"
PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code", "errors", "retryable", "request_id"}


def client_of(user: User, *scopes: str) -> APIClient:
    """A client with a token of this user."""
    _, secret = ApiToken.objects.issue(user, "tests", scopes or ("read", "write"))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body of a response that must be this problem."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert set(body) == PROBLEM_MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-ID"]
    assert body["detail"]
    return body


def wrong_fields(response: Any) -> dict[str, str]:
    """The fields that a 400 names, and their codes."""
    return {error["field"]: error["code"] for error in problem(response, 400, "invalid_request")["errors"]}


def finish(job: Job) -> Track:
    """Have the job made in this process and return its first track."""
    Job.objects.filter(pk=job.pk).update(run_after=timezone.now())
    attempt.run(job.pk)
    return job.tracks.order_by("index")[0]


def stored_track(job: Job, **fields: Any) -> Track:
    """A track of the job as a row alone, for calls that never read its audio."""
    track = unsaved_track(job, **fields)
    track.save(force_insert=True)
    return track


def unsaved_track(job: Job, **fields: Any) -> Track:
    """The next track of the job, as a worker has it that is about to save its row."""
    index = job.tracks.count()
    values = {
        "id": Track.id_for(job, index),
        "job": job,
        "owner": job.owner,
        "index": index,
        "title": "Rain",
        "prompt": "rainy night",
        "seed": 7,
        "audio": f"tracks/{job.pk}/{index}/master.wav",
        "storage_type": "local",
        "size": 96_044,
        "checksum": "c" * 64,
        "duration": 1.0,
        "sample_rate": 48_000,
        "channels": 2,
        "peaks": bytes([0xFE, 3, 0x80, 0x7F]),
        "samples_per_pixel": 24_000,
    }
    if fields.get("visibility", Visibility.PRIVATE) != Visibility.PRIVATE:
        values["share_key"] = new_share_key()
    return Track(**values | fields)
