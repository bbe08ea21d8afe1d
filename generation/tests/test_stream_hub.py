"""The thread that holds all streams of a process: what it asks of the database, and that it outlives its outages."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken, User
from generation import jobs
from generation.api.streams import queries
from generation.api.streams.cursor import Cursor
from generation.api.streams.feed import Feed
from generation.api.streams.hub import Hub
from generation.api.streams.readers import Reader
from generation.api.streams.watcher import COMMIT_SECONDS, SWEEP_SECONDS, Watcher
from generation.engines.request import MusicRequest
from generation.models import Job, JobEvent, Lease
from generation.models.job_states import Stage
from generation.tests.torture.databases import database_with_outages
from generation.tests.working import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_both]
LONG_AGO = Cursor.parse("AAAAAAAA")  # 1970


class Client:
    """The other end of a stream in a hub of this process."""

    def __init__(self, hub: Hub, owner: User, job: Job | None = None, cursor: Cursor | None = None) -> None:
        token, _ = ApiToken.objects.issue(owner, "tests", ["read"])
        self.ended: list[int] = []
        self.socket, held = socket.socketpair()
        self.socket.settimeout(30)
        feed = Feed(owner.pk, job.pk if job else None, cursor)
        hub.hold(held, feed, Reader(owner.pk, token_id=token.pk), self.ended.append)

    def hear(self, text: str) -> str:
        """All that comes until this text has come."""
        heard = ""
        while text not in heard:
            received = self.socket.recv(65536)
            assert received, f"The stream ended after {heard}"
            heard += received.decode()
        return heard


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close_all()
    wait_until(lambda: hub._thread is None)


@pytest.fixture(autouse=True)
def engine(scripted):
    return scripted


def test_a_stream_ends_with_its_job_and_says_how_much_was_sent(hub, alice, order):
    job = order()
    client = Client(hub, alice, job)
    heard = client.hear('"queued"')
    job.cancel()
    heard += client.hear("event: canceled")
    while received := client.socket.recv(65536):
        heard += received.decode()
    wait_until(lambda: client.ended)
    assert client.ended == [len(heard.encode())]


def test_the_thread_waits_for_nothing_while_there_are_no_streams_and_begins_again(hub, alice, order):
    job = order()
    for _ in range(2):
        client = Client(hub, alice, job)
        client.hear('"queued"')
        client.socket.close()
        wait_until(lambda client=client: client.ended)


def test_streams_that_come_when_the_site_is_shutting_down_are_ended(hub, alice, order):
    hub.close_all()
    client = Client(hub, alice, order())
    assert client.socket.recv(100) == b""
    wait_until(lambda: client.ended == [0])


def test_a_silent_stream_is_kept_open_by_comments(hub, alice, order, monkeypatch):
    monkeypatch.setattr("generation.api.streams.hub.KEEP_ALIVE_SECONDS", 0.3)
    client = Client(hub, alice, order())
    assert "event: status" in client.hear(": keep-alive\n\n: keep-alive\n\n")


def test_a_stream_ends_in_time_so_that_its_client_connects_anew(hub, alice, order, monkeypatch):
    monkeypatch.setattr("generation.api.streams.hub.LIFETIME_SECONDS", 0.5)
    client = Client(hub, alice, order())
    client.hear("event: status")
    assert client.socket.recv(100) == b""
    wait_until(lambda: client.ended)


def test_streams_outlive_an_outage_of_the_database_and_miss_nothing():
    with database_with_outages() as outage:
        hub = Hub()
        alice = User.objects.create_user(email="alice@example.org")
        job = jobs.submit(owner=alice, request=MusicRequest(prompt="rain", duration=1.0))
        client, all_of_hers = Client(hub, alice, job), Client(hub, alice)
        client.hear('"queued"')
        all_of_hers.hear('"queued"')
        outage.begin()
        time.sleep(1)
        outage.end()
        short = jobs.submit(owner=alice, request=MusicRequest(prompt="came and went", duration=1.0))
        short.cancel()
        assert job.claim("worker")
        client.hear('"processing"')
        assert str(short.pk) in all_of_hers.hear("event: canceled")
        hub.close_all()
        wait_until(lambda: hub._thread is None)
    assert client.ended


def test_a_look_is_one_query_however_many_streams_and_jobs_there_are(alice, bob, order):
    for _ in range(5):
        order()
    feeds = [Feed(owner.pk) for owner in (alice, bob) for _ in range(50)]
    watcher = Watcher(clock=lambda: 0.0)
    for state in (seen := watcher.look(feeds)):
        assert state.owner_id == alice.pk
    for feed in feeds:
        feed.tell(seen)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert watcher.look(feeds) == []
    assert len(asked) == 1


def test_what_has_no_line_in_the_log_is_found_all_the_same(alice, order):
    """Such as where a line was committed long after it got its number."""
    now = [0.0]
    job, feed, watcher = order(), Feed(alice.pk), Watcher(clock=lambda: now[0])
    feed.tell(watcher.look([feed]))
    now[0] += COMMIT_SECONDS
    Job.objects.filter(pk=job.pk).update(attempt=2)
    assert watcher.look([feed]) == []
    now[0] += SWEEP_SECONDS
    [state] = watcher.look([feed])
    assert state.attempt == 2


def test_a_line_that_is_committed_after_later_ones_is_found(alice, order):
    now = [0.0]
    job, feed, watcher = order(), Feed(alice.pk), Watcher(clock=lambda: now[0])
    feed.tell(watcher.look([feed]))
    early = JobEvent.objects.create(job=job, kind="woken")
    early.delete()
    JobEvent.objects.create(job=job, kind="woken")
    feed.tell(watcher.look([feed]))
    now[0] += COMMIT_SECONDS / 2
    Job.objects.filter(pk=job.pk).update(attempt=2)
    early.save(force_insert=True)
    [state] = watcher.look([feed])
    assert state.attempt == 2


def test_progress_is_seen_though_no_line_tells_it(alice, order):
    job, feed, watcher = order(), Feed(alice.pk), Watcher()
    lease = job.claim("worker")
    assert isinstance(lease, Lease)
    assert lease.beat(stage=Stage.GENERATING, progress=0.1)
    feed.tell(watcher.look([feed]))
    assert lease.beat(stage=Stage.GENERATING, progress=0.2)
    [state] = watcher.look([feed])
    assert state.progress == 0.2


def test_of_an_owner_with_a_thousand_waiting_jobs_only_the_next_are_told(alice, order, monkeypatch):
    monkeypatch.setattr("generation.api.streams.queries.FOLLOWED_QUEUED", 3)
    placed = [order() for _ in range(5)]
    feed = Feed(alice.pk)
    seen = Watcher().look([feed])
    assert [state.id for state in seen] == [job.pk for job in placed[:3]]
    assert [state.queue_position for state in seen] == [1, 2, 3]


def ended(owner: User, count: int, every: timedelta = timedelta(hours=1)) -> list[Job]:
    """So many jobs, each of which ended so long before the one before it."""
    rain = MusicRequest(prompt="rain", duration=1.0).as_json()
    made = [Job(owner=owner, turn_id=owner.pk, input=rain, engine="scripted") for _ in range(count)]
    for number, job in enumerate(made):
        job.status, job.finished_at = "canceled", timezone.now() - number * every - timedelta(minutes=10)
    return Job.objects.bulk_create(made)


def test_of_all_that_ended_only_the_last_are_read_for_one_who_was_away(alice, bob, order, monkeypatch):
    """By an index, in the order in which they ended, and none of another owner's."""
    monkeypatch.setattr("generation.api.streams.queries.TOLD_ENDED", 3)
    hers, _ = ended(alice, 30), ended(bob, 1000, every=timedelta(minutes=1))
    living = order()
    feeds = [Feed(alice.pk, cursor=LONG_AGO), Feed(alice.pk), Feed(bob.pk)]
    assert [feed.is_catching_up for feed in feeds] == [True, False, False]
    with CaptureQueriesContext(connection) as asked:
        seen = Watcher().look(feeds)
    assert {state.id for state in seen} == {living.pk, *(job.pk for job in hers[:3])}
    [late] = [query["sql"] for query in asked if "LIMIT 3" in query["sql"]]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE generation_job")  # without figures every index looks as good
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN'} {late}")
        plan = str(cursor.fetchall())
    assert "job_ended" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_living_jobs_are_found_without_those_that_have_ended(alice, order):
    """By the indexes of living jobs: whoever has ended a hundred thousand jobs costs no more than others."""
    job, lease = order(), order().claim("worker")
    assert lease
    with CaptureQueriesContext(connection) as asked:
        assert {row.id for row in queries.live_jobs_of([alice.pk])} == {job.pk, lease.job.pk}
    assert not [query["sql"] for query in asked if '"status" IN' in query["sql"]]


def test_many_who_were_away_are_told_in_turns_and_nobody_else_waits_for_them(
    hub, alice, bob, order, monkeypatch
):
    monkeypatch.setattr("generation.api.streams.hub.CATCHING_UP_AT_ONCE", 2)
    looks: list[int] = []
    look = Watcher.look

    def counted(self, feeds):
        looks.append(sum(feed.is_catching_up for feed in feeds))
        return look(self, feeds)

    monkeypatch.setattr(Watcher, "look", counted)
    newest = ended(alice, 5)[0]
    late = [Client(hub, alice, cursor=LONG_AGO) for _ in range(7)]
    his = jobs.submit(owner=bob, request=MusicRequest(prompt="rain", duration=1.0))
    Client(hub, bob, his).hear('"queued"')
    for client in late:
        client.hear(str(newest.pk))
    assert max(looks) == 2
    assert sum(looks) == 7
