"""Doing something to several tracks at once, and taking it back."""

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone

from generation import closed_accounts, jobs
from generation.engines.request import MAX_TAGS
from generation.models import Track
from generation.models.track_queries import UNDO_FOR
from generation.tests.api_calls import API, client_of, stored_track
from generation.tracks import purging
from generation.web.views.selection import MOST_SELECTED

CHANGE = "/library/change"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def three(order) -> list[Track]:
    return [stored_track(order(), title=title, tags=[]) for title in ("One", "Two", "Three")]


def said(response) -> list[str]:
    """What is said on the next page, which nobody opens here."""
    response.client.cookies.pop("messages", None)
    return [str(message) for message in get_messages(response.wsgi_request)]


def undo_of(response) -> dict[str, str]:
    """The fields of the way back that was offered."""
    response.client.cookies.pop("messages", None)
    [message] = get_messages(response.wsgi_request)
    undo = json.loads(message.extra_tags)
    assert undo["action"] == CHANGE
    return undo["fields"]


def change(client, action: str, tracks, **fields):
    return client.post(CHANGE, {"action": action, "track": [str(track.pk) for track in tracks], **fields})


def titles(**conditions) -> set[str]:
    return set(Track.objects.kept().filter(**conditions).values_list("title", flat=True))


def test_several_are_deleted_and_had_back(alices, three):
    three[0].edit(tags=["calm"], favorite=True)
    response = change(alices, "delete", three[:2])
    assert response.status_code == 302
    assert response["Location"] == "/library/"
    assert said(response) == ["2 tracks are deleted."]
    assert titles() == {"Three"}
    back = alices.post(CHANGE, undo_of(response))
    assert said(back) == []
    assert titles() == {"One", "Two", "Three"}
    one = Track.objects.get(pk=three[0].pk)
    assert (one.tags, one.favorite, one.purge_after) == (["calm"], True, None)
    assert set(Track.objects.all().matching("calm")) == {one}


def test_without_script_undo_leads_back_to_the_list_as_it_was(alices, three):
    filtered = "/library/?q=one&sort=oldest"
    for action in ("delete", "like"):
        response = change(alices, action, three[:1], next=filtered)
        assert response["Location"] == filtered
        assert alices.post(CHANGE, undo_of(response))["Location"] == filtered
    elsewhere = change(alices, "like", three[1:2], next="https://elsewhere.example/")
    assert undo_of(elsewhere)["next"] == "/library/"


def test_a_shared_track_is_out_of_everybody_s_reach_until_it_is_had_back_with_its_link(alices, client, three):
    three[0].edit(visibility="unlisted")
    link = f"/s/{Track.objects.get(pk=three[0].pk).share_key}"
    assert client.get(link).status_code == 200
    response = change(alices, "delete", three)
    assert said(response) == ["3 tracks are deleted."]
    assert client.get(link).status_code == 404
    alices.post(CHANGE, undo_of(response))
    assert client.get(link).status_code == 200

    change(alices, "delete", three)
    Track.objects.unpurged().forget(timezone.now())
    assert not Track.objects.exclude(share_key=None).exists()


def test_one_undo_brings_back_what_it_was_offered_for_alone(alices, three):
    first = change(alices, "delete", three[:1])
    change(alices, "delete", three[1:2])
    alices.post(CHANGE, undo_of(first))
    assert titles() == {"One", "Three"}


def test_deleted_tracks_are_out_of_reach_until_they_are_had_back(alices, alice, three):
    change(alices, "delete", three[:1])
    assert alices.get(f"/tracks/{three[0].pk}/").status_code == 404
    assert client_of(alice).get(f"{API}/tracks/{three[0].pk}").status_code == 404
    assert not three[0].edit(title="Other")


def test_the_words_and_the_audio_go_when_the_time_to_have_them_back_is_over(alices, three):
    response = change(alices, "delete", three[:1])
    purging.purge_if_due(three[0].pk)
    gone = Track.objects.get(pk=three[0].pk)
    assert (gone.title, gone.purged_at) == ("One", None)
    now = timezone.now()
    assert purging.wake(now) == 0
    Track.objects.filter(pk=gone.pk).update(purge_after=now - timedelta(seconds=1))
    assert purging.wake(now) == 1
    purging.purge_if_due(gone.pk)
    gone.refresh_from_db()
    assert (gone.title, gone.prompt, gone.search_text) == ("", "", "")
    assert gone.purged_at
    assert said(alices.post(CHANGE, undo_of(response))) == ["It is too late to have that back."]


def test_what_is_being_purged_cannot_be_had_back_even_where_the_storage_fails(alices, three):
    response = change(alices, "delete", three[:1])
    track = Track.objects.filter(pk=three[0].pk)
    track.update(purge_after=timezone.now() - timedelta(seconds=1))
    assert track.forget(timezone.now()) == 1
    track.postpone_purge(timezone.now() + UNDO_FOR)
    assert said(alices.post(CHANGE, undo_of(response))) == ["It is too late to have that back."]
    assert titles() == {"Two", "Three"}


def test_what_the_api_deletes_is_gone_at_once(alice, alices, three):
    client_of(alice).delete(f"{API}/tracks/{three[0].pk}")
    gone = Track.objects.get(pk=three[0].pk)
    assert gone.title == ""
    assert gone.purge_after <= timezone.now()
    fields = {"action": "restore", "deleted_at": gone.deleted_at.isoformat()}
    assert said(alices.post(CHANGE, fields)) == ["It is too late to have that back."]


def test_of_a_closed_account_nothing_waits_to_be_had_back(alice, alices, three):
    change(alices, "delete", three[:1])
    jobs.delete_owner(owner=alice)
    closed_accounts.clear_out()
    assert set(Track.objects.values_list("title", flat=True)) == {""}
    assert Track.objects.to_purge(timezone.now()).count() == 3


@pytest.mark.parametrize(
    "deleted_at",
    [
        "",
        "yesterday",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_nothing_comes_back_by_nonsense(alices, three, deleted_at):
    change(alices, "delete", three[:1])
    assert said(alices.post(CHANGE, {"action": "restore", "deleted_at": deleted_at}))[-1] in (
        "Nothing is there to have back.",
        "It is too late to have that back.",
    )
    assert titles() == {"Two", "Three"}


def test_several_are_tagged_and_the_tag_is_taken_off_those_that_got_it(alices, three):
    three[0].edit(tags=["calm"])
    three[1].edit(tags=[str(number) for number in range(MAX_TAGS)])
    response = change(alices, "tag", three, tag="  #calm ")
    assert said(response) == ["Tagged 1 track “calm”. 1 track had 10 tags already."]
    assert set(Track.objects.all().tagged("calm")) == {three[0], three[2]}
    assert set(Track.objects.all().matching("calm")) == {three[0], three[2]}
    assert said(alices.post(CHANGE, undo_of(response))) == []
    assert set(Track.objects.all().tagged("calm")) == {three[0]}
    assert set(Track.objects.all().matching("calm")) == {three[0]}


def test_a_tag_is_taken_off_and_put_back(alices, three):
    three[0].edit(tags=["calm", "night"])
    response = change(alices, "untag", three, tag="calm")
    assert said(response) == ["Took “calm” off 1 track."]
    alices.post(CHANGE, undo_of(response))
    assert Track.objects.get(pk=three[0].pk).tags == ["night", "calm"]
    assert said(change(alices, "untag", three, tag="other")) == ["None of these tracks is tagged “other”."]
    assert said(change(alices, "tag", three[:1], tag="calm")) == ["Nothing to do: tagged “calm” before."]


@pytest.mark.parametrize("tag", ["", " ", "#", "x" * 41, "\u200b"])
def test_a_tag_that_is_none_is_refused(alices, three, tag):
    assert said(change(alices, "tag", three, tag=tag)) == ["Write a tag of 1 to 40 characters."]
    assert Track.objects.exclude(tags=[]).count() == 0


def test_several_become_favorites_and_are_none_again(alices, three):
    three[0].edit(favorite=True)
    response = change(alices, "like", three)
    assert said(response) == ["2 tracks are among your favorites."]
    assert titles(favorite=True) == {"One", "Two", "Three"}
    alices.post(CHANGE, undo_of(response))
    assert titles(favorite=True) == {"One"}
    assert said(change(alices, "unlike", three)) == ["1 track is not among your favorites any more."]
    assert said(change(alices, "unlike", three)) == ["None of these was a favorite."]


def test_another_users_tracks_are_left_alone(client, bob, three):
    client.force_login(bob)
    for action in ("delete", "tag", "like"):
        change(client, action, three, tag="mine")
    assert titles() == {"One", "Two", "Three"}
    assert titles(favorite=True) == set()
    assert not Track.objects.all().tagged("mine").exists()
    Track.objects.all().withdraw(timezone.now())
    deleted_at = Track.objects.all()[0].deleted_at
    client.post(CHANGE, {"action": "restore", "deleted_at": deleted_at.isoformat()})
    client.logout()
    client.post(CHANGE, {"action": "restore", "deleted_at": deleted_at.isoformat()})
    assert titles() == set()


def test_what_is_not_asked_for_rightly_is_refused(alices, three):
    assert said(change(alices, "paint", three)) == ["Choose what to do with the tracks."]
    assert said(change(alices, "delete", [])) == ["Select at least one track."]
    assert said(alices.post(CHANGE, {"action": "delete", "track": "x,y"})) == ["Select at least one track."]
    many = ",".join(str(uuid.uuid4()) for _ in range(MOST_SELECTED + 1))
    assert "At most 500 tracks" in said(alices.post(CHANGE, {"action": "delete", "track": many}))[0]
    assert alices.get(CHANGE).status_code == 405
    assert titles() == {"One", "Two", "Three"}


def test_a_script_is_told_what_was_done_and_that_lists_have_changed(alices, three):
    fields = {"action": "delete", "track": str(three[0].pk)}
    response = alices.post(CHANGE, fields, headers=HTMX)
    assert response["HX-Trigger"] == "tracks-changed"
    html = response.content.decode()
    assert 'hx-swap-oob="true"' in html
    assert "“One” is deleted." in html
    assert f'hx-post="{CHANGE}"' in html
    response = alices.post(f"/tracks/{three[1].pk}/delete", headers=HTMX)
    assert response["HX-Trigger"] == "tracks-changed"
    assert "“Two” is deleted." in response.content.decode()


def test_five_hundred_cost_few_queries(alices, order, django_assert_max_num_queries):
    job = order()
    tracks = [stored_track(job, title=f"Night {number}", tags=[]) for number in range(40)]
    for action in ("tag", "like", "delete"):
        with django_assert_max_num_queries(12):
            change(alices, action, tracks, tag="calm")


def test_the_tags_of_a_track_are_changed_on_its_page(alices, three, bob):
    track = three[0]
    address = f"/tracks/{track.pk}/tags"
    assert alices.post(address, {"tag": "calm & <slow>"})["Location"] == f"/tracks/{track.pk}/"
    page = alices.get(f"/tracks/{track.pk}/").content.decode()
    assert 'href="/library/?tag=calm%20%26%20%3Cslow%3E"' in page
    assert "<slow>" not in page
    shown = alices.post(address, {"tag": " "}, headers=HTMX)
    assert "Write a tag of 1 to 40 characters." in shown.content.decode()
    alices.post(address, {"remove": "calm & <slow>"})
    for number in range(MAX_TAGS):
        alices.post(address, {"tag": str(number)})
    assert "at most 10 tags" in alices.post(address, {"tag": "one more"}, headers=HTMX).content.decode()
    track.refresh_from_db()
    assert track.tags == [str(number) for number in range(MAX_TAGS)]
    alices.force_login(bob)
    assert alices.post(address, {"tag": "his"}).status_code == 404
