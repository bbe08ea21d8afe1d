"""The pages of zips: ordered in the library, waited for, fetched by a signed URL."""

import io
import time
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from django.utils import timezone

from accounts.models import User
from generation import jobs
from generation.archives import making
from generation.models import Archive
from generation.tests.api_calls import finish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def track(scripted, order):
    return finish(order())


def order_page(client, *tracks, **fields):
    return client.post("/archives/", {"track": [track.pk for track in tracks], "format": "wav", **fields})


def test_it_is_ordered_waited_for_and_fetched(alices, track, settings):
    settings.SITE_NAME, settings.STORAGE_URL_EXPIRE_SECONDS = "Night Radio", 90
    first, page = order_page(alices, track).url, f"/archives/{Archive.objects.get().pk}/"
    assert first == f"{page}?start"
    waiting = alices.get(page).content.decode()
    assert "1 track as WAV" in waiting
    assert f'<noscript><meta http-equiv="refresh" content="3;url={page}"></noscript>' in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert alices.get(f"{page}file").url == page, "there is nothing to fetch yet"
    making.make(Archive.objects.get().pk)
    ready = alices.get(page).content.decode()
    assert "Your zip is ready" in ready
    assert "http-equiv" not in ready
    assert "<ready-zip>" not in ready, "a page that is loaded starts nothing by itself"
    assert "<ready-zip>" in alices.get(first).content.decode(), "but for the one that an order leads to"
    signed = alices.get(f"{page}file").url
    response = alices.get(signed)
    assert response["Content-Type"] == "application/zip"
    assert "Night%20Radio%2C%201%20track" in response["Content-Disposition"]
    assert int(parse_qs(urlsplit(signed).query)["expires"][0]) <= time.time() + 90
    assert response["Content-Disposition"].endswith(".zip")
    assert "Rainy night.wav" in ZipFile(io.BytesIO(b"".join(response.streaming_content))).namelist()


def test_a_script_that_waits_is_given_the_card_and_has_the_download_start(alices, track):
    order_page(alices, track)
    made = Archive.objects.get().pk
    page, waits = f"/archives/{made}/", {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": f"archive-{made}"}
    assert alices.get(page, **waits).content.decode().strip().startswith("<section")
    making.make(Archive.objects.get().pk)
    card = alices.get(page, **waits).content.decode()
    assert "<ready-zip>" in card
    assert "hx-get" not in card, "and it asks no more"


def test_one_that_failed_says_why(alices, track):
    page = order_page(alices, track).url.partition("?")[0]
    jobs.delete_track(track=track)
    making.make(Archive.objects.get().pk)
    assert making.NOTHING_LEFT in alices.get(page).content.decode()


def test_tracks_that_are_gone_are_passed_over(alices, scripted, order, bob):
    first, second = finish(order()), finish(order())
    jobs.delete_track(track=first)
    order_page(alices, first, second)
    assert Archive.objects.get().track_ids == [str(second.pk)]


@pytest.mark.parametrize(
    "fields", [{"track": []}, {"track": ["no id"]}, {"format": "exe"}, {"track": ["0" * 32]}]
)
def test_what_cannot_be_made_is_said_on_the_page_one_came_from(alices, track, fields):
    answer = order_page(alices, track, next="/library/?q=rain", **fields)
    assert answer.url == "/library/?q=rain"
    assert 'class="message message-error"' in alices.get("/library/").content.decode()
    assert not Archive.objects.exists()


def test_too_many_are_refused_in_words(alices, track, settings):
    settings.QUOTA_ARCHIVES_PER_DAY = {"guest": 0, "user": 0, "staff": 0}
    order_page(alices, track)
    assert "0 zips made in 24 hours" in alices.get("/library/").content.decode()


def test_nobody_elses_can_be_ordered_seen_or_fetched(client, track, bob, alice):
    client.force_login(bob)
    order_page(client, track)
    assert not Archive.objects.exists()
    client.force_login(alice)
    page = order_page(client, track).url
    client.force_login(bob)
    assert client.get(page).status_code == client.get(f"{page}file").status_code == 404
    client.logout()
    assert client.get(page).status_code == 404
    assert order_page(client, track).url == "/library/"


def test_the_list_has_those_that_are_there(alices, track, alice, settings):
    settings.ARCHIVE_HOURS = 3
    assert "kept here for 3 hours" in alices.get("/archives/").content.decode()
    assert "Choose tracks in the library" in alices.get("/archives/").content.decode()
    page = order_page(alices, track).url.partition("?")[0]
    assert page in alices.get("/archives/").content.decode()
    Archive.objects.all().discard(timezone.now())
    assert "Choose tracks in the library" in alices.get("/archives/").content.decode()


def test_all_data_is_ordered_on_the_account_page_once_a_day(alices, track):
    assert "Export everything" in alices.get("/accounts/").content.decode()
    page = alices.post("/accounts/export").url
    assert "All your data" in alices.get(page).content.decode()
    shown = alices.get("/accounts/").content.decode()
    assert "Export everything" not in shown
    assert page in shown
    assert alices.post("/accounts/export").url == page, "pressed again it is the same one"
    making.make(Archive.objects.get().pk)
    assert alices.post("/accounts/export").url == "/accounts/"
    assert "once in 24 hours" in alices.get("/accounts/").content.decode()


def test_a_guest_has_all_of_it_too(client, scripted, order, alice):
    finish(order())
    User.objects.filter(pk=alice.pk).update(is_guest=True, email=None, password="!")
    alice.refresh_from_db()
    client.force_login(alice)
    making_page = client.post("/accounts/export").url
    making.make(Archive.objects.get().pk)
    assert "Your zip is ready" in client.get(making_page).content.decode()


def test_the_operator_sees_why_a_zip_failed(client, alice, track):
    made = Archive.objects.create(
        owner=alice, track_ids=[str(track.pk)], format="wav", state="failed", error="The disk is full."
    )
    client.force_login(
        User.objects.create_superuser(email="staff@example.org", password="a long enough secret")
    )
    listed = client.get("/admin/generation/archive/?state__exact=failed&q=alice@example.org").content.decode()
    assert "The disk is full." in listed
    assert client.get(f"/admin/generation/archive/{made.pk}/change/").status_code == 200
