"""What is shown by the hundred is what REST framework itself would show, field by field."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from generation.api.filters import JobFilters
from generation.api.serializers.job import JobSerializer
from generation.api.serializers.output import OutputSerializer
from generation.api.serializers.track import TrackSerializer
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.scheduling.estimates import estimates_of
from generation.scheduling.turns import positions
from generation.tests.api_calls import API, client_of, finish, stored_track
from musicgen.paths import path_to

pytestmark = pytest.mark.django_db
TAKE = {"seed": 8, "score": 0.9, "scores": {"sound": 0.9}, "bpm": 82.0, "key": None}


@pytest.fixture
def request_() -> Request:
    return Request(APIRequestFactory().get("/"))


@pytest.fixture
def jobs_in_every_state(scripted, order) -> list[Job]:
    made = order(variations=2)
    finish(made)
    stored_track(
        order(),
        bpm=82.456,
        key="D minor",
        time_signature="3/4",
        lufs=-14.126,
        tags=["rain"],
        takes=[TAKE],
        score_version=None,
    )
    failed = order()
    lease = failed.claim("worker")
    Job.objects.filter(pk=failed.pk).update(
        status=Status.FAILED,
        error_code="internal",
        error_message="Nothing came.",
        finished_at=timezone.now(),
        lease_owner=None,
        lease_until=None,
    )
    assert lease
    order().claim("another worker")
    order()
    return list(Job.objects.all())


def as_rest_framework_shows(serializer: Any, instance: Any) -> Any:
    """What the same fields show without anything decided beforehand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OutputSerializer, "to_representation", serializers.Serializer.to_representation)
        return serializer.to_representation(instance)


def test_jobs_and_their_tracks(jobs_in_every_state, request_):
    places = positions(jobs_in_every_state)
    context = {
        "request": request_,
        "positions": places,
        "estimates": estimates_of(jobs_in_every_state, places),
    }
    seen = set()
    for job in jobs_in_every_state:
        serializer = JobSerializer(context=context)
        shown = serializer.to_representation(job)
        assert shown == as_rest_framework_shows(serializer, job)
        assert list(shown) == list(serializer.fields)
        seen.add((shown["status"], len(shown["tracks"])))
    assert seen == {("completed", 2), ("queued", 1), ("failed", 0), ("processing", 0), ("queued", 0)}


def test_tracks(jobs_in_every_state, request_):
    tracks = list(Track.objects.select_related("job"))
    assert len(tracks) == 3
    for track in tracks:
        serializer = TrackSerializer(context={"request": request_})
        assert serializer.to_representation(track) == as_rest_framework_shows(serializer, track)


@pytest.mark.parametrize(
    "route", ["api:job", "api:job-cancel", "api:track-audio", "track", "track_delete", "audio"]
)
def test_an_address_is_what_reverse_gives(route, alice):
    assert path_to(route, alice.pk) == reverse(route, args=[alice.pk])


def test_the_address_of_a_page_is_what_reverse_gives():
    assert path_to("create") == reverse("create")


def test_fields_are_not_copied_for_each_answer(jobs_in_every_state, request_):
    context = {"request": request_, "positions": {}, "estimates": estimates_of(jobs_in_every_state, {})}
    serializer = JobSerializer(jobs_in_every_state, many=True, context=context)
    assert len(serializer.data) == len(jobs_in_every_state)
    assert "fields" not in vars(serializer.child)


def test_each_serializer_asks_its_own_context(scripted, order, request_):
    job = order()
    for place in (1, 2):
        context = {"request": request_, "positions": {job.pk: place}, "estimates": estimates_of([job], {})}
        assert JobSerializer(job, context=context).data["queue_position"] == place


def test_a_list_without_filters_makes_no_form(scripted, alice, order, monkeypatch):
    order()
    client = client_of(alice)
    assert len(client.get(f"{API}/jobs?status=queued").json()["results"]) == 1
    monkeypatch.setattr(JobFilters, "get_form_class", None)
    assert len(client.get(f"{API}/jobs?page_size=5").json()["results"]) == 1
