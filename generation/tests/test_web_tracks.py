"""A track's page, its title and its end."""

import json

import pytest
from django.utils import timezone

from generation import jobs
from generation.models import Job, Track
from generation.models.job_states import Status
from generation.tests.api_calls import finish, stored_track
from generation.tests.web_pages import error_at, text_of


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def track(order) -> Track:
    return stored_track(order(bpm=90), genre="lofi", bpm=82.0, key="D minor", lufs=-14.04, true_peak_db=-1.2)


def test_the_page_shows_everything_about_a_track(alices, track):
    words = text_of(alices.get(f"/tracks/{track.pk}/"))
    for expected in (
        "Rain · AI Music Generator",
        "Lo-fi",
        "rainy night",
        "Tempo 82 BPM, asked for 90",
        "D minor",
        "Loudness −14.0 LUFS",
        "True peak −1.2 dBTP",
        "48000 Hz, stereo",
        "93.8\xa0KB",
        "Seed 7",
        "Scripted engine: plays a tone",
    ):
        assert " ".join(expected.split()) in words


def test_what_was_asked_for_and_came_out_the_same_is_shown_once(alices, order):
    track = stored_track(order(bpm=82), genre="lofi", bpm=82.0, key="D minor")
    words = text_of(alices.get(f"/tracks/{track.pk}/"))
    assert "Tempo 82 BPM" not in words.replace("Exact tempo 82 BPM", "")
    assert "asked for" not in words
    assert words.count("D minor") == 1


@pytest.mark.parametrize("prompt", ["rain " * 80, "rain\non\na\ntin\nroof"])
def test_of_a_long_prompt_the_beginning_is_shown_and_the_whole_on_demand(alices, order, prompt):
    track = stored_track(order(prompt=prompt), prompt=prompt)
    for page in (f"/tracks/{track.pk}/", f"/jobs/{track.job_id}/"):
        words = text_of(alices.get(page))
        assert f"The whole prompt {' '.join(prompt.split())}" in words
    assert "The whole prompt" not in text_of(alices.get(f"/tracks/{stored_track(order()).pk}/"))


@pytest.mark.parametrize(
    ("signature", "head", "tempo"),
    [
        ("3/4", "82 BPM D minor 3/4", "82 BPM Sound"),
        ("6/8", "82 BPM D minor 6/8", "82 BPM, counted in dotted quarter notes Sound"),
        ("4/4", "82 BPM D minor rainy", "82 BPM Sound"),
        ("", "82 BPM D minor rainy", "82 BPM Sound"),
    ],
)
def test_the_time_signature_is_among_the_facts_and_above_them_where_it_is_not_four(
    alices, order, signature, head, tempo
):
    track = stored_track(order(bpm=82), bpm=82.0, key="D minor", time_signature=signature)
    words = text_of(alices.get(f"/tracks/{track.pk}/"))
    assert head in words
    assert (f"Time signature {signature}" in words) == bool(signature)
    assert f"Exact tempo {tempo}" in words


def test_what_has_no_score_shows_none(alices, track):
    html = alices.get(f"/tracks/{track.pk}/").content.decode()
    assert not any(part in html for part in ("section-band", "piano-roll", "stem-mixer", "Versions"))


def test_it_offers_to_play_to_download_and_to_make_another(alices, track):
    html = alices.get(f"/tracks/{track.pk}/").content.decode()
    base = f"/tracks/{track.pk}/audio"
    assert f'data-play="{track.pk}"' in html
    assert f'<noscript><audio controls preload="none" src="{base}"></audio></noscript>' in html
    assert f'href="{base}?format=wav&amp;download=1"' in html
    assert f'href="{base}?format=mp3&amp;download=1"' in html
    assert f'href="/?job={track.job_id}"' in html


def test_a_track_is_renamed_and_no_other(alices, track, order):
    other = stored_track(order(), title="Snow")
    response = alices.post(f"/tracks/{track.pk}/rename", {"title": "  Night & day "}, follow=True)
    assert "Night & day" in text_of(response)
    assert "Renamed. Undo" in text_of(response)
    assert f'<input type="hidden" name="title" value="{track.title}">' in response.text
    track.refresh_from_db()
    other.refresh_from_db()
    assert (track.title, other.title) == ("Night & day", "Snow")


@pytest.mark.parametrize(
    ("title", "message"),
    [
        (" ", "Give the track a title."),
        ("\u200b", "Give the track a title."),
        ("t" * 121, "at most 120"),
    ],
)
def test_a_title_that_cannot_be_is_said_at_its_field(alices, track, title, message):
    response = alices.post(f"/tracks/{track.pk}/rename", {"title": title})
    assert response.status_code == 422
    assert message in error_at(response, "title")
    track.refresh_from_db()
    assert track.title == "Rain"


def test_a_script_renames_in_place_and_the_page_stays(alices, track):
    fragment = {"HX-Request": "true"}
    asked = alices.get(f"/tracks/{track.pk}/rename", headers=fragment)
    assert 'value="Rain"' in asked.content.decode()
    assert "<html" not in asked.content.decode()
    refused = alices.post(f"/tracks/{track.pk}/rename", {"title": " "}, headers=fragment)
    assert (refused.status_code, error_at(refused, "title")) == (200, "Give the track a title.")
    renamed = alices.post(f"/tracks/{track.pk}/rename", {"title": "Día & night"}, headers=fragment)
    assert "<h1>Día &amp; night</h1>" in renamed.content.decode()
    changed = {"track": str(track.pk), "title": "Día & night"}
    assert json.loads(renamed["HX-Trigger"])["track-changed"] == changed
    assert "<h1>Día &amp; night</h1>" in alices.get(f"/tracks/{track.pk}/title").content.decode()


def test_without_script_the_pencil_leads_to_the_page_with_a_field(alices, track):
    page = alices.get(f"/tracks/{track.pk}/rename").content.decode()
    assert f'action="/tracks/{track.pk}/rename"' in page
    assert 'value="Rain"' in page
    assert "<h1>" not in page


def test_versions_are_the_other_pieces_of_the_order_and_of_the_same_ordered_again(alices, bob, order):
    job = order("rain", variations=2)
    first = stored_track(job, bpm=82.0, key="D minor", time_signature="3/4")
    second = stored_track(job)
    stored_track(order("snow"))
    ended = {"status": Status.CANCELED, "finished_at": timezone.now()}
    Job.objects.filter(pk=job.pk).update(**ended)
    job.refresh_from_db()
    again = stored_track(jobs.retry(job=job))
    Track.objects.filter(pk=stored_track(job).pk).update(owner=bob)
    for shown in (first, again):
        versions = alices.get(f"/tracks/{shown.pk}/").context["versions"]
        assert [(version.track, version.name, version.is_shown) for version in versions] == [
            (first, "Variation 1", shown == first),
            (second, "Variation 2", False),
            (again, "Ordered again, 1", shown == again),
        ]
    words = text_of(alices.get(f"/tracks/{second.pk}/"))
    assert "Variation 1 82 BPM · D minor · 3/4 Variation 2 This one" in words


def test_deleting_asks_first_and_then_deletes(alices, order):
    track = finish(order())
    asked = alices.get(f"/tracks/{track.pk}/delete?next=/")
    assert "Delete “Rainy night”?" in text_of(asked)
    assert Track.objects.kept().filter(pk=track.pk).exists()
    response = alices.post(f"/tracks/{track.pk}/delete", {"next": "/"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "“Rainy night” is deleted." in text_of(response)
    assert not Track.objects.kept().exists()


def test_after_deleting_one_goes_to_the_library_unless_another_page_is_named(alices, track):
    assert alices.post(f"/tracks/{track.pk}/delete", {"next": "//evil.example"})["Location"] == "/library/"


def test_a_deleted_track_is_not_there(alices, track):
    jobs.delete_track(track=track)
    for address in ("", "delete", "audio"):
        assert alices.get(f"/tracks/{track.pk}/{address}").status_code == 404


def test_another_users_track_is_not_there(client, bob, track):
    client.force_login(bob)
    for address in ("", "delete", "audio"):
        assert client.get(f"/tracks/{track.pk}/{address}").status_code == 404
    assert client.post(f"/tracks/{track.pk}/rename", {"title": "mine"}).status_code == 404
    assert client.post(f"/tracks/{track.pk}/delete").status_code == 404
    track.refresh_from_db()
    assert (track.title, track.deleted_at) == ("Rain", None)


def test_a_page_of_a_track_costs_few_queries(alices, track, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        alices.get(f"/tracks/{track.pk}/")


def test_stems_are_offered_where_they_can_be_made_or_are_kept(alices, track):
    page, offer = f"/tracks/{track.pk}/", f'href="/tracks/{track.pk}/audio?format=stems'
    kept = {"audio": "x", "storage_type": "local", "size": 1, "checksum": "c" * 64}
    track.renditions.create(format="mp3", **kept)
    assert offer not in alices.get(page).content.decode()
    track.renditions.create(format="stems", **kept)
    assert offer in alices.get(page).content.decode()


def test_deleting_one_track_leaves_the_others(alices, track, order):
    other = stored_track(order())
    alices.post(f"/tracks/{track.pk}/delete")
    assert list(Track.objects.kept()) == [other]
