"""What is played begins at once, so it has no cover; what is downloaded has one, and is made of it by other tags."""

from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django_q.models import OrmQ

from generation.audio.decode import decode
from generation.audio.formats import FORMATS
from generation.models import Rendition, Track
from generation.tests.api_calls import API, client_of, finish, problem
from generation.tests.tag_readers import Said, by_mutagen
from generation.tracks import store
from generation.tracks.renditions import make_rendition
from generation.worker import tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(scripted, order) -> Track:
    return finish(order("rain", title="Rain"))


@pytest.fixture
def from_before(track) -> Track:
    """A track of which there is an MP3 with a cover and no file for listening, as of all that are older than those."""
    make_rendition(track.pk, "mp3")
    Track.objects.update(rendition_due_at=None)
    OrmQ.objects.all().delete()
    return track


def work_off() -> list[str]:
    """Make what is asked for, and say in which formats."""
    made = []
    for message in OrmQ.objects.order_by("id"):
        if message.func().endswith("make_rendition"):
            tasks.make_rendition(*message.task["args"])
            made.append(message.task["args"][1])
        message.delete()
    return made


def fetched(client: Client, address: str) -> bytes:
    """What the address leads to, made first if need be."""
    answer = client.get(address)
    if answer.status_code == 202:
        work_off()
        answer = client.get(address)
    assert answer.status_code == 302
    return b"".join(client.get(answer["Location"]))


def said_in(file: bytes, folder: Path) -> Said:
    path = folder / "file"
    path.write_bytes(file)
    return by_mutagen(path)


def name_played(client: Client, address: str) -> str:
    """The kind of the file that the address leads a player to: "listen", "download" or "master"."""
    location: str = client.get(address)["Location"]
    return Path(urlsplit(location).path).stem.partition("-")[0]


def test_a_cover_is_in_downloads_but_not_in_wav_and_not_in_what_is_played(alices, track, tmp_path):
    address = f"/tracks/{track.pk}/audio"
    assert work_off() == ["listen"]
    files = {"played": fetched(alices, address)}
    files |= {name: fetched(alices, f"{address}?format={name}&download=1") for name in FORMATS}
    files["master"] = fetched(alices, f"{address}?format=wav")
    said = {name: said_in(file, tmp_path) for name, file in files.items()}
    assert {each["title"] for each in said.values()} == {"Rain"}
    assert {name for name, each in said.items() if "cover" in each} == {"mp3", "flac", "opus"}
    assert name_played(alices, address) == "listen"
    assert fetched(alices, f"{address}?download=1") == files["mp3"]


@pytest.mark.parametrize(("first", "second"), [("listen", "mp3"), ("mp3", "listen")])
def test_of_the_two_one_is_made_of_the_other_without_encoding(track, monkeypatch, first, second):
    files = [make_rendition(track.pk, first)]
    monkeypatch.setattr(store, "encode", None)
    files.append(make_rendition(track.pk, second))
    sounds = []
    for file in files:
        assert isinstance(file, Rendition)
        with file.storage.open(file.storage_key) as stored:
            sounds.append(decode(BytesIO(stored.read())).samples)
    assert (sounds[0] == sounds[1]).all()


def test_one_that_is_damaged_is_made_of_the_master(track, tmp_path):
    listen = make_rendition(track.pk, "listen")
    assert listen is not None
    Path(listen.storage.path(listen.storage_key)).write_bytes(b"rubbish")
    mp3 = make_rendition(track.pk, "mp3")
    assert mp3 is not None
    with mp3.storage.open(mp3.storage_key) as stored:
        assert said_in(stored.read(), tmp_path)["title"] == "Rain"


@pytest.mark.parametrize("is_shared", [False, True], ids=["its owner", "a visitor"])
def test_a_track_from_before_is_played_at_once_and_without_a_cover_soon(alices, from_before, is_shared):
    address, client = f"/tracks/{from_before.pk}/audio", alices
    if is_shared:
        from_before.edit(visibility="unlisted")
        from_before.refresh_from_db()
        address, client = f"/s/{from_before.share_key}/audio", Client()
    mp3 = from_before.renditions.get()
    for _ in range(2):
        assert client.get(address, headers={"Accept": "application/json"}).json()["size"] == mp3.size
    assert work_off() == ["listen"]
    assert name_played(client, address) == "listen"
    assert work_off() == []
    assert from_before.renditions.get(format="mp3").storage_key == mp3.storage_key


def test_a_list_of_tracks_has_nothing_made(admin_client, from_before):
    assert "/files/tracks/" in admin_client.get("/admin/generation/track/").text
    assert not OrmQ.objects.exists()


def test_where_the_master_is_missing_the_mp3_is_had_all_the_same(alices, track, tmp_path):
    make_rendition(track.pk, "listen")
    track.storage.delete(track.storage_key)
    track.note_missing()
    track.edit(title="Sun")
    OrmQ.objects.all().delete()
    file = fetched(alices, f"/tracks/{track.pk}/audio?format=mp3&download=1")
    assert said_in(file, tmp_path)["title"] == "Sun"


def test_nobody_asks_for_it_by_its_name(alice, alices, track):
    make_rendition(track.pk, "listen")
    assert alices.get(f"/tracks/{track.pk}/audio?format=listen").status_code == 404
    api = client_of(alice)
    problem(api.get(f"{API}/tracks/{track.pk}/audio-url?format=listen"), 400, "invalid_request")
    order = {"track_ids": [str(track.pk)], "format": "listen"}
    problem(api.post(f"{API}/archives", order, format="json"), 400, "invalid_request")
