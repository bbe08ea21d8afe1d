"""Local audio over HTTP: what players and browsers ask, and what nobody gets without a link."""

import io
import os
import time
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import storages
from django.test import override_settings

from generation.storage import LocalAudioStorage, content_disposition
from generation.storage.links import signed_link

KEY = "tracks/6f1c/9a2b/master.wav"
SOUND = bytes(range(256)) * 1024
SIZE = len(SOUND)


@pytest.fixture(autouse=True)
def stored(settings, tmp_path) -> LocalAudioStorage:
    local = {"BACKEND": "generation.storage.LocalAudioStorage", "OPTIONS": {"location": tmp_path / "audio"}}
    settings.STORAGES = {**settings.STORAGES, "local": local, "audio": local}
    storage = storages["local"]
    assert isinstance(storage, LocalAudioStorage)
    storage.save(KEY, io.BytesIO(SOUND))
    return storage


@pytest.fixture
def link(stored: LocalAudioStorage) -> str:
    return stored.url(KEY)


def test_link_gives_the_whole_audio(client, link):
    answer = client.get(link)
    assert (answer.status_code, answer.getvalue()) == (200, SOUND)
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Length"] == str(SIZE)
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in answer


def test_audio_is_sent_in_pieces(client, link):
    answer = client.get(link)
    assert answer.streaming
    assert max(len(piece) for piece in answer.streaming_content) <= 1 << 16


def test_head_shows_the_size_and_sends_nothing(client, link):
    answer = client.head(link, headers={"range": "bytes=0-99"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(SIZE)
    assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-100", SIZE - 100, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
        (f"bytes=5-{SIZE * 2}", 5, SIZE - 1),
    ],
)
def test_range_gives_that_part(client, link, asked, first, last):
    answer = client.get(link, headers={"range": asked})
    assert (answer.status_code, answer.getvalue()) == (206, SOUND[first : last + 1])
    assert answer["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer["Content-Length"] == str(last - first + 1)
    assert answer["Content-Type"] == "audio/wav"


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=-0"])
def test_range_outside_of_the_audio_is_said(client, link, asked):
    answer = client.get(link, headers={"range": asked})
    assert (answer.status_code, answer.getvalue()) == (416, b"")
    assert answer["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["seconds=0-1", "bytes=9-5", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "bytes=--5", "bytes=" + "9" * 5000],
)
def test_range_that_makes_no_sense_is_ignored(client, link, asked):
    answer = client.get(link, headers={"range": asked})
    assert (answer.status_code, answer.getvalue()) == (200, SOUND)


def test_listener_who_has_it_is_not_sent_it_again(client, link):
    first = client.get(link)
    for header, value in (
        ("if-none-match", first["ETag"]),
        ("if-none-match", f"W/{first['ETag']}"),
        ("if-none-match", f'"other", {first["ETag"]}'),
        ("if-modified-since", first["Last-Modified"]),
    ):
        assert client.get(link, headers={header: value}).status_code == 304
    assert client.get(link, headers={"if-none-match": '"other"'}).status_code == 200


def test_range_of_what_has_changed_is_not_mixed_with_the_old(client, link, stored):
    old = client.get(link)["ETag"]
    assert client.get(link, headers={"range": "bytes=0-9", "if-range": old}).status_code == 206
    stored.save(KEY, io.BytesIO(SOUND[::-1]))
    answer = client.get(link, headers={"range": "bytes=0-9", "if-range": old})
    assert (answer.status_code, answer.getvalue()) == (200, SOUND[::-1])


def test_range_may_be_tied_to_a_date(client, link):
    date = client.get(link)["Last-Modified"]
    assert client.get(link, headers={"range": "bytes=0-9", "if-range": date}).status_code == 206
    other = "Tue, 01 Jan 2030 00:00:00 GMT"
    assert client.get(link, headers={"range": "bytes=0-9", "if-range": other}).status_code == 200


def test_versions_of_the_same_second_and_size_differ(client, link, stored):
    moment = int(time.time())
    tags = set()
    for nanoseconds in (1_000, 2_000):
        os.utime(stored.path(KEY), ns=(moment * 10**9, moment * 10**9 + nanoseconds))
        tags.add(client.get(link)["ETag"])
    assert len(tags) == 2


def test_link_may_name_the_download_and_its_type(client, stored):
    disposition = content_disposition("夜の雨", "wav")
    parameters = {"ResponseContentDisposition": disposition, "ResponseContentType": "audio/x-test"}
    answer = client.get(stored.url(KEY, parameters=parameters))
    assert answer["Content-Disposition"] == disposition
    assert answer["Content-Type"] == "audio/x-test"


@pytest.mark.parametrize(
    ("old", "new"), [("master", "listen"), ("expires=", "expires=9"), ("signature=", "signature=A")]
)
def test_altered_link_is_refused(client, link, old, new):
    answer = client.get(link.replace(old, new))
    assert answer.status_code == 403
    assert "altered" in answer.content.decode()
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"


def test_audio_without_a_link_is_refused(client, link):
    assert client.get(urlsplit(link).path).status_code == 403


def test_expired_link_is_refused_and_says_so(client):
    answer = client.get(signed_link(KEY, 60, now=time.time() - 120))
    assert answer.status_code == 403
    assert "expired" in answer.content.decode()


def test_deleted_audio_is_not_found(client, link, stored):
    stored.delete(KEY)
    assert client.get(link).status_code == 404
    assert client.head(link).status_code == 404


@pytest.mark.parametrize(
    "path", ["/files/../manage.py", "/files/%2e%2e/manage.py", "/files//etc/passwd", "/files/a%00b"]
)
def test_paths_outside_give_nothing(client, path):
    assert client.get(path).status_code in (403, 404)


def test_audio_is_read_only(client, link):
    for method in (client.post, client.put, client.delete):
        assert method(link).status_code == 405


@override_settings(DEBUG=False)
def test_audio_is_served_without_debugging(client, link):
    assert client.get(link).status_code == 200
