"""`/jobs`: looking, filtering, canceling, trying again, hearing."""

from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone

from generation import jobs
from generation.models import Job, Lease
from generation.models.job_states import Status
from generation.tests.api_calls import API, client_of, finish, problem, stored_track, wrong_fields
from generation.tests.histories import at_work, completed, ordered, worker

JOBS = f"{API}/jobs"
NEVER = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


def failed(job: Job) -> Job:
    job.claim("worker")
    Lease(job, "worker").fail(code="out_of_memory", message="Too long for this GPU.", retryable=True)
    return job


def test_a_queued_job_in_full(client, order):
    job = order(title="Rain", tags=("wet",))
    base = f"http://testserver{JOBS}/{job.pk}"
    body = client.get(f"{JOBS}/{job.pk}").json()
    created_at = body.pop("created_at")
    assert created_at == job.created_at.isoformat().replace("+00:00", "Z")
    assert body == {
        "id": str(job.pk),
        "status": "queued",
        "stage": None,
        "progress": None,
        "queue_position": 1,
        "engine": "scripted",
        "attempt": 0,
        "retry_of": None,
        "input": {**job.input, "engine": "scripted"},
        "readings": [],
        "reasons": job.reasons,
        "notices": job.notices,
        "tracks": [],
        "error": None,
        "metrics": {"queue_seconds": None, "generate_seconds": None, "store_seconds": None, "cost_usd": None},
        "cancel_requested_at": None,
        "started_at": None,
        "estimated_finish_at": None,
        "finished_at": None,
        "urls": {
            "self": base,
            "cancel": f"{base}/cancel",
            "retry": f"{base}/retry",
            "events": f"{base}/events",
            "audio": None,
            "web": body["urls"]["web"],
        },
    }
    assert str(job.pk) in body["urls"]["web"]


def test_how_the_prompt_was_read_and_what_cannot_be_done_is_said(client, order):
    job = order()
    Job.objects.filter(pk=job.pk).update(reasons=["'rainy' → calmer"], notices=["It cannot sing."])
    body = client.get(f"{JOBS}/{job.pk}").json()
    assert (body["reasons"], body["notices"]) == (["'rainy' → calmer"], ["It cannot sing."])
    assert client.get(JOBS).json()["results"][0]["notices"] == ["It cannot sing."]


@pytest.mark.django_db(transaction=True)
def test_a_completed_job_shows_its_track(client, order):
    job = order(title="Rain", tags=("wet",))
    track = finish(job)
    response = client.get(f"{JOBS}/{job.pk}")
    body = response.json()
    assert (body["status"], body["progress"], body["attempt"]) == ("completed", 1.0, 1)
    assert body["metrics"]["generate_seconds"] > 0
    [shown] = body["tracks"]
    assert shown["measured"] == {
        "bpm": None,
        "key": None,
        "time_signature": None,
        "lufs": round(track.lufs, 2),
        "true_peak_db": round(track.true_peak_db, 2),
    }
    assert (shown["title"], shown["tags"], shown["size"]) == ("Rain", ["wet"], track.size)
    assert (shown["storage_key"], shown["storage_type"]) == (track.audio.name, "local")
    assert "Retry-After" not in response
    assert body["urls"]["audio"].endswith(f"/jobs/{job.pk}/audio")


def test_a_failed_job_says_why(client, order):
    job = failed(order())
    assert client.get(f"{JOBS}/{job.pk}").json()["error"] == {
        "code": "out_of_memory",
        "message": "Too long for this GPU.",
        "retryable": True,
    }


def test_an_unchanged_job_is_not_sent_again(client, order):
    job = order()
    first = client.get(f"{JOBS}/{job.pk}")
    again = client.get(f"{JOBS}/{job.pk}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Retry-After"] == first["Retry-After"] == "1"
    job.claim("worker")
    changed = client.get(f"{JOBS}/{job.pk}", headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["status"]) == (200, "processing")


@pytest.fixture
def measured(alice, bob) -> None:
    """Half a minute of music takes a minute."""
    for owner in (alice, bob, alice, bob, alice):
        completed(owner, took=60)


def is_done_in(seconds: int, job: dict[str, str], began: datetime) -> bool:
    """Whether the job is thought to be done so long after a moment between `began` and now, to the second."""
    finish = datetime.fromisoformat(job["estimated_finish_at"]) - timedelta(seconds=seconds)
    return began - timedelta(seconds=1) <= finish <= timezone.now() + timedelta(seconds=1)


def test_a_job_shows_when_it_will_be_done_and_is_not_sent_again_meanwhile(client, alice, measured):
    began = timezone.now()
    job = at_work(ordered(alice), since=20)
    first = client.get(f"{JOBS}/{job.pk}")
    assert is_done_in(40, first.json(), began)
    assert first.json()["estimated_finish_at"].endswith("Z")
    for _ in range(5):
        again = client.get(f"{JOBS}/{job.pk}", headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304


def test_a_job_that_waits_shows_when_it_will_be_done_where_workers_live(client, alice, measured):
    job = ordered(alice)
    assert client.get(f"{JOBS}/{job.pk}").json()["estimated_finish_at"] is None
    caches["process"].clear()
    began = timezone.now()
    worker(slots=1)
    assert is_done_in(60, client.get(f"{JOBS}/{job.pk}").json(), began)


def test_a_job_that_takes_too_long_or_has_ended_shows_no_moment(client, alice, measured):
    late, done = at_work(ordered(alice), since=70), completed(alice, took=60)
    canceled = ordered(alice)
    canceled.cancel()
    for job in (late, done, canceled):
        assert client.get(f"{JOBS}/{job.pk}").json()["estimated_finish_at"] is None


def test_the_queue_shows_everyones_position(client, order, bob):
    jobs.submit(owner=bob, request=order().request)
    last = order()
    assert client.get(f"{JOBS}/{last.pk}").json()["queue_position"] == 3
    assert [job["queue_position"] for job in client.get(JOBS).json()["results"]] == [3, 1]


def test_pages_follow_each_other_there_and_back(client, order):
    ids = [str(order().pk) for _ in range(5)][::-1]
    first = client.get(JOBS, {"page_size": 2}).json()
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()
    assert [job["id"] for page in (first, second, third) for job in page["results"]] == ids
    assert (first["previous"], third["next"]) == (None, None)
    assert client.get(third["previous"]).json()["results"] == second["results"]
    assert [len(client.get(JOBS, {"page_size": size}).json()["results"]) for size in (1, 100)] == [1, 5]


def test_pages_hold_jobs_of_the_same_instant_once_each(client, order):
    ids = {str(order().pk) for _ in range(5)}
    Job.objects.update(created_at=timezone.now())
    url, seen = f"{JOBS}?page_size=2", []
    while url:
        page = client.get(url).json()
        seen += [job["id"] for job in page["results"]]
        url = page["next"]
    assert len(seen) == 5
    assert set(seen) == ids


def test_jobs_are_filtered(client, order):
    old, lofi, canceled = order(), order(genre="lofi"), order()
    canceled.cancel()
    Job.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2), engine="modal")
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()

    def found(**query):
        return {job["id"] for job in client.get(JOBS, query).json()["results"]}

    assert found(status="canceled") == {str(canceled.pk)}
    assert found(genre="lofi") == {str(lofi.pk)}
    assert found(engine="modal") == {str(old.pk)}
    assert found(created_before=yesterday) == {str(old.pk)}
    assert found(created_after=yesterday) == {str(lofi.pk), str(canceled.pk)}
    assert found(created_after=yesterday, status="queued") == {str(lofi.pk)}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("status=done", {"status": "invalid_choice"}),
        ("created_after=yesterday", {"created_after": "invalid"}),
        ("created_before=0001-01-01T00:00:00%2B10:00", {"created_before": "invalid"}),
        ("genre=%00", {"genre": "null_characters_not_allowed"}),
        ("stauts=queued", {"stauts": "unknown_filter"}),
        ("page_size=0", {"page_size": "out_of_range"}),
        ("page_size=101", {"page_size": "out_of_range"}),
        ("page_size=x", {"page_size": "out_of_range"}),
        ("cursor=x", {"cursor": "invalid"}),
        ("cursor=%C3%A9", {"cursor": "invalid"}),
        ("cursor=cD1yYWlu", {"cursor": "invalid"}),
        ("cursor=cD0lMDA%3D", {"cursor": "invalid"}),
    ],
)
def test_a_filter_that_is_none_is_named(client, query, named):
    assert wrong_fields(client.get(f"{JOBS}?{query}")) == named


def test_a_page_of_jobs_takes_few_queries(client, order, django_assert_max_num_queries):
    for _ in range(50):
        stored_track(order())
    with django_assert_max_num_queries(9) as captured:
        page = client.get(JOBS).json()
    assert len(page["results"]) == 50
    assert sum(len(job["tracks"]) for job in page["results"]) == 50
    assert page["results"][0]["queue_position"] == 50
    assert not any('"peaks"' in query["sql"] for query in captured)


def test_estimating_when_a_page_of_jobs_will_be_done_takes_one_query_more(
    client, alice, measured, django_assert_max_num_queries
):
    worker(slots=2)
    jobs = [at_work(ordered(alice), since=20) for _ in range(2)] + [ordered(alice) for _ in range(20)]
    client.get(JOBS)
    with django_assert_max_num_queries(9):
        page = client.get(JOBS, {"page_size": 50}).json()
    moments = [job["estimated_finish_at"] for job in page["results"] if job["finished_at"] is None]
    assert len(moments) == len(jobs)
    assert all(moments)
    assert moments == sorted(moments, reverse=True)


def test_canceling_a_queued_job_ends_it(client, order):
    job = order()
    response = client.post(f"{JOBS}/{job.pk}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "canceled")
    again = client.post(f"{JOBS}/{job.pk}/cancel")
    assert (again.status_code, again.json()) == (200, response.json())


def test_canceling_a_job_under_way_asks_its_worker(client, order):
    job = order()
    job.claim("worker")
    response = client.post(f"{JOBS}/{job.pk}/cancel")
    body = response.json()
    assert (response.status_code, body["status"]) == (202, "processing")
    assert body["cancel_requested_at"] is not None
    assert response["Retry-After"] == "1"
    assert client.post(f"{JOBS}/{job.pk}/cancel").json()["cancel_requested_at"] == body["cancel_requested_at"]


def test_what_has_ended_is_not_canceled(client, order):
    job = failed(order())
    problem(client.post(f"{JOBS}/{job.pk}/cancel"), 409, "not_cancelable")
    job.refresh_from_db()
    assert (job.status, job.cancel_requested_at) == (Status.FAILED, None)


def test_trying_again_is_a_new_job_with_the_same_input(client, order):
    job = failed(order(seed=99, tags=("wet",)))
    response = client.post(f"{JOBS}/{job.pk}/retry")
    body = response.json()
    assert response.status_code == 202
    assert response["Location"] == f"http://testserver{JOBS}/{body['id']}"
    assert body["id"] != str(job.pk)
    assert (body["retry_of"], body["status"]) == (str(job.pk), "queued")
    assert body["input"] == {**job.input, "engine": "scripted"}


def test_what_has_not_failed_is_not_tried_again(client, order):
    job = order()
    problem(client.post(f"{JOBS}/{job.pk}/retry"), 409, "not_retryable")
    assert Job.objects.count() == 1


def test_trying_again_without_its_engine(client, order):
    job = failed(order())
    Job.objects.filter(pk=job.pk).update(engine="gone")
    problem(client.post(f"{JOBS}/{job.pk}/retry"), 409, "engine_unavailable")
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_music_of_a_job(client, order):
    job = order(variations=2)
    problem(client.get(f"{JOBS}/{job.pk}/audio"), 404, "audio_not_found")
    first = finish(job)
    response = client.get(f"{JOBS}/{job.pk}/audio", headers={"Accept": "audio/*"})
    assert (response.status_code, response["Cache-Control"]) == (302, "no-store")
    audio = client.get(response["Location"])
    assert audio.status_code == 200
    assert len(b"".join(audio)) == first.size
    jobs.delete_track(track=first)
    assert str(job.tracks.get(index=1).pk) in client.get(f"{JOBS}/{job.pk}/audio")["Location"]


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
@pytest.mark.parametrize("call", ["", "/cancel", "/retry", "/audio"])
def test_bob_does_not_learn_of_alices_jobs(bob, scripted, order, method, call):
    job = order()
    stored_track(job)
    client = client_of(bob)
    allowed = {"": "get", "/cancel": "post", "/retry": "post", "/audio": "get"}
    for path in (f"{JOBS}/{job.pk}{call}", f"{JOBS}/{NEVER}{call}"):
        response = getattr(client, method)(path)
        if method == allowed[call]:
            problem(response, 404, "not_found")
        else:
            problem(response, 405, "method_not_allowed")
    assert client.get(JOBS).json()["results"] == []
    job.refresh_from_db()
    assert job.status == Status.QUEUED
