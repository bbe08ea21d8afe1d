"""The dashboard of the admin: how the site stands now and stood over a time, and who sees that."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from generation.admin.dashboard import SIZE, dashboard
from generation.admin.plots import round_money_up, round_seconds_up, round_up
from generation.models import SiteSample, Worker
from generation.tests.histories import ordered

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC)
INDEX = "/admin/"
DAY = "Most: 9 at Mon 11:45. Last: 2. Not known from Sun 12:00 to Mon 09:30. Not known from Mon 09:45 to Mon 11:45."


@pytest.fixture
def operator(client, db) -> Client:
    client.force_login(User.objects.create_superuser("operator@example.org", "a long enough secret"))
    return client


def sampled(*ages: int, now: datetime = NOON, **values: object) -> None:
    """Samples of so many minutes ago."""
    at_minute = now.replace(second=0, microsecond=0)
    counts = ("queued", "running", "completed", "failed", "canceled", "stored_bytes")
    fields: dict[str, Any] = {
        **dict.fromkeys(counts, 0),
        "oldest_seconds": 0.0,
        "workers": 1,
        "slots": 2,
        "cost_usd": Decimal(0),
    } | values
    SiteSample.objects.bulk_create(
        SiteSample(at=at, ended_since=at - timedelta(minutes=1), stored_at=at, **fields)
        for at in (at_minute - timedelta(minutes=age) for age in ages)
    )


def tiles(over: str) -> dict[str, object]:
    return {tile.name: tile for tile in dashboard(over, NOON).tiles}


def test_an_empty_site_says_that_samples_come_with_a_worker(operator):
    text = operator.get(INDEX).text
    assert "There are no samples yet" in text
    assert "No worker runs" in text
    assert "<svg viewBox" not in text.partition('class="tiles"')[2]


def test_it_shows_what_is_now_beside_what_was(operator, scripted, alice):
    ordered(alice)
    Worker.objects.create(host="here", pid=1, slots=3)
    sampled(1, 2, now=timezone.now(), queued=7, stored_bytes=12_345_678_900)
    text = operator.get(INDEX, {"over": "hour"}).text
    for words in ("Jobs waiting. Most: 7 at ", "Stored. Most: 12.3 GB", "They can make 3 jobs at once."):
        assert words in text
    assert text.count('role="img"') == 8
    assert 'href="?over=hour" aria-current="page"' in text
    assert " style=" not in text


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("hour", "Most: 9 at 11:58. Last: 2. Not known from 11:00 to 11:58."),
        ("day", DAY),
        ("month", "Most: 9 at 30 Nov 08:00. Last: 9. Not known from 31 Oct 08:00 to 30 Nov 08:00."),
        (
            "nonsense",
            DAY,
        ),
    ],
)
def test_samples_are_put_together_and_gaps_stay_gaps(over, said):
    sampled(0, queued=2)
    sampled(2, queued=9)
    sampled(1, 2 * 60 + 25, queued=0)
    assert tiles(over)["queued"].plot.essentials == said


def test_what_ended_is_added_up_and_failed_by_cause(operator):
    now = timezone.now()
    sampled(3, 20, now=now, completed=4, failed=3, failures={"out_of_memory": 2, "of_the_future": 1})
    sampled(60 * 40, now=now, completed=50, failed=1, failures={"internal": 1}, cost_usd=Decimal("2.5"))
    text = operator.get(INDEX, {"over": "day"}).text
    jobs = "/admin/generation/job/?error_code__exact="
    assert f'{jobs}out_of_memory&amp;when=day">Out Of Memory: 4</a>' in text
    assert f'{jobs}of_the_future&amp;when=day">of_the_future: 2</a>' in text
    assert "error_code__exact=internal" not in text
    assert "8</p>" in text
    assert operator.get("/admin/generation/job/", {"when": "day"}).status_code == 200
    month = operator.get(INDEX, {"over": "month"}).text
    assert "58</p>" in month
    assert "$2.5000</p>" in month


def test_a_step_has_the_fewest_workers_and_the_most_of_all_else():
    sampled(16, workers=2, running=4)
    sampled(17, workers=1, running=1)
    found = tiles("day")
    assert found["workers"].plot.essentials.startswith("Most: 1 at Mon 11:30.")
    assert found["running"].plot.essentials.startswith("Most: 4 at Mon 11:30.")


def test_samples_that_do_not_come_any_more_are_missed():
    sampled(2)
    assert dashboard("hour", NOON).missing == ""
    assert dashboard("hour", NOON + timedelta(minutes=5)).missing.startswith(
        "The last sample is of 30 Nov 11:58"
    )


def test_a_path_leaves_out_what_is_not_known():
    sampled(0, 1, 3, queued=1)
    plot = tiles("hour")["queued"].plot
    assert plot.line.count("M") == 2
    assert plot.line.endswith("H314.0")
    assert [width > 0 for _, width in plot.gaps] == [True, True]


def test_staff_who_may_not_look_at_jobs_see_no_dashboard(client, alice):
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    client.force_login(alice)
    assert "How the site stands" not in client.get(INDEX).text
    alice.user_permissions.add(Permission.objects.get(codename="view_job"))
    text = client.get(INDEX).text
    assert "How the site stands" in text
    assert "Settings in force" not in text


def test_axes_end_at_numbers_that_people_write():
    assert [round_up(value) for value in (0, 1, 3, 7, 51, 1e9 + 1)] == [1, 1, 5, 10, 100, 2e9]
    assert [round_seconds_up(value) for value in (0, 61, 4000, 200_000)] == [1, 120, 7200, 259_200]
    sizes = (0, 999, 1500, 12_345_678, 999_600_000_000, 12_345e12)
    assert [SIZE.written(size) for size in sizes] == [
        *("0 B", "999 B", "1.5 kB", "12.3 MB", "1,000 GB", "12,345 TB")
    ]
    assert [round_money_up(value) for value in (0, 0.013, 3)] == [0.01, 0.02, 5]


def test_nothing_of_django_q_is_in_the_admin(operator):
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]
    for name in ("schedule", "success", "failure", "ormq"):
        assert operator.get(f"/admin/django_q/{name}/add/").status_code == 404
