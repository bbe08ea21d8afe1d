"""The admin's pages of jobs, tracks and workers, as the operator opens them."""

import uuid
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from generation import jobs, suspensions
from generation.engines.request import MusicRequest
from generation.engines.scripted import REJECTED
from generation.models import Job, Track, Worker
from generation.models.job_states import ErrorCode, Status
from generation.tests.histories import at_work, completed, ordered
from generation.tracks import purging, renditions
from generation.worker import attempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_is_enough]
JOBS, TRACKS, WORKERS = ("/admin/generation/" + name for name in ("job/", "track/", "worker/"))


@pytest.fixture
def charlie(db) -> User:
    return User.objects.create_superuser(email="charlie@example.org", password="a long enough secret")


@pytest.fixture
def operator(client, charlie) -> Client:
    client.force_login(charlie)
    return client


@pytest.fixture
def made(scripted, order) -> Job:
    """A completed job of alice."""
    job = order("rainy night")
    attempt.run(job.pk)
    job.refresh_from_db()
    return job


def listed(client: Client, page: str, **query: str) -> list[object]:
    answer = client.get(page, query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def act(client: Client, page: str, action: str, *subjects: object) -> str:
    """Choose rows and an action, follow to the list, and return what it says."""
    chosen = [str(subject.pk) for subject in subjects]  # type: ignore[attr-defined]
    answer = client.post(page, {"action": action, "_selected_action": chosen}, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def queries_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def copies(track: Track, number: int) -> None:
    """As many more completed jobs of other people, each with a track like this one."""
    for index in range(number):
        owner = User.objects.create_user(email=f"person{index}@example.org")
        job = Job.objects.get(pk=track.job_id)
        job.pk, job.owner, job.status, job.first_track, job.finished_at = (
            uuid.uuid4(),
            owner,
            "queued",
            None,
            None,
        )
        job.save(force_insert=True)
        copy = Track.objects.get(pk=track.pk)
        copy.pk, copy.job, copy.owner = uuid.uuid4(), job, owner
        copy.save(force_insert=True)
        Job.objects.filter(pk=job.pk).update(status="completed", first_track=copy, finished_at=timezone.now())


def test_only_staff_get_in(client, alice, made):
    client.force_login(alice)
    assert client.get(JOBS).status_code in (302, 403)
    alice.is_staff = True
    alice.save()
    assert client.get(JOBS).status_code == 403
    alice.user_permissions.add(Permission.objects.get(codename="view_job"))
    assert listed(client, JOBS) == [made]


def test_the_index_and_every_page_open(operator, made):
    Worker.objects.create(host="here", pid=1, slots=2)
    track, worker = made.first_track, Worker.objects.get()
    assert "Music" in operator.get("/admin/").text
    for page in (f"{JOBS}{made.pk}/change/", f"{TRACKS}{track.pk}/change/", f"{WORKERS}{worker.pk}/change/"):
        answer = operator.get(page)
        assert answer.status_code == 200
        assert 'name="_save"' not in answer.text
    for page in (JOBS, TRACKS, WORKERS):
        assert operator.get(f"{page}add/").status_code == 403
    for page in (f"{JOBS}{made.pk}", f"{WORKERS}{worker.pk}"):
        assert operator.post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_the_list_of_jobs_shows_state_and_times_in_words(operator, made):
    text = operator.get(JOBS).text
    assert ">Completed</span>" in text
    assert "alice@example.org" in text
    assert f"+ {made.generate_seconds:.1f} +" in text


def test_the_list_of_jobs_shows_what_they_cost(operator, made):
    assert "Together they cost" not in operator.get(JOBS).text
    for dollars in ("0.001355", "0.002"):
        assert made.add_cost(Decimal(dollars))
    copies(made.first_track, 1)
    text = operator.get(JOBS).text
    assert text.count("$0.0034") == 2
    assert "Together they cost" in text
    assert "$0.0067" in text
    assert "$0.0034" in operator.get(f"{JOBS}{made.pk}/change/").text


def test_a_measure_is_shown_beside_what_was_asked(operator, scripted, order):
    job = order(bpm=90.0)
    attempt.run(job.pk)
    assert "asked for" not in operator.get(TRACKS).text
    Track.objects.update(bpm=91.5, key="A minor", time_signature="6/8", lufs=-14.04, true_peak_db=-1.0)
    assert "91.5 BPM (asked for 90), A minor, 6/8, -14.0 LUFS, -1.0 dBTP" in operator.get(TRACKS).text


def test_length_and_size_are_written_as_people_read_them(operator, made):
    Track.objects.update(duration=65.4, size=12_345_678)
    text = operator.get(TRACKS).text
    assert ">1:05<" in text
    assert ">12.3 MB<" in text


def test_a_long_prompt_is_cut_in_the_list_and_one_that_fits_is_not(operator, scripted, order):
    order("rain, " * 8 + "snow")
    order("s" * 48)
    text = operator.get(JOBS).text
    assert ">" + "rain, " * 7 + "rain,…<" in text
    assert ">" + "s" * 48 + "<" in text


def test_jobs_are_found_by_id_owner_and_prompt(operator, made, bob, scripted):
    other = jobs.submit(owner=bob, request=MusicRequest("sunny morning", 1.0))
    assert listed(operator, JOBS, q=str(made.pk)) == [made]
    assert listed(operator, JOBS, q="bob@example") == [other]
    assert listed(operator, JOBS, q="SUNNY") == [other]
    assert listed(operator, JOBS, status__exact="completed") == [made]
    assert listed(operator, JOBS, created_at__year="1999") == []


@pytest.mark.parametrize("page", [JOBS, TRACKS])
def test_a_list_costs_the_same_for_many(operator, made, page):
    copies(made.first_track, 4)
    few = queries_of(operator, page)
    copies_before = Track.objects.count()
    User.objects.filter(email__startswith="person").update(email=None, is_guest=True)
    copies(made.first_track, 45)
    assert Track.objects.count() == copies_before + 45
    assert queries_of(operator, page) == few <= 15


def test_a_job_shows_its_input_its_timeline_and_its_tracks(operator, made):
    text = operator.get(f"{JOBS}{made.pk}/change/").text
    assert "&quot;seed&quot;: 7" in text
    assert "claimed" in text
    assert "track 1 of 1" in text
    assert '<audio controls preload="none" src="/files/tracks/' in text


def test_a_player_plays(operator, made):
    text = operator.get(TRACKS).text
    source = text.partition('preload="none" src="')[2].partition('"')[0].replace("&amp;", "&")
    answer = Client().get(source)
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) == made.first_track.size


def test_a_player_prefers_the_small_rendition(operator, made):
    renditions.make_rendition(made.first_track.pk, "listen")
    assert "listen-" in operator.get(TRACKS).text


def test_a_failed_job_shows_why(operator, scripted, order):
    scripted.script.append(REJECTED)
    job = order()
    attempt.run(job.pk)
    text = operator.get(f"{JOBS}{job.pk}/change/").text
    assert "The engine will not make this." in text
    assert ">Failed</span>" in operator.get(JOBS).text


def test_canceling_says_how_many(operator, made, order):
    waiting = order()
    message = act(operator, JOBS, "cancel", made, waiting)
    assert "Canceled: 1." in message
    assert "had ended: 1." in message
    waiting.refresh_from_db()
    assert waiting.status == Status.CANCELED


def test_trying_again_orders_what_can_be(operator, made, order):
    canceled = order("quiet sea")
    canceled.cancel()
    message = act(operator, JOBS, "try_again", made, canceled)
    assert "Ordered again: 1." in message
    assert "Not ordered again: 1. Only a failed or canceled job" in message
    again = canceled.retries.get()
    assert (again.owner, again.input) == (canceled.owner, canceled.input)


def test_trying_again_says_why_an_owner_gets_no_more(operator, charlie, scripted, order, settings, alice):
    canceled = order("quiet sea")
    canceled.cancel()
    settings.QUOTA_QUEUED = {**settings.QUOTA_QUEUED, "user": 1}
    order("storm")
    assert "Not ordered again: 1. " in act(operator, JOBS, "try_again", canceled)
    suspensions.suspend(user=alice, by=charlie, reason="")
    assert "This account is suspended" in act(operator, JOBS, "try_again", canceled)
    assert not canceled.retries.exists()


def test_who_may_only_look_may_not_cancel(client, alice, order, scripted):
    job = order()
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(alice)
    act(client, JOBS, "cancel", job)
    job.refresh_from_db()
    assert job.status == Status.QUEUED


def test_deleting_tracks_is_what_their_owner_does(operator, made, audio_root):
    track = made.first_track
    asked = operator.post(TRACKS, {"action": "delete_selected", "_selected_action": [track.pk]})
    assert track.title in asked.text
    operator.post(TRACKS, {"action": "delete_selected", "_selected_action": [track.pk], "post": "yes"})
    track.refresh_from_db()
    assert (track.deleted_at is not None, track.title) == (True, "")
    purging.purge(track.pk)
    assert not [path for path in Path(audio_root).rglob("*") if path.is_file()]
    assert "Deleted track" in operator.get(TRACKS).text
    assert operator.get(f"{JOBS}{made.pk}/change/").status_code == 200


def test_a_track_is_deleted_from_its_page(operator, made):
    copies(made.first_track, 1)
    answer = operator.post(f"{TRACKS}{made.first_track.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert [track.owner.email for track in Track.objects.kept()] == ["person0@example.org"]
    assert Job.objects.filter(pk=made.pk).exists()


def test_workers_show_whether_they_live(operator):
    Worker.objects.create(host="here", pid=1, slots=2)
    Worker.objects.create(host="there", pid=2, slots=2, seen_at=timezone.now() - timedelta(seconds=30))
    text = operator.get(WORKERS).text
    assert "alive" in text
    assert "silent for 30 s" in text


def test_a_living_job_shows_the_operator_the_time_left(operator, scripted, alice):
    for _ in range(5):
        completed(alice, took=60)
    job = at_work(ordered(alice), since=38)
    assert b"about 20 s left" in operator.get(f"{JOBS}{job.pk}/change/").content
    ended = completed(alice, took=60)
    assert b"s left" not in operator.get(f"{JOBS}{ended.pk}/change/").content


def test_the_cost_together_is_that_of_the_jobs_listed(operator, made, order):
    assert made.add_cost(Decimal("0.25"))
    other = order("sunny morning")
    attempt.run(other.pk)
    other.add_cost(Decimal("0.5"))
    assert "Together they cost $0.7500" in operator.get(JOBS).text
    assert "Together they cost $0.5000" in operator.get(JOBS, {"q": "sunny"}).text


def test_a_job_without_an_error_shows_none(operator, scripted, made, order):
    assert "Error code" not in operator.get(f"{JOBS}{made.pk}/change/").text
    scripted.script.append(REJECTED)
    failed, waiting = order(), order()
    attempt.run(failed.pk)
    Job.objects.filter(pk=waiting.pk).update(error_detail="It was away for a moment.")
    for job in (failed, waiting):
        assert "Error code" in operator.get(f"{JOBS}{job.pk}/change/").text


def test_who_may_change_jobs_may_cancel_them(client, alice, order, scripted):
    job = order()
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(*Permission.objects.filter(codename__in=("view_job", "change_job")))
    client.force_login(alice)
    assert "Canceled: 1." in act(client, JOBS, "cancel", job)
    assert "Ordered again: 1." in act(client, JOBS, "try_again", job)


def test_a_job_from_before_events_were_kept_shows_what_its_row_knows(operator, made):
    made.events.all().delete()
    text = operator.get(f"{JOBS}{made.pk}/change/").text
    assert text.index("· queued<") < text.index("· claimed<") < text.index("· completed<")
    assert "asked to cancel" not in text


def test_who_may_not_delete_tracks_cannot(client, alice, made):
    alice.is_staff = True
    alice.save()
    alice.user_permissions.add(Permission.objects.get(codename="view_track"))
    client.force_login(alice)
    assert client.post(f"{TRACKS}{made.first_track.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Track.objects.kept().count() == 1


def test_instead_of_a_player_it_says_what_is_in_the_way(operator, made):
    Track.objects.update(storage_type="s3")
    assert "<audio" not in operator.get(TRACKS).text
    Track.objects.update(storage_type="local")
    assert jobs.delete_track(track=made.first_track)
    text = operator.get(TRACKS).text
    assert "<audio" not in text
    assert ">deleted</td>" in text


def test_the_list_of_jobs_tells_why_one_failed_and_how_long_each_part_took(operator, made):
    Job.objects.filter(pk=made.pk).update(generate_seconds=2.5, store_seconds=0.25, lost_workers=1)
    text = operator.get(JOBS).text
    assert "+ 2.5 + 0.2<" in text
    assert f"{made.attempt}, 1 lost" in text
    failed = Job.objects.filter(pk=made.pk)
    failed.update(status=Status.FAILED, error_code=ErrorCode.OUT_OF_MEMORY, first_track=None)
    assert '<span class="state state-failed">Failed</span>' in operator.get(JOBS).text
    assert "Out Of Memory" in operator.get(JOBS).text


def test_no_page_of_the_admin_has_a_style_of_its_own_which_the_policy_would_not_allow(operator, made):
    for page in ("/admin/", JOBS, TRACKS, WORKERS, f"{JOBS}{made.pk}/change/"):
        text = operator.get(page).text
        assert " style=" not in text
        assert "css/admin.css" in text
