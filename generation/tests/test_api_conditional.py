"""Tracks under an `ETag`: not sent again unchanged, and not changed by whoever has not seen them as they are."""

import pytest

from generation.models import Track
from generation.tests.api_calls import API, client_of, problem, stored_track

OLD = '"00000000000000000000000000000000"'


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


@pytest.fixture
def track(scripted, order):
    return stored_track(order(), tags=["wet", "é"])


@pytest.fixture
def url(track):
    return f"{API}/tracks/{track.pk}"


def test_an_unchanged_track_is_not_sent_again(client, url):
    first = client.get(url)
    assert first["Cache-Control"] == "private, no-cache"
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    client.patch(url, {"favorite": True})
    changed = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()["favorite"]) == (200, True)
    assert changed["ETag"] != first["ETag"]


def test_what_is_as_it_was_seen_is_changed_and_deleted(client, url):
    seen = client.get(url)["ETag"]
    changed = client.patch(url, {"title": "Late train"}, headers={"If-Match": f"{OLD}, {seen}"})
    assert (changed.status_code, changed.json()["title"]) == (200, "Late train")
    assert changed["ETag"] == client.get(url)["ETag"] != seen
    assert client.patch(url, {}, headers={"If-Match": changed["ETag"]}).status_code == 200
    assert client.delete(url, headers={"If-Match": changed["ETag"]}).status_code == 204
    problem(client.delete(url, headers={"If-Match": changed["ETag"]}), 404, "not_found")


@pytest.mark.parametrize("old", [OLD, f"W/{OLD}", "none", ""])
def test_what_has_changed_meanwhile_stays_as_it_is(client, url, track, old):
    headers = {"If-Match": old}
    problem(client.patch(url, {"title": "Mine"}, headers=headers), 412, "changed_meanwhile")
    problem(client.delete(url, headers=headers), 412, "changed_meanwhile")
    track.refresh_from_db()
    assert (track.title, track.deleted_at) == ("Rain", None)


def test_a_weak_tag_is_not_enough_to_change_it(client, url):
    weak = f"W/{client.get(url)['ETag']}"
    problem(client.patch(url, {"title": "Mine"}, headers={"If-Match": weak}), 412, "changed_meanwhile")


def test_without_a_tag_and_with_any_it_is_changed(client, url):
    assert client.patch(url, {"title": "One"}).status_code == 200
    assert client.patch(url, {"title": "Two"}, headers={"If-Match": "*"}).status_code == 200
    assert client.delete(url, headers={"If-Match": "*"}).status_code == 204


def test_what_is_wrong_is_said_before_what_has_changed(client, url):
    problem(client.patch(url, {"mood": "sad"}, headers={"If-Match": OLD}), 400, "invalid_request")


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Theirs"},
        {"tags": ["wet"]},
        {"favorite": True},
        {"visibility": "public", "share_key": "nobody-can-guess-this1"},
    ],
)
@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_change_between_look_and_write_is_not_overwritten(client, url, track, monkeypatch, method, changes):
    """Another request changes it after this one has compared the tags."""
    seen, mine = client.get(url)["ETag"], Track._mine

    def changed_before(self, *, only_as_seen):
        Track.objects.filter(pk=self.pk).update(**changes)
        return mine(self, only_as_seen=only_as_seen)

    monkeypatch.setattr(Track, "_mine", changed_before)
    response = getattr(client, method)(url, {"title": "Mine"}, headers={"If-Match": seen})
    problem(response, 412, "changed_meanwhile")
    monkeypatch.undo()
    track.refresh_from_db()
    assert track.deleted_at is None
    assert changes.items() <= vars(track).items()


@pytest.mark.parametrize(
    "headers", [{"If-Match": OLD}, {"If-Unmodified-Since": "Sat, 31 Jan 2026 18:00:00 GMT"}]
)
def test_reading_under_a_condition_that_fails_is_a_problem_too(client, url, track, headers):
    problem(client.get(url, headers=headers), 412, "changed_meanwhile")
    problem(client.get(f"{API}/jobs/{track.job_id}", headers=headers), 412, "changed_meanwhile")


def test_bob_learns_nothing_by_conditions(bob, url):
    for method in ("get", "patch", "delete"):
        for tag in (OLD, "*"):
            problem(getattr(client_of(bob), method)(url, headers={"If-Match": tag}), 404, "not_found")


def test_every_place_is_named_in_full(client, alice, track, order):
    paths = (f"/audio/{track.pk}", f"{API}/jobs/{track.job_id}/audio", f"{API}/tracks/{track.pk}/audio")
    for path in paths:
        assert client.get(path)["Location"].startswith("http://testserver/")
    job = order()
    job.claim("worker")
    canceled = client.post(f"{API}/jobs/{job.pk}/cancel")
    assert canceled["Location"] == f"http://testserver{API}/jobs/{job.pk}"
