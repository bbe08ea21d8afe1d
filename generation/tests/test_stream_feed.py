"""What one reader of a stream is sent, and what the id of an event remembers."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from generation.api.streams.cursor import MAX_STATES, Cursor, cursor_text
from generation.api.streams.feed import FORGOTTEN, JUST_ENDED, LONGEST_AWAY, Feed
from generation.api.streams.states import DIGEST_BYTES, JobState, Row
from generation.models.job_states import Stage, Status

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
ALICE, BOB = uuid.uuid4(), uuid.uuid4()


def job_state(status: str = Status.PROCESSING, progress: float | None = None, **columns) -> JobState:
    tracks = columns.pop("track_ids", ())
    ended = status in (Status.COMPLETED, Status.FAILED, Status.CANCELED)
    row = Row(
        id=uuid.uuid4(),
        owner_id=ALICE,
        turn_id=ALICE,
        status=status,
        stage=Stage.GENERATING if status == Status.PROCESSING else "",
        progress=progress,
        attempt=1,
        created_at=NOW,
        cancel_requested_at=None,
        finished_at=NOW if ended else None,
        error_code="",
        error_message="",
        error_retryable=False,
    )
    return JobState(row._replace(**columns), None, tracks)


def later(state: JobState, **columns) -> JobState:
    tracks = columns.pop("track_ids", state.track_ids)
    return replace(state, row=state.row._replace(**columns), track_ids=tracks)


def names(sent: bytes) -> list[str]:
    return [line.removeprefix("event: ") for line in sent.decode().splitlines() if line.startswith("event: ")]


def last_id(sent: bytes) -> str:
    return [line for line in sent.decode().splitlines() if line.startswith("id: ")][-1].removeprefix("id: ")


def feed(job: JobState | None = None, last: str = "") -> Feed:
    return Feed(ALICE, job.id if job else None, Cursor.parse(last), NOW)


def test_each_event_is_named_after_what_has_changed():
    state = job_state()
    mine = feed()
    assert names(mine.tell([state], NOW)) == ["status"]
    assert names(mine.tell([state], NOW)) == []
    moved = later(state, progress=0.5)
    assert names(mine.tell([moved], NOW)) == ["progress"]
    assert names(mine.tell([later(moved, stage=Stage.MASTERING)], NOW)) == ["progress"]
    assert names(mine.tell([later(moved, track_ids=(uuid.uuid4(),))], NOW)) == ["status"]
    assert names(mine.tell([later(moved, cancel_requested_at=NOW)], NOW)) == ["status"]
    assert names(mine.tell([later(moved, status=Status.CANCELED, finished_at=NOW)], NOW)) == ["canceled"]


def test_the_end_is_told_once_and_ends_the_stream_of_the_job_alone():
    ended = job_state(Status.COMPLETED)
    mine, all_of_hers = feed(ended), feed()
    for each in (mine, all_of_hers):
        assert names(each.tell([ended], NOW)) == ["completed"]
        assert names(each.tell([later(ended, attempt=2)], NOW)) == []
    assert (mine.is_over, all_of_hers.is_over) == (True, False)


def test_nobody_is_told_of_others_jobs():
    state = job_state()
    his = later(state, owner_id=BOB)
    other = job_state()
    assert feed().tell([his], NOW) == b""
    assert feed(state).tell([other], NOW) == b""
    assert feed(state).tell([his], NOW) == b""


def test_a_state_that_was_heard_is_not_told_again_and_a_new_one_is():
    first, second = job_state(), job_state(progress=0.1)
    last = last_id(feed().tell([first, second], NOW))
    resumed = feed(last=last)
    assert resumed.tell([first, second], NOW) == b""
    sent = resumed.tell([later(second, progress=0.2)], NOW)
    assert names(sent) == ["progress"]
    assert feed(last=last_id(sent)).tell([first, later(second, progress=0.2)], NOW) == b""


def test_what_ended_before_anybody_listened_is_not_sent():
    old = job_state(Status.FAILED, finished_at=NOW - timedelta(seconds=20))
    new = job_state(Status.FAILED, finished_at=NOW - timedelta(seconds=5))
    sent = feed().tell([old, new], NOW)
    assert names(sent) == ["failed"]
    assert str(new.id) in sent.decode()
    assert names(feed(old).tell([old], NOW)) == ["failed"]


def test_an_end_long_ago_is_forgotten_and_not_told_again():
    ended = job_state(Status.COMPLETED)
    mine = feed()
    mine.tell([ended], NOW)
    assert mine.tell([], NOW + FORGOTTEN + timedelta(seconds=1)) == b""
    assert mine.tell([ended], NOW + FORGOTTEN + timedelta(seconds=2)) == b""
    assert mine.live_ids == []


def test_one_who_comes_back_late_is_told_what_ended_meanwhile():
    begun = job_state()
    last = last_id(feed().tell([begun], NOW))
    much_later = NOW + timedelta(hours=2)
    ended = later(begun, status=Status.COMPLETED, stage="", finished_at=NOW + timedelta(hours=1))
    resumed = feed(last=last)
    assert names(resumed.tell([ended], much_later)) == ["completed"]


def test_one_whose_connection_breaks_in_the_middle_of_what_it_missed_is_told_the_rest():
    begun = [job_state() for _ in range(3)]
    last = last_id(feed().tell(begun, NOW))
    at = NOW + timedelta(hours=1)
    ended = [later(state, status=Status.COMPLETED, stage="", finished_at=at) for state in begun]
    much_later = NOW + timedelta(hours=2)
    sent = feed(last=last).tell(ended, much_later)
    first, _, _ = sent.partition(b"\n\n")
    rest = Feed(ALICE, cursor=Cursor.parse(last_id(first)), now=much_later).tell(ended, much_later)
    assert names(rest) == ["completed", "completed"]
    assert str(ended[0].id) not in rest.decode()
    again = Feed(ALICE, cursor=Cursor.parse(last_id(sent)), now=much_later)
    assert again.tell(ended, much_later) == b""


@pytest.mark.parametrize(
    ("at", "heard_until"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), NOW - LONGEST_AWAY),
        (NOW - timedelta(hours=3), NOW - timedelta(hours=3)),
        (datetime(9000, 1, 1, tzinfo=UTC), NOW),
    ],
)
def test_nobody_was_away_for_more_than_a_day_or_hears_the_future(at, heard_until):
    mine = Feed(ALICE, cursor=Cursor.parse(cursor_text(at, [])), now=NOW)
    assert mine.since == heard_until - JUST_ENDED
    missed, old = (job_state(Status.FAILED, finished_at=mine.since + timedelta(seconds=by)) for by in (1, -1))
    assert last_id(sent := mine.tell([old, missed], NOW))
    assert (str(missed.id) in sent.decode(), str(old.id) in sent.decode()) == (True, False)


def test_an_event_is_whole_on_its_lines():
    state = job_state(
        Status.FAILED, error_code="internal", error_message="It\nbroke\r: ü", error_retryable=True
    )
    sent = feed().tell([state], NOW).decode()
    assert [line.partition(":")[0] for line in sent.split("\n")] == ["id", "event", "data", "", ""]
    assert json.loads(sent.split("\n")[2][6:])["error"]["message"] == "It\nbroke\r: ü"


def test_a_cursor_is_read_as_it_was_written():
    digests = [job_state().digest for _ in range(3)]
    read = Cursor.parse(cursor_text(NOW, digests))
    assert read == Cursor(NOW, frozenset(digests))


def test_of_many_states_the_last_are_remembered_and_the_id_stays_short():
    digests = [number.to_bytes(DIGEST_BYTES) for number in range(100)]
    text = cursor_text(NOW, digests)
    read = Cursor.parse(text)
    assert read
    assert read.digests == frozenset(digests[-MAX_STATES:])
    assert len(text) < 300


@pytest.mark.parametrize("text", ["", "x", "AAAA", "=" * 8, "A" * 5000, "Ä" * 8, "________", "a b c d e"])
def test_an_id_of_another_site_says_nothing(text):
    assert Cursor.parse(text) is None
