"""Signed URLs in windows of time: the same in every process, and never near their end."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.storage import LocalAudioStorage, S3AudioStorage, content_disposition
from generation.storage.expiry import life_at, window_start
from generation.storage.signing import Keys
from generation.tests.s3_places import Place, vendor_url

R2 = "https://0123abcd.r2.cloudflarestorage.com"
PLACE = Place(R2, "auto", "path", "music", f"{R2}/music")
KEY = "tracks/6f1c/9a2b/master.wav"
WEEK = 604_800
NOW = 1_790_000_000.25
INSTANTS = st.floats(1_000_000_000, 4_000_000_000)


def new_storage(**options) -> S3AudioStorage:
    return S3AudioStorage("music", R2, access_key="AKID", secret_key="secret", **options)


@given(now=INSTANTS, expire=st.integers(2, WEEK))
def test_half_of_a_life_is_left_at_least(now, expire):
    life = life_at(now, expire)
    assert life.seconds == expire
    assert life.start <= now
    assert life.end - now >= expire / 2


@given(now=INSTANTS, expire=st.integers(2, WEEK), left=st.floats(2, 2 * WEEK))
def test_life_ends_with_the_keys_and_half_of_it_is_left_all_the_same(now, expire, left):
    life = life_at(now, expire, now + left)
    assert life.start <= now
    assert life.end <= now + left
    assert 1 <= life.seconds <= expire
    assert life.end - now >= life.seconds / 2


@given(now=INSTANTS, expire=st.integers(1, WEEK), left=st.floats(2, WEEK))
def test_life_is_as_long_as_the_keys_allow(now, expire, left):
    life = life_at(now, expire, now + left)
    assert life.seconds == expire or life.end == int(now + left)


@given(now=INSTANTS, expire=st.integers(1, WEEK), ago=st.floats(0, WEEK))
def test_ended_keys_give_no_life(now, expire, ago):
    assert life_at(now, expire, now - ago).seconds < 1


@settings(max_examples=50)
@given(now=INSTANTS, expire=st.integers(1, WEEK), title=st.text())
def test_storage_signs_what_boto3_signs_at_the_start_of_the_window(now, expire, title):
    parameters = {"ResponseContentDisposition": content_disposition(title, "wav")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("generation.storage.signer.time.time", lambda: now)
        ours = new_storage().url(KEY, parameters=parameters, expire=expire)
    start = window_start(now, expire)
    assert ours == vendor_url(PLACE, Keys("AKID", "secret"), KEY, parameters, start, expire)


def test_url_stays_for_half_of_its_life_and_then_changes(monkeypatch):
    storage = new_storage(querystring_expire=3600)
    start = window_start(NOW, 3600)

    def url_at(now: float) -> str:
        monkeypatch.setattr("generation.storage.signer.time.time", lambda: now)
        return storage.url(KEY)

    assert url_at(start) == url_at(start + 1799.9)
    assert len({url_at(start - 0.1), url_at(start), url_at(start + 1800)}) == 3


def test_new_day_is_signed_with_a_new_key(monkeypatch):
    midnight = 1_790_035_200
    assert midnight % 86_400 == 0
    for now in (midnight - 1, midnight, midnight + 86_400):
        monkeypatch.setattr("generation.storage.signer.time.time", lambda now=now: now)
        url = new_storage(querystring_expire=2).url(KEY)
        assert url == vendor_url(PLACE, Keys("AKID", "secret"), KEY, {}, now, 2)


def test_end_that_is_reported_is_that_of_the_url(monkeypatch):
    monkeypatch.setattr("generation.storage.signer.time.time", lambda: NOW)
    assert new_storage().expires_at(90) == window_start(NOW, 90) + 90
    assert new_storage(querystring_expire=600).expires_at() == window_start(NOW, 600) + 600


def test_end_of_a_local_link_is_reported_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr("time.time", lambda: NOW)
    storage = LocalAudioStorage(location=tmp_path, expire=600)
    assert f"expires={storage.expires_at():.0f}&" in storage.url(KEY)
    assert f"expires={storage.expires_at(90):.0f}&" in storage.url(KEY, expire=90)


def test_url_is_the_same_in_every_process():
    code = (
        "from generation.tests.test_storage_signing_windows import KEY, WEEK, new_storage\n"
        "print(new_storage().url(KEY, expire=WEEK))"
    )

    def url_of_another_process() -> str:
        command = [sys.executable, "-c", f"from django.conf import settings; settings.configure()\n{code}"]
        return subprocess.check_output(command, cwd=django_settings.BASE_DIR, text=True).strip()

    before = new_storage().url(KEY, expire=WEEK)
    others = {url_of_another_process(), url_of_another_process()}
    assert others <= {before, new_storage().url(KEY, expire=WEEK)}


def test_url_is_the_same_in_every_thread():
    storage = new_storage()
    with ThreadPoolExecutor(8) as threads:
        urls = set(threads.map(lambda number: storage.url(f"{number % 50}.wav", expire=WEEK), range(2000)))
    assert len(urls - {storage.url(f"{number}.wav", expire=WEEK) for number in range(50)}) == 0
