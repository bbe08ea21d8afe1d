"""What people wrote never turns round what stands beside it, on any page, in what is said, or in a mail."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core import mail

from accounts.models import ApiToken, User
from generation.models import Job, Playlist, Track, TrackReport, WebhookEndpoint
from generation.tests.api_calls import stored_track
from generation.tests.routes import all_routes
from musicgen.text_direction import isolated

pytestmark = pytest.mark.sqlite_is_enough
# It ends an isolate that it did not begin, begins one that it does not end, and turns round what follows.
HOSTILE = "zzz\u2069\u2067\u202eyyy"
HOSTILE_EMAIL = "alice@\u202eexample.org"
_ISOLATE = re.compile("[\u2066-\u2068][^\u2066-\u2069]*\u2069")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What stands by itself: the browser isolates what is in them, or nobody reads it.
_APART = ("textarea", "pre", "code", "script", "style")
_READ = ("aria-label", "title", "alt", "content", "placeholder", "label", "data-title", "aria-valuetext")


class _Reader(HTMLParser):
    """Collects what a page says in which text is turned round, beside the name of where it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.seen = 0
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _READ:
                self._look(f"{tag} {name}", value or "")
        self._open.append((tag, ("dir", "auto") in attrs))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, is_apart = self._open[-1] if self._open else ("", False)
        if not is_apart and not any(tag in _APART for tag, _ in self._open):
            self._look(tag, data)

    def _look(self, place: str, text: str) -> None:
        self.seen += "\u202e" in text
        left = text
        while (less := _ISOLATE.sub("", left)) != left:
            left = less
        if _TURNING.search(left):
            self.found.append((place, text.strip()))


def turned(html: str) -> list[tuple[str, str]]:
    reader = _Reader()
    reader.feed(html)
    return reader.found


@pytest.fixture
def values(alice, scripted, order) -> dict[str, Any]:
    job = order(HOSTILE)
    track = stored_track(job, title=HOSTILE, tags=[HOSTILE], prompt=HOSTILE)
    track.edit(visibility="unlisted")
    track.refresh_from_db()
    TrackReport.objects.create(track=track, reason="other", words=HOSTILE)
    playlist = Playlist.objects.all().make(alice, HOSTILE)
    playlist.add([track])
    token, _ = ApiToken.objects.issue(alice, HOSTILE, ["read"])
    webhook, _ = WebhookEndpoint.objects.all().add(
        alice, url="https://receiver.example/", events=["job.failed"], jobs_url="https://music.example/jobs"
    )
    WebhookEndpoint.objects.update(description=HOSTILE)
    User.objects.filter(pk=alice.pk).update(email=HOSTILE_EMAIL)
    return {
        "job_id": job.pk,
        "track_id": track.pk,
        "share_key": track.share_key,
        "playlist_id": playlist.pk,
        "token_id": token.pk,
        "webhook_id": webhook.pk,
    }


def addresses(values: dict[str, Any]) -> Iterator[str]:
    for route in all_routes():
        if set(route.names) <= values.keys() and not route.template.startswith(("/api/", "/admin/")):
            yield route.address(values)
    yield from (f"/library/?q={HOSTILE}", f"/library/?tag={HOSTILE}&tempo_from={HOSTILE}")
    yield f"/playlists/choose?track={values['track_id']}"


def test_every_page(alices, values):
    found, seen = {}, 0
    for address in addresses(values):
        response = alices.get(address)
        if response.get("Content-Type", "").startswith("text/html"):
            reader = _Reader()
            reader.feed(response.content.decode())
            found[address], seen = reader.found, seen + reader.seen
    assert {address: places for address, places in found.items() if places} == {}
    assert len(found) > 30
    assert seen > 60


def test_what_is_said(alices, values):
    track, playlist = values["track_id"], values["playlist_id"]
    change = {"track": track, "tag": HOSTILE}
    said = []
    for address, fields in (
        ("/library/change", change | {"action": "untag"}),
        ("/library/change", change | {"action": "tag"}),
        (f"/playlists/choose?track={track}", {"playlist": playlist, "track": track}),
        (f"/playlists/{playlist}/delete", {}),
        (f"/accounts/tokens/{values['token_id']}/revoke", {}),
        ("/library/change", change | {"action": "delete"}),
    ):
        response = alices.post(address, fields)
        assert response.status_code == 302, address
        said += [str(message) for message in get_messages(response.wsgi_request)]
        response.client.cookies.pop("messages", None)
    assert len([words for words in said if "\u202e" in words]) >= 6
    assert [words for words in said if turned(words)] == []


def test_what_the_admin_calls_things(alice, values):
    """Its pages are Django's; in their sentences stands what a row calls itself."""
    rows = [
        *(Job.objects.get(), Track.objects.get(), Playlist.objects.get(), TrackReport.objects.get()),
        *(ApiToken.objects.get(), User.objects.get()),
    ]
    assert [str(row) for row in rows if "\u202e" not in str(row) or turned(str(row))] == []


def test_mails(client, alice):
    domain = "\u05d2\u05e9\u05dd.example"
    client.post("/accounts/password/reset/", {"email": f"nobody@{domain}"})
    [message] = mail.outbox
    assert f"address \u2068nobody@{domain}\u2069." in message.body


@pytest.mark.parametrize("text", ["a\u202eb", "\u2068a\u2069\u202e", "\u2067a"])
def test_what_is_not_isolated_is_found(text):
    assert turned(f"<p>Share “{text}”</p>")
    assert turned(f'<a aria-label="Share {text}">Share</a>')
    assert not turned(f"<p>Share “{isolated(text)}”</p>")


def test_names_of_tracks_stay_as_they_were_written(alices, values):
    assert Track.objects.get(pk=values["track_id"]).title == HOSTILE
    assert HOSTILE in alices.get(f"/tracks/{values['track_id']}/rename").content.decode()
