"""The log of what staff did: every action of the admin writes it, and nobody alters it there."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken, User
from generation.models import Job, Track, TrackReport
from generation.tests.histories import completed, ordered

pytestmark = pytest.mark.django_db(transaction=True)
LOG = "/admin/admin/logentry/"


@pytest.fixture
def charlie(db) -> User:
    return User.objects.create_superuser("charlie@example.org", "a long enough secret")


@pytest.fixture
def operator(client, charlie) -> Client:
    client.force_login(charlie)
    return client


def act(client: Client, model: str, action: str, *rows: object, **more: str) -> None:
    chosen = [str(row.pk) for row in rows]  # type: ignore[attr-defined]
    answer = client.post(f"/admin/{model}/", {"action": action, "_selected_action": chosen, **more})
    assert answer.status_code == 302


def lines() -> list[tuple[str, str | None]]:
    """What was done to which id, the first first."""
    return list(LogEntry.objects.order_by("pk").values_list("change_message", "object_id"))


def listed(client: Client, **query: str) -> list[LogEntry]:
    answer = client.get(LOG, query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def test_what_is_done_to_jobs(operator, charlie, scripted, alice):
    job, ended = ordered(alice), completed(alice, took=1)
    act(operator, "generation/job", "cancel", job, ended)
    assert lines() == [("Canceled.", str(job.pk))]
    act(operator, "generation/job", "try_again", job, ended)
    again = Job.objects.get(retry_of=job)
    assert lines()[1:] == [(f"Ordered again as {again.pk}.", str(job.pk))]
    entry = LogEntry.objects.earliest("pk")
    assert (entry.user, entry.action_flag) == (charlie, CHANGE)
    assert entry.get_edited_object() == job
    assert entry.object_repr == f"job {str(job.pk)[:8]}"


def test_what_is_done_to_tracks_and_reports(operator, scripted, alice):
    first, second = (completed(alice, took=1).tracks.get() for _ in range(2))
    first.edit(visibility="public")
    second.edit(visibility="public")
    wrong, right = (TrackReport.objects.create(track=track, reason="other") for track in (first, second))
    act(operator, "generation/trackreport", "end_sharing", wrong)
    act(operator, "generation/trackreport", "leave_shared", wrong, right)
    act(operator, "generation/track", "end_sharing", second)
    assert lines() == [
        ("Ended its sharing for good.", str(first.pk)),
        ("Nothing is wrong: left shared.", str(right.pk)),
        ("Ended its sharing for good.", str(second.pk)),
    ]
    assert not Track.objects.shared().exists()


def test_what_is_deleted_in_a_list_or_on_a_page(operator, scripted, alice):
    first, second = (completed(alice, took=1).tracks.get() for _ in range(2))
    act(operator, "generation/track", "delete_selected", first, post="yes")
    operator.post(f"/admin/generation/track/{second.pk}/delete/", {"post": "yes"})
    deleted = LogEntry.objects.filter(action_flag=DELETION).order_by("pk")
    assert list(deleted.values_list("object_id", flat=True)) == [str(first.pk), str(second.pk)]


def test_what_is_done_to_tokens(operator, alice):
    token, _ = ApiToken.objects.issue(alice, "laptop", ["read"])
    revoked, _ = ApiToken.objects.issue(alice, "phone", ["read"])
    revoked.revoke()
    act(operator, "accounts/apitoken", "revoke", token, revoked)
    assert lines() == [("Revoked.", str(token.pk))]


def test_what_is_done_to_addresses(operator, alice, bob):
    first, second = (
        EmailAddress.objects.create(user=user, email=user.email, verified=user == bob)
        for user in (alice, bob)
    )
    act(operator, "account/emailaddress", "make_verified", first, second)
    assert lines() == [("Marked as verified.", str(first.pk))]


def test_many_jobs_take_one_statement(operator, scripted, alice):
    waiting = [ordered(alice) for _ in range(5)]
    with CaptureQueriesContext(connection) as captured:
        act(operator, "generation/job", "cancel", *waiting)
    written = [
        query for query in captured.captured_queries if 'INSERT INTO "django_admin_log"' in query["sql"]
    ]
    assert (len(written), LogEntry.objects.count()) == (1, 5)


def test_the_log_is_listed_and_found(operator, charlie, scripted, alice, bob):
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    first, second = ordered(alice), ordered(alice)
    act(operator, "generation/job", "cancel", first, second)
    group = Group.objects.create(name="Listeners")
    LogEntry.objects.log_actions(bob.pk, [group], DELETION, "")
    gone = LogEntry.objects.get(user=bob)
    text = operator.get(LOG).text
    for part in (
        f'<a href="/admin/generation/job/{first.pk}/change/">job {str(first.pk)[:8]}</a>',
        f'<a href="/admin/accounts/user/{charlie.pk}/change/">charlie@example.org</a>',
        ">Canceled.</td>",
        ">Deletion</td>",
        ">Listeners</td>",
    ):
        assert part in text
    assert listed(operator)[0] == gone
    assert listed(operator, staff=str(bob.pk)) == listed(operator, owner=str(bob.pk)) == [gone]
    assert listed(operator, q="bob@example.org") == [gone]
    assert len(listed(operator, staff="nobody")) == 3
    for found in (str(first.pk), f"Job {str(first.pk)[:8]}"):
        assert [entry.object_id for entry in listed(operator, q=found)] == [str(first.pk)]
    assert len(listed(operator, when="hour", action_flag__exact=str(CHANGE))) == 2
    assert f"{LOG}?owner={bob.pk}" in operator.get(f"/admin/accounts/user/{bob.pk}/change/").text


def test_nobody_alters_it(operator, client, scripted, alice, bob):
    act(operator, "generation/job", "cancel", ordered(alice))
    entry = LogEntry.objects.get()
    page = f"{LOG}{entry.pk}/"
    assert 'name="_save"' not in operator.get(f"{page}change/").text
    assert operator.post(f"{page}change/", {"change_message": "Nothing."}).status_code == 403
    assert operator.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert operator.get(f"{LOG}add/").status_code == 403
    operator.post(LOG, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert lines() == [("Canceled.", entry.object_id)]
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(bob)
    assert client.get(LOG).status_code == 403
