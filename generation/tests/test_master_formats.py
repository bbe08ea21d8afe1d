"""Masters as WAV and as FLAC, as the operator chooses: what is stored, heard, saved, renamed, zipped and deleted."""

import hashlib
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ
from rest_framework.test import APIClient

from accounts.models import ApiToken
from generation import jobs
from generation.archives import making, ordering
from generation.audio.decode import decode
from generation.audio.formats import FORMATS, MASTER_FORMATS
from generation.models import Track
from generation.models.usage import Usage
from generation.storage import audio_storage
from generation.tests import tag_readers
from generation.tests.api_calls import API, client_of, finish, stored_track
from generation.tests.audio_places import bucket
from generation.tests.web_pages import text_of
from generation.tracks import files, inventory, moving, purging
from generation.tracks.delivery import deliver, deliver_shared
from generation.tracks.renditions import make_rendition
from generation.worker import tasks, warm_up

pytestmark = pytest.mark.django_db
MAGIC = {"wav": b"RIFF", "flac": b"fLaC"}
OTHER = {"wav": "flac", "flac": "wav"}
# Where the STREAMINFO of a FLAC file has the MD5 of its samples.
MD5 = slice(26, 42)


@pytest.fixture(params=MASTER_FORMATS)
def chosen(request, settings) -> str:
    """Each format that an operator may choose."""
    settings.MASTER_FORMAT = request.param
    return str(request.param)


@pytest.fixture
def flac(scripted, order, settings) -> Track:
    """A track whose master is FLAC."""
    settings.MASTER_FORMAT = "flac"
    return finish(order("rainy night"))


def content(file: Any) -> bytes:
    """What lies there, which must be what the row says."""
    with file.storage.open(file.storage_key) as stored:
        found: bytes = stored.read()
    assert (len(found), hashlib.sha256(found).hexdigest()) == (file.size, file.checksum)
    return found


def samples(sound: bytes) -> bytes:
    return decode(io.BytesIO(sound)).samples.tobytes()


def downloaded(client: APIClient, track: Track, name: str) -> Any:
    """The file of a track in this format, made by a worker where the first answer is that it is to be made."""
    address, query = f"{API}/tracks/{track.pk}/audio", {"format": name, "download": "1"}
    answer = client.get(address, query)
    if answer.status_code == 202:
        message = OrmQ.objects.get()
        tasks.make_rendition(*message.args())
        message.delete()
        answer = client.get(address, query)
    assert answer.status_code == 302, answer.content
    return client.get(answer["Location"])


def tags_in(sound: bytes, name: str, folder: Any) -> dict[str, str]:
    path = folder / f"read.{name}"
    path.write_bytes(sound)
    return tag_readers.by_mutagen(path)


@pytest.mark.on_both
def test_the_master_is_stored_in_the_format_that_the_operator_chose(scripted, order, chosen):
    track = finish(order())
    stored = content(track)
    assert (track.master_format, stored[:4]) == (chosen, MAGIC[chosen])
    assert track.storage_key == f"tracks/{track.job_id}/{track.pk}/master.{chosen}"
    assert track.samples_md5 == ("" if chosen == "wav" else stored[MD5].hex())
    assert f"{chosen}" in deliver(track, chosen).url


@pytest.mark.on_both
@pytest.mark.django_db(transaction=True)
def test_a_track_is_had_in_every_format_renamed_and_deleted(scripted, order, chosen, alice, tmp_path):
    track = finish(order())
    OrmQ.objects.all().delete()
    client = client_of(alice)
    master = content(track)
    for title in ("Rainy night", "Größe"):
        track.edit(title=title)
        for name, audio_format in FORMATS.items():
            answer = downloaded(client, track, name)
            sound = b"".join(answer)
            assert answer["Content-Type"] == audio_format.content_type
            assert f".{audio_format.extension}" in answer["Content-Disposition"]
            said = tags_in(sound, audio_format.extension, tmp_path)
            assert (said["title"], "cover" in said) == (title, name != "wav")
            assert audio_format.lossy or samples(sound) == samples(master)
    assert content(Track.objects.get()) == master
    made = list(track.renditions.all())
    assert sorted(each.format for each in made) == sorted(FORMATS), "of the master a copy with the new title"
    assert Usage.of(alice).stored_bytes == track.size + sum(each.size for each in made)
    [compared] = inventory.compare(track.storage)
    assert (compared.orphans, compared.missing) == ([], [])
    jobs.delete_track(track=track)
    purging.purge_if_due(track.pk)
    assert list(audio_storage().objects()) == []


def test_a_wav_made_of_a_flac_is_the_file_that_a_wav_master_would_be(scripted, order, settings):
    by_format = {}
    for name in MASTER_FORMATS:
        settings.MASTER_FORMAT = name
        by_format[name] = finish(order("rainy night"))
    for name, other in OTHER.items():
        assert content(make_rendition(by_format[name].pk, other)) == content(by_format[other])


def test_a_part_of_a_flac_is_sent_where_it_is_asked_for(flac, client):
    address, whole = deliver(flac, "flac").url, content(flac)
    answer = client.get(address, headers={"range": "bytes=1000-1999"})
    assert (answer.status_code, answer.getvalue()) == (206, whole[1000:2000])
    assert answer["Content-Type"] == "audio/flac"
    rest = client.get(address, headers={"range": "bytes=2000-", "if-range": answer["ETag"]})
    assert (rest.status_code, rest.getvalue()) == (206, whole[2000:])


def test_who_may_name_a_format_and_names_none_gets_wav(flac, alice):
    client, address = client_of(alice), f"{API}/tracks/{flac.pk}/audio"
    assert client.get(address).status_code == 202
    assert client.get(f"{address}-url").status_code == 202
    tasks.make_rendition(str(flac.pk), "wav")
    assert b"".join(client.get(client.get(address)["Location"]))[:4] == b"RIFF"
    assert client.get(f"{address}-url").json()["content_type"] == "audio/wav"


@pytest.mark.parametrize("is_quick", [True, False])
def test_who_can_name_no_format_gets_the_master_at_once(scripted, order, chosen, alice, is_quick):
    track = finish(order())
    client = client_of(alice)
    if is_quick:  # answered by `quick_audio`
        ApiToken.objects.update(last_used_at=timezone.now())
    for path in (f"/audio/{track.pk}", f"/audio/{track.job_id}", f"{API}/jobs/{track.job_id}/audio"):
        answer = client.get(client.get(path)["Location"])
        assert answer["Content-Type"] == f"audio/{chosen}"
        assert b"".join(answer) == content(track)


def test_a_program_is_told_the_format_of_the_master(scripted, order, chosen, alice):
    track = finish(order())
    client = client_of(alice)
    shown = client.get(f"{API}/tracks/{track.pk}?include=audio_url").json()
    [of_job] = client.get(f"{API}/jobs/{track.job_id}?include=audio_url").json()["tracks"]
    for each in (shown, of_job):
        assert (each["master_format"], each["size"]) == (chosen, track.size)
        assert client.get(each["audio_url"])["Content-Type"] == f"audio/{chosen}"


def test_a_page_plays_the_master_until_there_is_something_smaller(scripted, order, chosen, alices):
    track = finish(order())
    address = f"/tracks/{track.pk}/audio"
    assert urlsplit(alices.get(address)["Location"]).path.endswith(f"/master.{chosen}")
    saved = parse_qs(urlsplit(alices.get(f"{address}?download=1")["Location"]).query)
    assert f"Rainy night.{chosen}" in str(saved)
    assert f"Size of the {chosen.upper()}" in text_of(alices.get(f"/tracks/{track.pk}/"))
    make_rendition(track.pk, "listen")
    assert urlsplit(alices.get(address)["Location"]).path.endswith(".mp3")


def test_a_shared_track_is_heard_by_its_master_until_there_is_something_smaller(scripted, order, chosen):
    track = finish(order())
    track.edit(visibility="public")
    track.refresh_from_db()
    assert f"/master.{chosen}" in deliver_shared(track).url


def test_turning_the_setting_back_changes_nothing_of_what_is_stored(flac, order, settings, alice):
    before = content(flac)
    settings.MASTER_FORMAT = "wav"
    other = finish(order("another night"))
    assert (other.master_format, content(other)[:4]) == ("wav", b"RIFF")
    flac = Track.objects.get(pk=flac.pk)
    assert (flac.master_format, content(flac)) == ("flac", before)
    assert deliver(flac, "flac") is not None
    assert deliver(flac, "wav") is None, "it is still to be made"


@pytest.mark.on_both
def test_a_row_of_a_release_without_the_column_is_that_of_a_wav(scripted, order):
    track = stored_track(order(variations=2))
    new = {"master_format", "samples_md5"}
    names = [field.column for field in Track._meta.concrete_fields if field.column not in new]
    other = Track.id_for(track.job, 1)
    pk = Track._meta.pk.get_db_prep_value(other, connection)
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join({"id": "%s", "index": "1"}.get(name, f'"{name}"') for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO generation_track ({columns}) SELECT {values} FROM generation_track", [pk]
        )
    old = Track.objects.get(pk=other)
    assert (old.master_format, old.samples_md5) == ("wav", "")
    assert deliver(old, "wav") is not None


def test_what_an_attempt_left_is_deleted_in_whichever_format_it_was(scripted, order):
    job = order(variations=2)
    for index in (0, 1):
        for name in MASTER_FORMATS:
            track = Track(id=Track.id_for(job, index), job=job, master_format=name)
            audio_storage().save(files.key_of_master(track), io.BytesIO(b"sound"))
    files.delete_unsaved(job, 1)
    left = sorted(found.name for found in audio_storage().objects())
    assert left == [f"tracks/{job.pk}/{Track.id_for(job, 0)}/master.{name}" for name in ("flac", "wav")]


def test_all_of_ones_data_has_each_master_as_it_is(flac, order, settings, alice):
    settings.MASTER_FORMAT = "wav"
    finish(order("another night"))
    archive = ordering.order_everything(owner=alice)
    making.make(archive.pk)
    archive.refresh_from_db()
    with archive.storage.open(archive.name) as stored, ZipFile(stored) as zip_file:
        for name, kind in (("audio/Rainy night.flac", "flac"), ("audio/Another night.wav", "wav")):
            assert zip_file.read(name)[:4] == MAGIC[kind]


def test_a_zip_in_the_other_format_has_all_tracks_in_it(flac, alice):
    archive = ordering.order_tracks(owner=alice, track_ids=[flac.pk], format_name="wav")
    making.make(archive.pk)
    archive.refresh_from_db()
    with archive.storage.open(archive.name) as stored, ZipFile(stored) as zip_file:
        assert zip_file.read("Rainy night.wav")[:4] == b"RIFF"


def test_a_master_that_was_moved_to_a_bucket_is_found_there_and_heard(flac, with_bucket):
    before = content(flac)
    assert moving.move(flac, bucket())
    flac = Track.objects.get(pk=flac.pk)
    assert (flac.storage_key, flac.storage_type) == (f"{flac.key_prefix}/master.1.flac", "s3")
    assert content(flac) == before
    part = Request(deliver(flac, "flac").url, headers={"Range": "bytes=1000-1999"})
    with urlopen(part, timeout=10) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (206, "audio/flac")
        assert answer.read() == before[1000:2000]
    assert samples(content(make_rendition(flac.pk, "wav"))) == samples(before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite_is_enough
@pytest.mark.parametrize("ending", MASTER_FORMATS)
def test_the_command_writes_what_the_name_of_the_file_says(scripted, chosen, ending, tmp_path):
    path = tmp_path / f"night.{ending}"
    call_command("generate", "rainy night", "--duration", "1", "-o", str(path), stdout=io.StringIO())
    assert path.read_bytes()[:4] == MAGIC[ending]


def test_a_worker_loads_the_encoder_that_its_first_track_needs(chosen, monkeypatch):
    encoded: list[str] = []
    monkeypatch.setattr(warm_up, "encode", lambda audio, name, file: encoded.append(name))
    warm_up.warm_up()
    assert encoded == [chosen, "mp3"]


def test_a_wav_that_was_made_is_renamed_without_its_master(flac):
    before = content(make_rendition(flac.pk, "wav"))
    flac.storage.delete(flac.storage_key)
    assert flac.edit(title="On land")
    renamed = content(make_rendition(flac.pk, "wav"))
    assert b"On land" in renamed
    assert samples(renamed) == samples(before)
