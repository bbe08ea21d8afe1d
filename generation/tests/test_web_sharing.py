"""Sharing a track: its link, its page for everybody, the frame for other sites, oEmbed, reports, and their end."""

import json
import re
from datetime import datetime
from html import unescape
from urllib.parse import quote, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from accounts.models import User
from generation import jobs
from generation.models import Track, TrackReport
from generation.models.track_report import MAX_OPEN
from generation.models.track_sharing import NotShared
from generation.tests.api_calls import API, client_of, finish, problem, stored_track
from generation.tests.tag_readers import by_mutagen
from generation.tests.web_pages import text_of
from generation.tracks import renditions
from generation.worker import tasks

NASTY = '"><script>alert(1)</script>{{ 7|add:7 }} ‮'


@pytest.fixture(autouse=True)
def engine(db, scripted):
    return scripted


@pytest.fixture
def track(order) -> Track:
    return stored_track(
        order("rainy night", bpm=82),
        title="Rain",
        prompt="rainy night",
        key="A minor",
        bpm=82.0,
        time_signature="3/4",
    )


@pytest.fixture
def anybody() -> Client:
    return Client()


def shared(track: Track, visibility: str = "unlisted") -> str:
    """Share the track and return the path of its page."""
    assert track.edit(visibility=visibility)
    track.refresh_from_db()
    return f"/s/{track.share_key}"


def test_an_owner_shares_a_track_and_gets_its_link(alices, anybody, track):
    response = alices.post(f"/tracks/{track.pk}/share", {"visibility": "unlisted"}, follow=True)
    track.refresh_from_db()
    assert f"http://testserver/s/{track.share_key}" in text_of(response)
    assert "Whoever has the link can hear it." in text_of(response)
    assert anybody.get(f"/s/{track.share_key}").status_code == 200


def test_a_script_gets_the_dialog_drawn_anew(alices, track):
    response = alices.post(
        f"/tracks/{track.pk}/share", {"visibility": "public"}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 200
    assert "search engines may show it" in text_of(response)
    assert alices.post(f"/tracks/{track.pk}/share", {"visibility": "everyone"}).status_code == 422


def test_the_page_tells_of_the_music_and_nothing_of_its_owner(anybody, alice, track):
    track.edit(tags=["secret tag"], favorite=True)
    response = anybody.get(shared(track))
    html = response.content.decode()
    for words in ("Rain", "rainy night", "82 BPM", "A minor", "3/4", "Make one like it"):
        assert words in text_of(response)
    for kept in (
        alice.email,
        str(alice.pk),
        str(track.pk),
        str(track.job_id),
        "secret tag",
        track.storage_key,
    ):
        assert kept not in html
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_other_sites_are_told_what_it_is(anybody, track):
    path = shared(track)
    html = anybody.get(path).content.decode()
    meta = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', html))
    site = "http://testserver"
    assert meta["og:title"] == "Rain"
    assert meta["og:url"] == f"{site}{path}"
    assert meta["og:image"] == meta["twitter:image"] == f"{site}{path}/cover.png"
    assert meta["og:audio"] == f"{site}{path}/audio"
    assert (meta["twitter:card"], meta["twitter:player"]) == ("player", f"{site}{path}/embed")
    assert "82 BPM, A minor, 3/4. " in meta["og:description"]
    discovery = re.search(r'type="application/json\+oembed" href="([^"]+)"', html)
    assert discovery
    assert anybody.get(unescape(discovery[1])).json()["title"] == "Rain"


@pytest.mark.parametrize(("visibility", "is_listed"), [("unlisted", False), ("public", True)])
def test_search_engines_list_public_tracks_alone(anybody, track, visibility, is_listed):
    path = shared(track, visibility)
    assert ('<meta name="robots" content="noindex">' in anybody.get(path).content.decode()) is not is_listed
    assert (f"http://testserver{path}" in anybody.get("/sitemap.xml").content.decode()) is is_listed
    assert "Sitemap: http://testserver/sitemap.xml" in anybody.get("/robots.txt").content.decode()


def test_the_audio_is_heard_by_an_address_that_ends_soon(anybody, order, settings):
    settings.SHARED_URL_EXPIRE_SECONDS = 90
    track = finish(order())
    path = shared(track)
    answer = anybody.get(f"{path}/audio", headers={"Accept": "application/json"})
    left = parse_seconds(answer.json()["expires_at"])
    assert 45 <= left <= 90
    sent = anybody.get(f"{path}/audio")
    assert (sent.status_code, sent["Cache-Control"]) == (302, "no-store")
    audio = anybody.get(sent["Location"])
    assert b"".join(audio)[:4] == b"RIFF"
    assert "Content-Disposition" not in audio


def test_a_title_that_it_had_before_is_heard_by_nobody_else(anybody, alices, order, tmp_path):
    track = finish(order("rain", title="For Anna"))
    renditions.make_rendition(track.pk, "listen")
    alices.post(f"/tracks/{track.pk}/rename", {"title": "Rain"})
    path = shared(track)
    OrmQ.objects.all().delete()
    anybody.get(path)
    message = OrmQ.objects.get().task
    assert message["args"] == (str(track.pk), "listen"), "its file is made anew before anybody presses play"
    waits = anybody.get(f"{path}/audio")
    assert (waits.status_code, waits["Retry-After"]) == (503, "2")
    tasks.make_rendition(*message["args"])
    heard = tmp_path / "heard.mp3"
    heard.write_bytes(b"".join(anybody.get(anybody.get(f"{path}/audio")["Location"])))
    assert by_mutagen(heard)["title"] == "Rain"
    assert b"Anna" not in heard.read_bytes().replace(b"\0", b"")


def test_a_cover_is_asked_for_anew_so_that_it_ends_with_the_sharing(anybody, track):
    cover = f"{shared(track)}/cover.png"
    given = anybody.get(cover)
    assert "no-cache" in given["Cache-Control"]
    assert anybody.get(cover, headers={"If-None-Match": given["ETag"]}).status_code == 304
    track.edit(visibility="private")
    assert anybody.get(cover, headers={"If-None-Match": given["ETag"]}).status_code == 404


def parse_seconds(moment: str) -> float:
    """How many seconds from now that is."""
    return (datetime.fromisoformat(moment) - timezone.now()).total_seconds()


def test_when_sharing_ends_every_address_is_gone_at_once_and_for_good(anybody, track):
    path = shared(track)
    parts = ("", "/audio", "/cover.png", "/embed", "/report")
    oembed = f"/oembed?url={quote(f'http://testserver{path}')}"
    assert anybody.get(oembed).status_code == 200
    track.edit(visibility="private")
    assert {anybody.get(f"{path}{part}").status_code for part in parts} == {404}
    assert anybody.get(oembed).status_code == 404
    assert anybody.post(f"{path}/report", {"reason": "other"}).status_code == 404
    assert shared(track) != path
    assert anybody.get(path).status_code == 404


def test_between_unlisted_and_public_the_link_stays(track):
    assert shared(track, "unlisted") == shared(track, "public") == shared(track, "unlisted")


def test_a_deleted_track_is_shared_no_more(anybody, track):
    path = shared(track)
    jobs.delete_track(track=track)
    assert anybody.get(path).status_code == 404
    track.refresh_from_db()
    assert (track.visibility, track.share_key) == ("private", None)


def test_a_deleted_account_shares_nothing(anybody, alice, track):
    path = shared(track)
    jobs.delete_owner(owner=alice)
    assert anybody.get(path).status_code == 404


def test_whoever_hears_it_makes_one_like_it(anybody, alice, order):
    asked = {"bpm": 82, "genre": "lofi", "seed": 7, "title": "Mine", "duration": 31.0}
    track = stored_track(order("rainy night", **asked), prompt="rainy night")
    path = shared(track)
    html = anybody.get(f"/?like={track.share_key}").content.decode()
    assert "rainy night</textarea>" in html
    fields = dict(re.findall(r'<input[^>]*? name="(\w+)"[^>]*? value="([^"]*)"', html, re.DOTALL))
    assert fields.get("bpm") == "82"
    assert "Mine" not in html
    assert fields.get("seed", "") == ""
    track.edit(visibility="private")
    assert "not shared any more" in anybody.get(f"/?like={path.removeprefix('/s/')}").content.decode()


def test_an_embed_can_be_framed_and_nothing_else_can(anybody, track):
    path = shared(track)
    embed = anybody.get(f"{path}/embed")
    assert "X-Frame-Options" not in embed
    policy = embed["Content-Security-Policy"]
    assert "frame-ancestors *;" in f"{policy};"
    assert "default-src 'self'" in policy
    assert not embed.cookies
    for address in (path, f"{path}/report", "/", "/accounts/login/", "/admin/login/"):
        response = anybody.get(address)
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_oembed_gives_a_frame_of_the_size_that_fits(anybody, track, settings):
    settings.SITE_NAME = "Night Radio"
    url = quote(f"http://testserver{shared(track)}")
    answer = anybody.get(f"/oembed?url={url}&maxwidth=300&maxheight=9999").json()
    assert (answer["version"], answer["type"], answer["width"], answer["height"]) == ("1.0", "rich", 300, 152)
    assert answer["provider_name"] == "Night Radio"
    assert f'src="http://testserver/s/{track.share_key}/embed"' in answer["html"]
    assert 'width="300"' in answer["html"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://testserver/",
        "http://testserver/s/",
        "http://elsewhere.example/s/{key}",
        "//testserver/s/{key}/embed",
        "http://testserver/s/{key}/../{key}x",
        "http://[",
        "javascript:alert(1)",
        "http://testserver@elsewhere.example/s/{key}",
        "http://testserver/s/{key}\0",
    ],
)
def test_oembed_knows_the_pages_of_shared_tracks_alone(anybody, track, url):
    shared(track)
    assert anybody.get("/oembed", {"url": url.format(key=track.share_key)}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/s/%00", "/s/%00/audio", "/s/%00/embed", "/s/%F0%9F%98%80", f"/s/{'x' * 5000}"]
)
def test_what_is_no_key_leads_nowhere(anybody, db, path):
    assert anybody.get(path).status_code == 404
    key = path.split("/")[2]
    assert "not shared any more" in anybody.get(f"/?like={key}").content.decode()


def test_oembed_says_which_format_it_has(anybody, track):
    url = f"http://testserver{shared(track)}"
    assert anybody.get("/oembed", {"url": url, "format": "xml"}).status_code == 501


def test_words_of_its_owner_stay_words(anybody, order):
    track = stored_track(order(), title=NASTY, prompt=NASTY)
    path = shared(track)
    pages = [anybody.get(f"{path}{part}").content.decode() for part in ("", "/embed", "/report")]
    code = anybody.get("/oembed", {"url": f"http://testserver{path}"}).json()["html"]
    for html in (*pages, code):
        assert "<script>alert" not in html
        assert "{{ 7" in unescape(html)


def test_a_report_reaches_the_operator_and_names_nobody(anybody, track):
    path = shared(track)
    response = anybody.post(f"{path}/report", {"reason": "rights", "words": "It is my song."})
    assert "is told of this track" in text_of(response)
    report = TrackReport.objects.get()
    assert (report.track, report.reason, report.words) == (track, "rights", "It is my song.")
    assert anybody.post(f"{path}/report", {"reason": "boring"}).status_code == 422
    assert anybody.post(f"{path}/report", {"reason": "other", "words": "x" * 1001}).status_code == 422
    assert TrackReport.objects.count() == 1


def test_reports_of_one_address_are_bounded(anybody, track, settings):
    settings.REPORT_RATE = ["2/hour"]
    path = shared(track)
    answers = [anybody.post(f"{path}/report", {"reason": "other"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert TrackReport.objects.count() == 2


def test_however_many_report_a_track_so_many_are_kept_as_the_operator_needs(anybody, track, settings):
    settings.REPORT_RATE = []
    path = shared(track)
    TrackReport.objects.bulk_create(TrackReport(track=track, reason="other") for _ in range(MAX_OPEN - 1))
    for _ in range(3):
        assert "is told" in text_of(anybody.post(f"{path}/report", {"reason": "other"}))
    assert TrackReport.objects.count() == MAX_OPEN
    TrackReport.objects.all().handle(timezone.now())
    anybody.post(f"{path}/report", {"reason": "harm"})
    assert TrackReport.objects.open().get().reason == "harm", "what was dealt with hides nothing new"


def test_of_a_track_that_is_shared_no_more_nothing_is_kept(track):
    shared(track)
    track.edit(visibility="private")
    assert not TrackReport.objects.file(track, reason="other")
    assert not TrackReport.objects.exists()


@pytest.fixture
def operator(db) -> Client:
    staff = User.objects.create_superuser(email="staff@example.org", password="a long enough secret")
    client = Client()
    client.force_login(staff)
    return client


def test_the_operator_ends_the_sharing_of_a_reported_track_for_good(operator, anybody, alice, alices, track):
    path = shared(track)
    report = TrackReport.objects.create(track=track, reason="harm", words="Awful.")
    listed = operator.get("/admin/generation/trackreport/?handled_at__isempty=1")
    assert "Awful." in text_of(listed)
    operator.post(
        "/admin/generation/trackreport/", {"action": "end_sharing", "_selected_action": [report.pk]}
    )
    report.refresh_from_db()
    assert report.handled_at is not None
    assert anybody.get(path).status_code == 404
    with pytest.raises(NotShared, match="operator"):
        track.edit(visibility="public")
    assert alices.post(f"/tracks/{track.pk}/share", {"visibility": "public"}).status_code == 409
    refused = client_of(alice).patch(f"{API}/tracks/{track.pk}", {"visibility": "public"}, format="json")
    problem(refused, 403, "sharing_barred")
    assert alices.get(f"/tracks/{track.pk}/").status_code == 200


def test_the_operator_may_find_nothing_wrong(operator, anybody, track):
    path = shared(track)
    report = TrackReport.objects.create(track=track, reason="other")
    operator.post(
        "/admin/generation/trackreport/", {"action": "leave_shared", "_selected_action": [report.pk]}
    )
    assert not TrackReport.objects.open().exists()
    assert anybody.get(path).status_code == 200


def test_a_guest_is_told_to_sign_up(client, order):
    track = stored_track(order())
    guest = User.objects.create_guest()
    Track.objects.filter(pk=track.pk).update(owner=guest)
    client.force_login(guest)
    assert "Sign up" in text_of(client.get(f"/tracks/{track.pk}/share"))
    assert client.post(f"/tracks/{track.pk}/share", {"visibility": "public"}).status_code == 409
    refused = client.patch(
        f"{API}/tracks/{track.pk}", json.dumps({"visibility": "public"}), content_type="application/json"
    )
    assert refused.status_code == 403
    track.refresh_from_db()
    assert track.share_key is None


def test_the_api_shares_a_track_and_names_its_link(alice, anybody, track):
    program = client_of(alice)
    assert program.get(f"{API}/tracks/{track.pk}").json()["urls"]["share"] is None
    answer = program.patch(f"{API}/tracks/{track.pk}", {"visibility": "unlisted"}, format="json").json()
    assert answer["urls"]["share"] == f"http://testserver/s/{Track.objects.get(pk=track.pk).share_key}"
    assert anybody.get(urlsplit(answer["urls"]["share"]).path).status_code == 200
    answer = program.patch(f"{API}/tracks/{track.pk}", {"visibility": "private"}, format="json").json()
    assert answer["urls"]["share"] is None


def test_of_another_owner_s_track_there_is_nothing_to_share(client, bob, track):
    client.force_login(bob)
    assert client.get(f"/tracks/{track.pk}/share").status_code == 404
    assert client.post(f"/tracks/{track.pk}/share", {"visibility": "public"}).status_code == 404
