"""`/tracks`: finding, changing, deleting, hearing, drawing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation.models import Track
from generation.tests.api_calls import API, client_of, finish, problem, stored_track, wrong_fields
from generation.tracks import renditions

pytestmark = pytest.mark.on_both

TRACKS = f"{API}/tracks"


@pytest.fixture
def client(alice, scripted):
    return client_of(alice)


@pytest.fixture
def track(scripted, order):
    return stored_track(order())


def test_a_track_in_full(client, track):
    Track.objects.filter(pk=track.pk).update(
        genre="lofi", bpm=82.0, key="D minor", time_signature="3/4", lufs=-14.0, true_peak_db=-1.2
    )
    base = f"http://testserver{TRACKS}/{track.pk}"
    body = client.get(f"{TRACKS}/{track.pk}").json()
    assert body == {
        "id": str(track.pk),
        "title": "Rain",
        "duration": 1.0,
        "sample_rate": 48_000,
        "channels": 2,
        "master_format": "wav",
        "size": 96_044,
        "storage_key": track.audio.name,
        "storage_type": "local",
        "measured": {
            "bpm": 82.0,
            "key": "D minor",
            "time_signature": "3/4",
            "lufs": -14.0,
            "true_peak_db": -1.2,
        },
        "score_version": None,
        "takes": [],
        "favorite": False,
        "tags": [],
        "visibility": "private",
        "urls": {
            "audio": f"{base}/audio",
            "score": None,
            "midi": None,
            "stems": None,
            "peaks": f"{base}/peaks",
            "web": body["urls"]["web"],
            "share": None,
        },
        "job": str(track.job_id),
        "prompt": "rainy night",
        "genre": "lofi",
        "seed": 7,
        "created_at": track.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert str(track.pk) in body["urls"]["web"]


def test_tracks_are_found(client, order):
    job = order()
    plain = stored_track(job, prompt="a quiet piano", created_at=timezone.now() - timedelta(days=2))
    loud = stored_track(job, title="Storm", genre="rock", tags=["é", "loud"], favorite=True, duration=9)
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()

    def found(**query):
        return [item["id"] for item in client.get(TRACKS, query).json()["results"]]

    both = [str(loud.pk), str(plain.pk)]
    assert found() == both
    assert found(q="QUIET rain") == both[1:]
    assert found(q="quiet storm") == []
    assert found(genre="rock") == both[:1]
    assert found(tag="é") == both[:1]
    assert found(tag="lou") == []
    assert found(favorite="true") == both[:1]
    assert found(favorite="false") == both[1:]
    assert found(created_after=yesterday) == both[:1]
    assert found(created_before=yesterday) == both[1:]
    assert found(ordering="created_at") == both[::-1]
    assert found(ordering="-duration") == both
    assert found(ordering="title") == both[::-1]


def test_an_ordering_goes_on_over_pages(client, order):
    job = order()
    for title in ("b", "c", "a", "b", "b"):
        stored_track(job, title=title)
    url, titles = f"{TRACKS}?ordering=-title&page_size=2", []
    while url:
        page = client.get(url).json()
        titles += [item["title"] for item in page["results"]]
        url = page["next"]
    assert titles == ["c", "b", "b", "b", "a"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("favorite=maybe", {"favorite": "invalid_choice"}),
        ("ordering=size", {"ordering": "invalid_choice"}),
        ("created_after=1", {"created_after": "invalid"}),
        (f"q={'x' * 201}", {"q": "max_length"}),
        ("tag=%00", {"tag": "null_characters_not_allowed"}),
        ("status=queued", {"status": "unknown_filter"}),
        ("ordering=duration&cursor=cD1yYWlu", {"cursor": "invalid"}),
    ],
)
def test_a_filter_that_is_none_is_named(client, query, named):
    assert wrong_fields(client.get(f"{TRACKS}?{query}")) == named


def test_a_page_of_tracks_takes_few_queries(client, order, django_assert_max_num_queries):
    job = order()
    for _ in range(50):
        stored_track(job)
    with django_assert_max_num_queries(3) as captured:
        assert len(client.get(TRACKS).json()["results"]) == 50
    assert not any('"peaks"' in query["sql"] for query in captured)


def test_the_owner_changes_a_track(client, track):
    changes = {"title": "Late train", "tags": ["wet", "slow"], "favorite": True, "visibility": "unlisted"}
    response = client.patch(f"{TRACKS}/{track.pk}", changes)
    assert response.status_code == 200
    assert changes.items() <= response.json().items()
    assert client.patch(f"{TRACKS}/{track.pk}", {"favorite": False}).json()["title"] == "Late train"
    assert client.patch(f"{TRACKS}/{track.pk}", {"tags": []}).json()["tags"] == []
    assert client.patch(f"{TRACKS}/{track.pk}", {}).json()["visibility"] == "unlisted"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title": ""}, {"title": "blank"}),
        ({"title": "\u200b"}, {"title": "blank"}),
        ({"title": None}, {"title": "null"}),
        ({"title": 7}, {"title": "invalid"}),
        ({"title": "t" * 121}, {"title": "max_length"}),
        ({"title": "a\0b"}, {"title": "null_characters_not_allowed"}),
        ({"tags": ["t"] * 11}, {"tags": "max_length"}),
        ({"tags": ["t" * 41]}, {"tags": "max_length"}),
        ({"tags": "wet"}, {"tags": "not_a_list"}),
        ({"favorite": "yes"}, {"favorite": "invalid"}),
        ({"favorite": 1}, {"favorite": "invalid"}),
        ({"visibility": "secret"}, {"visibility": "invalid_choice"}),
        ({"visibility": ["public"]}, {"visibility": "invalid_choice"}),
        (
            {"duration": 9, "id": "x", "mood": "sad"},
            {"duration": "read_only", "id": "read_only", "mood": "unknown_field"},
        ),
        ({"favorite": True, "urls": {}}, {"urls": "read_only"}),
    ],
)
def test_what_may_not_be_changed_is_named(client, track, changes, named):
    assert wrong_fields(client.patch(f"{TRACKS}/{track.pk}", changes)) == named
    track.refresh_from_db()
    assert (track.title, track.favorite) == ("Rain", False)


def test_a_deleted_track_is_gone_and_its_audio_follows(client, track):
    OrmQ.objects.all().delete()
    response = client.delete(f"{TRACKS}/{track.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert OrmQ.objects.count() == 1
    for call in ("", "/audio", "/peaks"):
        problem(client.get(f"{TRACKS}/{track.pk}{call}"), 404, "not_found")
    problem(client.delete(f"{TRACKS}/{track.pk}"), 404, "not_found")
    problem(client.patch(f"{TRACKS}/{track.pk}", {"title": "Back"}), 404, "not_found")
    job = client.get(f"{API}/jobs/{track.job_id}").json()
    assert (job["tracks"], job["urls"]["audio"]) == ([], None)


def test_the_audio_is_a_redirect_that_nobody_keeps(client, track):
    for accept in ("*/*", "audio/*", "text/html,*/*;q=0.8", "audio/webm,audio/ogg,*/*;q=0.5", ""):
        response = client.get(f"{TRACKS}/{track.pk}/audio", headers={"Accept": accept})
        assert (response.status_code, response["Cache-Control"]) == (302, "no-store"), accept
        assert response["Location"].startswith("http://testserver/")


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/plain, */*"])
def test_the_audio_as_json(client, track, accept, settings):
    response = client.get(f"{TRACKS}/{track.pk}/audio", headers={"Accept": accept})
    body = response.json()
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    assert set(body) == {"url", "expires_at", "content_type", "size"}
    assert body["url"].startswith("http://testserver/")
    assert (body["content_type"], body["size"]) == ("audio/wav", track.size)
    left = (datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)).total_seconds()
    assert settings.STORAGE_URL_EXPIRE_SECONDS / 2 - 5 < left <= settings.STORAGE_URL_EXPIRE_SECONDS


@pytest.mark.django_db(transaction=True)
def test_a_format_is_made_when_it_is_first_asked_for(client, order):
    track = finish(order(title="Rain"))
    OrmQ.objects.all().delete()
    for _ in range(3):
        response = client.get(f"{TRACKS}/{track.pk}/audio", {"format": "flac"})
        assert (response.status_code, response["Cache-Control"]) == (202, "no-store")
        assert int(response["Retry-After"]) >= 1
    assert OrmQ.objects.count() == 1
    rendition = renditions.make_rendition(track.pk, "flac")
    signed = client.get(
        f"{TRACKS}/{track.pk}/audio", {"format": "flac"}, headers={"Accept": "application/json"}
    ).json()
    assert (signed["content_type"], signed["size"]) == ("audio/flac", rendition.size)


@pytest.mark.django_db(transaction=True)
def test_a_download_is_named_after_the_track(client, order):
    track = finish(order(title="Größe"))
    link = client.get(f"{TRACKS}/{track.pk}/audio", {"format": "wav", "download": "1"})["Location"]
    audio = client.get(link)
    assert audio["Content-Type"] == "audio/wav"
    assert audio["Content-Disposition"].startswith("attachment")
    assert "Gr%C3%B6%C3%9Fe.wav" in audio["Content-Disposition"]
    plain = client.get(client.get(f"{TRACKS}/{track.pk}/audio")["Location"])
    assert "Content-Disposition" not in plain


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("format=aiff", {"format": "unknown"}),
        ("format=", {"format": "unknown"}),
        ("download=yes", {"download": "invalid"}),
        ("format=x&download=x", {"format": "unknown", "download": "invalid"}),
    ],
)
def test_a_wrong_question_for_audio_is_named(client, track, query, named):
    assert wrong_fields(client.get(f"{TRACKS}/{track.pk}/audio?{query}")) == named


def test_audio_on_a_storage_that_is_configured_no_more(client, track):
    Track.objects.filter(pk=track.pk).update(storage_type="s3")
    problem(client.get(f"{TRACKS}/{track.pk}/audio"), 503, "storage_failed")


def test_the_peaks_are_kept_for_ever(client, track):
    response = client.get(f"{TRACKS}/{track.pk}/peaks")
    assert response.json() == {
        "version": 2,
        "channels": 1,
        "sample_rate": 48_000,
        "samples_per_pixel": 24_000,
        "bits": 8,
        "length": 2,
        "data": [-2, 3, -128, 127],
    }
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Authorization" in response["Vary"]
    again = client.get(f"{TRACKS}/{track.pk}/peaks", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == response["Cache-Control"]


def test_bob_does_not_learn_of_alices_tracks(bob, track):
    client = client_of(bob)
    problem(client.get(f"{TRACKS}/{track.pk}"), 404, "not_found")
    problem(client.patch(f"{TRACKS}/{track.pk}", {"title": "Mine"}), 404, "not_found")
    problem(client.patch(f"{TRACKS}/{track.pk}", {"owner": "bob"}), 404, "not_found")
    problem(client.delete(f"{TRACKS}/{track.pk}"), 404, "not_found")
    problem(client.get(f"{TRACKS}/{track.pk}/audio"), 404, "not_found")
    problem(client.get(f"{TRACKS}/{track.pk}/audio?format=aiff"), 404, "not_found")
    problem(client.get(f"{TRACKS}/{track.pk}/peaks"), 404, "not_found")
    assert client.get(TRACKS).json()["results"] == []
    track.refresh_from_db()
    assert (track.title, track.deleted_at) == ("Rain", None)


def test_changing_and_deleting_a_track_leaves_the_others(client, track, order):
    other = stored_track(order())
    client.patch(f"{TRACKS}/{track.pk}", {"title": "Late train", "favorite": True})
    client.delete(f"{TRACKS}/{track.pk}")
    [kept] = client.get(TRACKS).json()["results"]
    assert (kept["id"], kept["title"], kept["favorite"]) == (str(other.pk), "Rain", False)
