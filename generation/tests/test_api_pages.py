"""Pages of lists: they end, hold everything once, and go back the same way."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from generation.models import Job, Track
from generation.models.cursors import Cursor
from generation.tests.api_calls import API, client_of, stored_track, unsaved_track, wrong_fields

JOBS, TRACKS = f"{API}/jobs", f"{API}/tracks"
NEVER = "00000000-0000-4000-8000-000000000000"
ORDERINGS = ["title", "-title", "duration", "-duration", "created_at", "-created_at"]


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


@pytest.fixture
def equal_tracks(order, scripted):
    """1,100 tracks of the same title, duration and moment, and one beyond them on either side."""
    job, now = order(), timezone.now()
    tracks = []
    for number in range(1102):
        track = unsaved_track(job, created_at=now)
        track.id, track.index = Track.id_for(job, number), number
        tracks.append(track)
    for track, title, step in ((tracks[0], "A", -1), (tracks[-1], "Z", 1)):
        track.title, track.duration, track.created_at = title, 1.0 + step / 10, now + timedelta(seconds=step)
    Track.objects.bulk_create(tracks)
    return tracks


def walk(client, url: str, direction: str = "next", most: int = 100) -> list[list[str]]:
    """The ids of each page, from this one until there is none any more."""
    pages = []
    while url:
        page = client.get(url).json()
        pages.append([item["id"] for item in page["results"]])
        assert len(pages) < most, "it does not end"
        url = page[direction]
    return pages


@pytest.mark.postgresql_is_enough
def test_more_than_a_thousand_equal_values_come_to_an_end(client, equal_tracks):
    """All orders in one test: that many tracks take seconds to make."""
    ends = [str(equal_tracks[0].pk), str(equal_tracks[-1].pk)]
    for ordering in ORDERINGS:
        pages = walk(client, f"{TRACKS}?page_size=100&ordering={ordering}")
        ids = [track_id for page in pages for track_id in page]
        assert len(ids) == len(set(ids)) == len(equal_tracks), ordering
        assert [ids[0], ids[-1]] == (ends[::-1] if ordering.startswith("-") else ends), ordering
        assert [len(page) for page in pages] == [100] * 11 + [2], ordering


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_the_way_back_is_the_way_there(client, order, ordering):
    job = order()
    for title, duration in (("b", 1), ("a", 2), ("b", 2), ("b", 1), ("c", 3), ("a", 2), ("b", 2)):
        stored_track(job, title=title, duration=duration, created_at=datetime(2026, 1, duration, tzinfo=UTC))
    there = walk(client, f"{TRACKS}?page_size=2&ordering={ordering}")
    url = f"{TRACKS}?page_size=2&ordering={ordering}"
    for _ in there[:-1]:
        url = client.get(url).json()["next"]
    back = walk(client, url, "previous")
    assert [item for page in there for item in page] == [item for page in reversed(back) for item in page]
    assert [len(page) for page in back] == [1, 2, 2, 2]


def test_a_page_gives_its_neighbours_as_links_and_as_cursors(client, order):
    ids = [str(order().pk) for _ in range(5)][::-1]
    first = client.get(JOBS, {"page_size": 2}).json()
    assert list(first) == ["next", "next_cursor", "previous", "previous_cursor", "results"]
    assert first["next"] == f"http://testserver{JOBS}?cursor={first['next_cursor']}&page_size=2"
    assert (first["previous"], first["previous_cursor"]) == (None, None)
    second = client.get(JOBS, {"page_size": 2, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in second["results"]] == ids[2:4]
    assert client.get(first["next"]).json() == second
    back = client.get(JOBS, {"page_size": 2, "cursor": second["previous_cursor"]}).json()
    assert back["results"] == first["results"]
    assert (back["previous"], back["next_cursor"]) == (None, first["next_cursor"])
    last = client.get(JOBS, {"page_size": 2, "cursor": second["next_cursor"]}).json()
    assert ([job["id"] for job in last["results"]], last["next"]) == (ids[4:], None)


def test_what_is_new_and_what_is_gone_move_no_page(client, order):
    job = order()
    tracks = [stored_track(job) for _ in range(4)][::-1]
    first = client.get(TRACKS, {"page_size": 2}).json()
    stored_track(job)
    tracks[1].discard()
    rest = client.get(first["next"]).json()
    assert [item["id"] for item in rest["results"]] == [str(track.pk) for track in tracks[2:]]


def test_a_page_of_which_all_is_gone_is_empty(client, order):
    job = order()
    for _ in range(3):
        stored_track(job)
    following = client.get(TRACKS, {"page_size": 2}).json()["next"]
    Track.objects.all().discard(timezone.now())
    page = client.get(following).json()
    assert (page["results"], page["next"], page["previous"]) == ([], None, None)


def test_a_page_is_one_query_that_an_index_answers(equal_tracks, django_assert_num_queries):
    index = {"created_at": "track_by_owner", "title": "track_by_title", "duration": "track_by_duration"}
    track = sorted(equal_tracks[1:-1], key=lambda track: track.pk)[550]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE generation_track")
    for ordering in ORDERINGS:
        rows = Cursor.at(track, ordering).beyond(Track.objects.visible_to(track.owner))
        with django_assert_num_queries(1):
            assert len(rows[:51]) == 51
        plan = rows[:51].explain()
        assert index[ordering.removeprefix("-")] in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


def encoded(*values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


MOMENT = "2026-01-31T18:00:00+00:00"


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        (JOBS, ""),
        (JOBS, "x"),
        (JOBS, "é"),
        (JOBS, "x" * 3000),
        (JOBS, "cD0yMDI2LTAxLTAxKzAwJTNBMDAlM0EwMA=="),
        (JOBS, "W1tbW1tb" * 200),
        (JOBS, encoded()),
        (JOBS, encoded("-created_at", MOMENT, NEVER)),
        (JOBS, encoded("created_at", MOMENT, NEVER, False)),
        (JOBS, encoded("-created_at", MOMENT, "me", False)),
        (JOBS, encoded("-created_at", MOMENT, 7, False)),
        (JOBS, encoded("-created_at", MOMENT, NEVER, 1)),
        (JOBS, encoded("-created_at", "2026-01-31T18:00:00", NEVER, False)),
        (JOBS, encoded("-created_at", "0001-01-01T00:00:00+10:00", NEVER, False)),
        (JOBS, encoded("-created_at", 7, NEVER, False)),
        (f"{TRACKS}?ordering=duration", encoded("-created_at", MOMENT, NEVER, False)),
        (f"{TRACKS}?ordering=duration", encoded("duration", "1", NEVER, False)),
        (f"{TRACKS}?ordering=duration", encoded("duration", True, NEVER, False)),
        (f"{TRACKS}?ordering=duration", encoded("duration", float("nan"), NEVER, False)),
        (f"{TRACKS}?ordering=duration", encoded("duration", 10**400, NEVER, False)),
        (f"{TRACKS}?ordering=title", encoded("title", "a\0", NEVER, False)),
        (f"{TRACKS}?ordering=title", encoded("title", "\ud800", NEVER, False)),
        (f"{TRACKS}?ordering=title", encoded("title", ["a"], NEVER, False)),
        (f"{TRACKS}?ordering=title", encoded("-title", "a", NEVER, False)),
    ],
)
def test_a_cursor_that_is_none_or_of_another_list_is_named(client, path, cursor):
    response = client.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}")
    assert wrong_fields(response) == {"cursor": "invalid"}


def test_one_that_could_be_is_followed(client, order):
    job = stored_track(order(), title="b").job
    for path, cursor, found in (
        (JOBS, encoded("-created_at", "9999-12-31T23:59:59+00:00", NEVER, False), 1),
        (JOBS, encoded("-created_at", "0001-01-01T00:00:00+00:00", NEVER, True), 1),
        (JOBS, encoded("-created_at", "0001-01-01T00:00:00+00:00", NEVER, False), 0),
        (f"{TRACKS}?ordering=title", encoded("title", "a", NEVER, False), 1),
        (f"{TRACKS}?ordering=-title", encoded("-title", "c’%_", NEVER, False), 1),
        (f"{TRACKS}?ordering=duration", encoded("duration", 0.5, NEVER, False), 1),
        (f"{TRACKS}?ordering=duration", encoded("duration", 10**300, NEVER, False), 0),
    ):
        page = client.get(f"{path}{'&' if '?' in path else '?'}cursor={cursor}").json()
        assert len(page["results"]) == found, (path, cursor)
    assert Job.objects.get() == job


def test_several_states_are_asked_for_with_commas_or_one_after_another(client, order):
    queued, processing, canceled = order(), order(), order()
    processing.claim("worker")
    canceled.cancel()

    def found(query):
        return {job["id"] for job in client.get(f"{JOBS}?{query}").json()["results"]}

    both = {str(queued.pk), str(processing.pk)}
    assert found("status=queued,processing") == both
    assert found("status=queued&status=processing") == both
    assert found("status=queued&status=queued,") == {str(queued.pk)}
    assert wrong_fields(client.get(f"{JOBS}?status=")) == {"status": "empty"}
    assert wrong_fields(client.get(f"{JOBS}?status=queued,done")) == {"status": "invalid_choice"}
    assert wrong_fields(client.get(f"{JOBS}?status=queued&status=done")) == {"status": "invalid_choice"}


def test_jobs_that_tried_one_again(client, order, bob):
    job = order()
    job.cancel()
    again = client.post(f"{JOBS}/{job.pk}/retry").json()["id"]
    found = client.get(JOBS, {"retry_of": str(job.pk)}).json()["results"]
    assert [each["id"] for each in found] == [again]
    assert client.get(JOBS, {"retry_of": NEVER}).json()["results"] == []
    assert client_of(bob).get(JOBS, {"retry_of": str(job.pk)}).json()["results"] == []
    assert wrong_fields(client.get(JOBS, {"retry_of": "me"})) == {"retry_of": "invalid"}


def test_tracks_of_a_job_and_by_who_may_see_them(client, order, bob):
    job = order()
    private, public = stored_track(job), stored_track(job, visibility="public")
    unlisted = stored_track(order(), visibility="unlisted")

    def found(**query):
        return {track["id"] for track in client.get(TRACKS, query).json()["results"]}

    assert found(job=str(job.pk)) == {str(private.pk), str(public.pk)}
    assert found(job=NEVER) == set()
    assert found(visibility="public") == {str(public.pk)}
    assert found(visibility="public,unlisted") == {str(public.pk), str(unlisted.pk)}
    assert found(job=str(job.pk), visibility="unlisted") == set()
    assert client_of(bob).get(TRACKS, {"job": str(job.pk)}).json()["results"] == []
    assert wrong_fields(client.get(TRACKS, {"job": "me", "visibility": "secret"})) == {
        "job": "invalid",
        "visibility": "invalid_choice",
    }
    assert wrong_fields(client.get(TRACKS, {"ordering": "title,duration"})) == {"ordering": "invalid_choice"}
