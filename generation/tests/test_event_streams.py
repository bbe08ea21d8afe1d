"""Event streams of the real web process, on both databases: what is sent, when it ends, and what it costs others."""

import contextlib
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from accounts.models import ApiToken, User
from generation.engines.request import MusicRequest
from generation.models import Job, Lease
from generation.models.job_states import Stage
from generation.tests.api_calls import API, stored_track
from generation.tests.web_server import Listener, WebServer, web_server
from generation.tests.working import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]
PROBLEM = "application/problem+json"
Listen = Callable[..., Listener]


@pytest.fixture(scope="module")
def server(django_db_setup, tmp_path_factory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web")) as server:
        yield server


@pytest.fixture(autouse=True)
def engine(scripted):
    return scripted


def token_of(user: User) -> dict[str, str]:
    """The headers by which this user comes, with a token that is new."""
    return {"Authorization": f"Bearer {ApiToken.objects.issue(user, 'tests', ['read', 'write'])[1]}"}


@pytest.fixture
def listen(server, alice) -> Iterator[Listen]:
    """Open a stream: of a job of alice's, or of all her jobs."""
    with contextlib.ExitStack() as opened:

        def listen(
            job: Job | None = None, last: str = "", headers: dict[str, str] | None = None, port: int = 0
        ) -> Listener:
            path = f"{API}/jobs/{job.pk}/events" if job else f"{API}/events"
            sent = (headers or token_of(alice)) | ({"Last-Event-ID": last} if last else {})
            listener = Listener(port or server.port, path, sent)
            opened.callback(listener.close)
            return listener

        yield listen


def begun(job: Job, progress: float | None = None) -> Lease:
    """A worker has taken the job and reported the progress."""
    lease = job.claim(f"worker {job.pk}")
    assert lease
    assert lease.beat(stage=Stage.GENERATING, progress=progress)
    return lease


def completed(job: Job) -> uuid.UUID:
    """Its worker has stored a track and said that all is done."""
    track = stored_track(job)
    assert Lease(job, f"worker {job.pk}").complete(generate_seconds=1, store_seconds=1)
    return track.pk


def test_a_job_is_told_from_the_queue_to_its_end(listen, order):
    job = order()
    stream = listen(job)
    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream")
    assert stream.headers["Cache-Control"] == "no-store, no-transform"
    assert stream.headers["X-Accel-Buffering"] == "no"
    first = stream.next()
    assert "retry: 2000\n" in stream.lines
    assert (first.name, first.data) == (
        "status",
        {
            "id": str(job.pk),
            "status": "queued",
            "stage": None,
            "progress": None,
            "queue_position": 1,
            "attempt": 0,
            "track_ids": [],
            "error": None,
            "cancel_requested_at": None,
            "finished_at": None,
        },
    )
    assert job.claim("worker")
    taken = stream.next()
    assert (taken.name, taken.data["status"], taken.data["queue_position"], taken.data["attempt"]) == (
        "status",
        "processing",
        None,
        1,
    )
    assert Lease(job, "worker").beat(stage=Stage.GENERATING, progress=0.42)
    moved = stream.next()
    assert (moved.name, moved.data["stage"], moved.data["progress"]) == ("progress", "generating", 0.42)
    track = stored_track(job)
    assert Lease(job, "worker").complete(generate_seconds=1, store_seconds=1)
    ended = stream.next()
    while ended.name != "completed":  # the track may be sent before the end
        assert ended.name == "status"
        ended = stream.next()
    assert (ended.data["status"], ended.data["track_ids"]) == ("completed", [str(track.pk)])
    assert ended.data["finished_at"]
    assert stream.rest()[-1] == ""


def test_a_failure_says_why(listen, order):
    job = order()
    begun(job).fail(code="internal", message="It broke.", retryable=True)
    event = listen(job).next()
    assert (event.name, event.data["error"]) == (
        "failed",
        {"code": "internal", "message": "It broke.", "retryable": True},
    )


def test_who_connects_anew_is_told_what_has_changed_and_nothing_again(listen, order):
    job = order()
    lease = begun(job, 0.1)
    heard = listen(job).next()
    resumed = listen(job, last=heard.id)
    assert lease.beat(stage=Stage.GENERATING, progress=0.2)
    assert resumed.next().data["progress"] == 0.2
    completed(job)
    ended = listen(job, last=heard.id).next()
    assert ended.name == "completed"
    again = listen(job, last=ended.id)
    assert (again.status, again.rest()) == (204, [""])


@pytest.mark.parametrize("last", ["nonsense", "!" * 4000, "A" * 4000, "AAAA", "Ä"])
def test_an_id_that_is_none_of_ours_is_as_good_as_none(listen, order, last):
    job = order()
    assert listen(job, last=last.encode("utf-8", "replace").decode("latin-1")).next().name == "status"


def test_all_jobs_of_a_user_are_told_in_one_stream_and_nobody_elses(listen, order, alice, bob):
    first = order("first")
    stream = listen()
    assert stream.next().data["id"] == str(first.pk)
    hers = Job.objects.create(
        owner=bob, input=MusicRequest(prompt="hers", duration=1.0).as_json(), engine="scripted"
    )
    second = order("second")
    assert (event := stream.next()).data["id"] == str(second.pk), event
    first.cancel()
    names = [(event.name, event.data["id"]) for event in (stream.next(), stream.next())]
    assert ("canceled", str(first.pk)) in names
    assert str(hers.pk) not in "".join(stream.lines)


def test_what_ended_while_nobody_listened_is_told_once(listen, order):
    kept, ended = order("kept"), order("ended")
    stream = listen()
    last = [stream.next(), stream.next()][-1].id
    stream.close()
    begun(ended)
    completed(ended)
    short = order("came and went")
    short.cancel()
    resumed = listen(last=last)
    heard = [resumed.next(), resumed.next()]
    assert {(event.name, event.data["id"]) for event in heard} == {
        ("completed", str(ended.pk)),
        ("canceled", str(short.pk)),
    }
    again = listen(last=heard[-1].id)
    kept.cancel()
    assert again.next().data["id"] == str(kept.pk)


def test_a_job_that_moves_up_in_the_queue_is_told_its_place(listen, order):
    ahead, job = order("ahead"), order("behind")
    stream = listen(job)
    assert stream.next().data["queue_position"] == 2
    begun(ahead)
    moved = stream.next()
    assert (moved.name, moved.data["queue_position"]) == ("progress", 1)


def test_another_users_job_is_not_there(listen, order, bob):
    stream = listen(order(), headers=token_of(bob))
    assert (stream.status, stream.headers["Content-Type"], stream.body()["code"]) == (
        404,
        PROBLEM,
        "not_found",
    )
    assert listen(headers={"Accept": "text/event-stream"}).status == 401


def _revoke(token: ApiToken) -> None:
    assert token.revoke()


def _expire(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=token.created_at)


def _suspend(token: ApiToken) -> None:
    assert token.user.suspend()


def _close(token: ApiToken) -> None:
    assert token.user.close()


@pytest.mark.parametrize("end", [_revoke, _expire, _suspend, _close])
def test_who_may_no_longer_read_hears_no_more(listen, order, alice, end):
    stream = listen(order())
    stream.next()
    end(ApiToken.objects.get(user=alice))
    assert stream.rest()[-1] == ""


def _log_out(session: str, user: User) -> None:
    SessionStore(session).flush()


def _change_password(session: str, user: User) -> None:
    user.set_password("quite another secret")
    user.save()


@pytest.mark.parametrize("end", [_log_out, _change_password])
def test_a_browser_hears_of_its_jobs_until_it_logs_out(listen, order, alice, end):
    browser = Client()
    browser.force_login(alice)
    session = browser.cookies["sessionid"].value
    job = order()
    stream = listen(headers={"Cookie": f"sessionid={session}"})
    assert stream.next().data["id"] == str(job.pk)
    end(session, alice)
    assert stream.rest()[-1] == ""


def test_streams_hold_no_thread_and_end_at_once_where_the_server_is_to_end(listen, order, tmp_path, alice):
    """Of two threads none is held by ten streams; and their lines in the log come at their ends."""
    headers, job = token_of(alice), order()
    with web_server(tmp_path, "--threads", "2") as server:
        streams = [listen(headers=headers, port=server.port) for _ in range(10)]
        assert all(stream.next().data["id"] == str(job.pk) for stream in streams)
        assert Listener(server.port, f"{API}/jobs/{job.pk}", headers).body()["status"] == "queued"
        assert f"{API}/events 200" not in server.log.read_text()
        server.process.terminate()
        assert all(stream.rest()[-1] == "" for stream in streams)
        assert server.process.wait(20) == 0
    log = server.log.read_text()
    assert log.count(f"GET {API}/events 200") == 10
    assert "Traceback" not in log


def test_a_client_that_has_gone_frees_its_seat(listen, order, tmp_path, alice):
    headers = token_of(alice)
    with web_server(tmp_path, EVENT_STREAMS="1") as server:
        stream = listen(headers=headers, port=server.port)
        refused = listen(headers=headers, port=server.port)
        assert (refused.status, refused.body()["code"]) == (503, "no_stream_free")
        assert refused.headers["Retry-After"] == "10"
        stream.close()
        wait_until(lambda: listen(headers=headers, port=server.port).status == 200)


def test_one_user_may_not_have_all_streams(listen, order, alice, bob):
    headers = token_of(alice)
    streams = [listen(headers=headers) for _ in range(20)]
    refused = listen(headers=headers)
    assert (refused.status, refused.body()["code"]) == (429, "concurrency_limited")
    assert listen(headers=token_of(bob)).status == 200
    assert {stream.status for stream in streams} == {200}


def test_where_nothing_can_be_handed_over_a_thread_tells_it(listen, order, tmp_path, alice):
    """gunicorn's own worker is what any other server is; a stream in a thread does not keep it from ending."""
    headers, job = token_of(alice), order()
    with web_server(tmp_path, "--worker-class", "gthread") as server:
        stream = listen(job, headers=headers, port=server.port)
        assert stream.next().data["status"] == "queued"
        begun(job)
        assert stream.next().data["status"] == "processing"
        others = [listen(job, headers=headers, port=server.port).status for _ in range(2)]
        assert others == [200, 429]
        completed(job)
        while stream.next().name != "completed":
            pass
        assert stream.rest()[-1] == ""
