"""The admin's lists of big tables: what is found by what, what a list is narrowed to, and how far it is counted."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ApiToken, User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job, Lease, Track, TrackReport
from generation.tests.api_calls import stored_track
from generation.webhooks.tests.conftest import delivery_to, endpoint_of
from musicgen.admin_lists import BigTableAdmin, window
from musicgen.admin_lists.window import AtLeast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql_is_enough, pytest.mark.on_both]
JOBS, TRACKS, USERS, REPORTS, ENDPOINTS, DELIVERIES, TOKENS = (
    f"/admin/{name}/"
    for name in (
        *("generation/job", "generation/track", "accounts/user", "generation/trackreport"),
        *("generation/webhookendpoint", "generation/webhookdelivery", "accounts/apitoken"),
    )
)


@pytest.fixture
def operator(client, db) -> Client:
    client.force_login(User.objects.create_superuser("operator@example.org", "a long enough secret"))
    return client


@pytest.fixture
def guest(db) -> User:
    return User.objects.create_guest()


def ordered(owner: User, prompt: str = "rainy night", age: int = 0) -> Job:
    job = jobs.submit(owner=owner, request=MusicRequest(prompt, 1.0, seed=7))
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=age))
    return job


def made(owner: User, **fields: object) -> Track:
    job = ordered(owner)
    assert job.claim("worker")
    track = stored_track(job, **fields)
    assert Lease(job, "worker").complete(generate_seconds=1, store_seconds=1)
    return track


def listed(client: Client, page: str, **query: object) -> list[object]:
    answer = client.get(page, {name: str(value) for name, value in query.items()})
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def shorten(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(window, "MOST_LISTED", rows)


def test_every_list_of_a_table_that_grows_is_one_of_a_big_table(operator):
    big = {type(each).__name__ for each in admin.site._registry.values() if isinstance(each, BigTableAdmin)}
    mine = ("accounts", "generation", "account", "admin")
    left = {model.__name__ for model, each in admin.site._registry.items() if model._meta.app_label in mine}
    assert len(big) == len(left)


def test_jobs_are_found_by_their_id_their_owner_and_their_tracks(operator, scripted, alice, guest):
    track, other = made(alice), ordered(guest)
    for found in (
        str(track.job_id),
        track.job_id.hex,
        str(track.job_id)[:8],
        str(track.pk),
        alice.email,
        str(alice.pk),
    ):
        assert listed(operator, JOBS, q=found) == [track.job], found
    for found in (str(guest), str(guest.pk), guest.pk.hex[:12], f"  {guest}  "):
        assert listed(operator, JOBS, q=found) == [other], found
    for nobody in (uuid.uuid4(), "nobody@example.org", "Guest 00000000"):
        assert listed(operator, JOBS, q=nobody) == []


def test_a_job_is_found_by_the_request_that_ordered_it(operator, scripted, alice):
    alices = Client()
    alices.force_login(alice)
    order = {"prompt": "rain", "duration": "1", "variations": "1"}
    answer = alices.post("/", order, headers={"X-Request-ID": "request-of-alice-1"})
    assert answer.status_code < 400
    job = Job.objects.get()
    assert job.request_id == "request-of-alice-1" == answer["X-Request-ID"]
    assert listed(operator, JOBS, q="request-of-alice-1") == [job]
    assert "request-of-alice-1" in operator.get(f"{JOBS}{job.pk}/change/").text
    assert ordered(alice).request_id == ""


def test_a_job_is_found_by_its_remote_call_even_when_it_has_forgotten_it(operator, scripted, alice):
    job = ordered(alice)
    assert job.claim("worker")
    lease = Lease(job, "worker")
    lease.keep_call("fc-01JXYZABC")
    assert listed(operator, JOBS, q="fc-01JXYZABC") == [job]
    lease.forget_call()
    assert listed(operator, JOBS, q="fc-01JXYZABC") == [job]
    job.events.all().delete()
    lease.keep_call("fc-01JXYZABD")
    job.events.all().delete()
    assert listed(operator, JOBS, q="fc-01JXYZABD") == [job]


def test_jobs_are_found_by_words_of_their_prompts_and_of_their_tracks(operator, scripted, alice, monkeypatch):
    shorten(monkeypatch, 2)
    old = made(alice, title="Harbour lights")
    Job.objects.filter(pk=old.job_id).update(created_at=timezone.now() - timedelta(days=1))
    Track.objects.update(search_text=" harbour lights ")
    older = ordered(alice, "a lighthouse by night", age=60)
    newer, newest = ordered(alice, "Sunny morning", age=2), ordered(alice, "100% rain_", age=1)
    assert listed(operator, JOBS, q="SUNNY morning") == [newer]
    assert listed(operator, JOBS, q="sunny rain") == []
    assert listed(operator, JOBS, q="100%") == [newest]
    assert listed(operator, JOBS, q="n_") == [newest]
    assert listed(operator, JOBS, q="harbour") == [old.job], "by its track, however old it is"
    assert listed(operator, JOBS, q="lighthouse") == [], "beyond the window"
    assert listed(
        operator, JOBS, q="lighthouse", until=(timezone.now() - timedelta(minutes=30)).isoformat()
    ) == [older]


def test_tracks_are_found_by_id_job_owner_and_words(operator, scripted, alice, bob):
    track, _ = made(alice, title="Harbour lights", prompt="lo-fi"), made(bob, title="Snow")
    for found in (track.pk, str(track.pk)[:8], track.job_id, alice.pk, alice.email, "lofi harbour"):
        assert listed(operator, TRACKS, q=found) == [track], found
    assert listed(operator, TRACKS, q="???") == []


def test_users_are_found_by_address_and_by_id(operator, alice, bob, guest):
    for found in (alice.email, "ALICE@", "alice", alice.pk):
        assert listed(operator, USERS, q=found) == [alice], found
    for found in (str(guest), guest.pk.hex[:8], guest.pk):
        assert listed(operator, USERS, q=found) == [guest], found
    assert set(listed(operator, USERS, q="@example.org")) >= {alice, bob}
    assert listed(operator, USERS, q="xample") == []


def test_other_things_are_found_by_whose_they_are(operator, scripted, alice, bob):
    track = made(alice)
    report = TrackReport.objects.create(track=track, reason="rights", words="It is mine, mine")
    delivery = delivery_to(endpoint_of(alice, "https://receiver.example/"))
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    ApiToken.objects.issue(bob, "phone", ["read"])
    for page, row, ids in (
        (REPORTS, report, (report.pk, track.pk, "It is mine")),
        (ENDPOINTS, delivery.endpoint, (delivery.endpoint_id,)),
        (DELIVERIES, delivery, (delivery.pk, delivery.endpoint_id)),
        (TOKENS, token, (token.pk, token.prefix, "laptop")),
    ):
        for found in (*ids, alice.email, str(alice.pk)[:8]):
            assert listed(operator, page, q=found) == [row], (page, found)
        assert listed(operator, page, owner=alice.pk) == [row]
        assert listed(operator, page, owner=operator.get(USERS).wsgi_request.user.pk) == []
        assert f"/admin/accounts/user/{alice.pk}/change/" in operator.get(page).text


def test_an_owner_is_a_chip_that_can_be_taken_off(operator, scripted, alice, guest):
    mine, other = ordered(alice), ordered(guest)
    answer = operator.get(JOBS, {"owner": alice.pk, "status__exact": "queued"})
    assert list(answer.context["cl"].result_list) == [mine]
    [chip] = answer.context["cl"].chips
    assert chip.text == "Of alice@example.org"
    assert set(operator.get(f"{JOBS}{chip.without}").context["cl"].result_list) == {mine, other}
    assert "status__exact=queued" in chip.without
    assert "nobody" in operator.get(JOBS, {"owner": uuid.uuid4()}).text
    assert operator.get(JOBS, {"owner": "alice"}).status_code == 302


def test_a_user_has_links_to_what_is_theirs(operator, scripted, alice, bob):
    track = made(alice)
    track.edit(visibility="public")
    made(alice)
    made(bob)
    text = operator.get(f"{USERS}{alice.pk}/change/").text
    for page in (JOBS, TRACKS, REPORTS, ENDPOINTS, TOKENS, "/admin/generation/archive/"):
        assert f'href="{page}?owner={alice.pk}"' in text
        assert operator.get(page, {"owner": alice.pk}).status_code == 200
    shared = f"{TRACKS}?owner={alice.pk}&amp;visibility=shared"
    assert shared in text
    assert list(operator.get(shared.replace("&amp;", "&")).context["cl"].result_list) == [track]


def test_a_list_is_counted_no_further_than_its_window(operator, scripted, alice, monkeypatch):
    shorten(monkeypatch, 60)
    Job.objects.bulk_create(
        Job(
            owner=alice,
            engine="scripted",
            input={"prompt": "rain", "duration": 1.0},
            cost_usd=Decimal("0.5"),
            created_at=timezone.now() - timedelta(minutes=age),
        )
        for age in range(70)
    )
    answer = operator.get(JOBS)
    changelist = answer.context["cl"]
    assert (changelist.result_count, str(changelist.result_count)) == (60, "60+")
    assert "60+ jobs" in " ".join(answer.text.split())
    assert "cost $30.0000" in answer.text
    assert len(listed(operator, JOBS, p=2)) == 10
    assert operator.get(JOBS, {"p": 3}).status_code == operator.get(JOBS, {"p": 0}).status_code == 302
    older = operator.get(f"{JOBS}{changelist.older}").context["cl"]
    assert older.result_count == 11, (
        "the last of the window, too: others may have been ordered in the same moment"
    )
    assert older.older == ""


def test_sorted_by_another_column_it_is_the_window_that_is_sorted(operator, scripted, alice, monkeypatch):
    shorten(monkeypatch, 3)
    jobs_by_age = [ordered(alice, age=age) for age in range(5)]
    for job, cost in zip(jobs_by_age, (2, None, 1, 9, 9), strict=True):
        Job.objects.filter(pk=job.pk).update(cost_usd=cost)
    newest, second, third, *_, oldest = jobs_by_age
    cost = list(operator.get(JOBS).context["cl"].list_display).index("cost")
    asked = listed(operator, JOBS, o=str(cost))
    assert set(asked) <= {newest, second, third, jobs_by_age[3]}
    assert [job for job in asked if job in (newest, third)] == [third, newest]
    when = list(operator.get(JOBS).context["cl"].list_display).index("ordered")
    assert listed(operator, JOBS, o=str(when))[0] == oldest
    assert listed(operator, JOBS, o=f"-{when}")[0] == newest


def test_a_list_is_narrowed_to_a_time(operator, scripted, alice):
    recent, old = ordered(alice), ordered(alice, age=3 * 24 * 60)
    assert listed(operator, JOBS, when="hour") == listed(operator, JOBS, when="today") == [recent]
    assert listed(operator, JOBS, when="week") == listed(operator, JOBS, when="month") == [recent, old]
    yesterday = (timezone.localtime() - timedelta(days=1)).date().isoformat()
    answer = operator.get(JOBS, {"until": yesterday, "status__exact": "queued"})
    assert list(answer.context["cl"].result_list) == [old]
    assert 'value="queued"' in answer.text
    assert f'value="{yesterday}"' in answer.text
    assert [chip.text.partition(" ")[0] for chip in answer.context["cl"].chips] == ["Not"]
    for wrong in ({"when": "never"}, {"until": "yesterday"}, {"until": "2026-13-01"}):
        assert operator.get(JOBS, wrong).status_code == 302


def test_filters_offer_what_is_known_without_reading_the_table(operator, scripted, alice):
    track = made(alice, genre="jazz")
    Job.objects.filter(pk=track.job_id).update(engine="retired", genre="jazz")
    other = ordered(alice)
    text = operator.get(JOBS).text
    for choice in ("?engine=retired", "?engine=scripted", "?genre=jazz", "?error_code__exact=out_of_memory"):
        assert choice in text
    assert listed(operator, JOBS, engine="retired") == listed(operator, JOBS, genre="jazz") == [track.job]
    assert listed(operator, JOBS, engine="scripted") == [other]
    assert listed(operator, JOBS, engine="retired", genre="techno") == []
    assert listed(operator, TRACKS, genre="jazz", storage_type="local") == [track]
    assert listed(operator, TRACKS, visibility="shared") == []


def test_no_statement_of_a_list_counts_or_reads_without_a_limit(operator, scripted, alice):
    made(alice)
    for page in (
        JOBS,
        f"{JOBS}?q=rain",
        f"{JOBS}?engine=none",
        TRACKS,
        f"{TRACKS}?q=rain",
        USERS,
        f"{USERS}?q=a@",
    ):
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(page).status_code == 200
        for query in captured.captured_queries:
            sql = query["sql"]
            if sql.startswith("SELECT") and not any(
                word in sql for word in ("LIMIT", " IN (", '"id" = ', "session")
            ):
                raise AssertionError(sql)


def test_all_queued_jobs_are_canceled_across_the_pages(operator, scripted, alice):
    waiting = [ordered(alice) for _ in range(60)]
    made(alice)
    chosen = {"action": "cancel", "select_across": "1", "_selected_action": [str(waiting[0].pk)]}
    answer = operator.post(f"{JOBS}?status__exact=queued", chosen, follow=True)
    assert "Canceled: 60." in " ".join(str(message) for message in answer.context["messages"])
    assert not Job.objects.queued().exists()
    assert LogEntry.objects.filter(change_message="Canceled.").count() == 60


def test_a_number_that_was_counted_no_further_says_so():
    assert (f"{AtLeast(10_000)}", AtLeast(10_000) + 1, AtLeast(5) == 5) == ("10,000+", 10_001, True)
