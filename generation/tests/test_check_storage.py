"""The doctor at a bucket where all is well, on a real S3 server."""

import time

import pytest

from generation.doctor.bucket import LARGE_BYTES
from generation.storage import S3AudioStorage
from generation.storage.s3 import MULTIPART_THRESHOLD
from generation.tests.certificates import make_certificate
from generation.tests.doctor_calls import ORIGIN, report_on_bucket
from generation.tests.s3_proxy import Message, Proxy, proxy_before
from generation.tests.s3_server import S3Server

AT_HOME = ("--origin", "http://127.0.0.1:8000")


def probes_in(server: S3Server) -> set[str]:
    storage = S3AudioStorage(server.bucket, server.endpoint, server.access_key, server.secret_key)
    listing = storage.client.list_objects_v2(Bucket=server.bucket, Prefix="probe/")
    return {entry["Key"] for entry in listing.get("Contents", [])}


@pytest.fixture
def nothing_left(s3_server):
    """Whatever the test does, no object more is in the bucket after it."""
    before = probes_in(s3_server)
    yield
    assert probes_in(s3_server) == before


@pytest.fixture
def proxy(s3_server):
    with proxy_before(s3_server.endpoint) as proxy:
        yield proxy


def test_every_step_is_well_and_nothing_is_left(s3_server, nothing_left):
    report = report_on_bucket(s3_server, *AT_HOME)
    assert report.well
    assert report.states() == dict.fromkeys(report.steps, "ok") | {"multipart": "skipped"}
    assert list(report.steps) == [
        *("endpoint", "keys", "trust", "sign", "reach", "clock", "write", "stat", "read", "range"),
        *(
            "list",
            "list uploads",
            "listen",
            "headers",
            "seek",
            "tamper",
            "private",
            "cors",
            "multipart",
            "delete",
            "gone",
        ),
    ]


def test_all_goes_on_the_wire_as_it_is_said(s3_server, proxy):
    assert report_on_bucket(s3_server, *AT_HOME, endpoint_url=proxy.endpoint).well
    signed = [request for request in proxy.seen if "X-Amz-Signature=" in request.path]
    assert {request.method for request in signed} == {"GET", "OPTIONS"}
    assert not [request for request in signed if "Authorization" in request.headers]
    assert {r.headers["Range"] for r in signed if "Range" in r.headers} == {"bytes=0-99", "bytes=100-199"}
    assert [r.headers["Origin"] for r in signed if "Origin" in r.headers] == ["http://127.0.0.1:8000"] * 2
    kept_out = [request.path for request in proxy.seen if "Authorization" not in request.headers]
    assert [path for path in kept_out if "?" not in path]


def test_large_object_goes_in_parts_and_is_read_back(s3_server, proxy, nothing_left):
    report = report_on_bucket(s3_server, *AT_HOME, "--multipart", endpoint_url=proxy.endpoint)
    assert report.well
    assert report.steps["multipart"].said.startswith("100 MB stored in parts")
    parts = [len(r.body) for r in proxy.seen if r.method == "PUT" and "partNumber=" in r.path]
    assert sum(parts) == LARGE_BYTES == 100_000_000 > MULTIPART_THRESHOLD
    assert len(parts) > 1


def test_large_object_that_comes_back_changed_is_reported(s3_server, proxy, nothing_left):
    def spoil(answer: Message) -> None:
        if answer.method == "GET" and len(answer.body) == LARGE_BYTES:
            answer.body = answer.body[::-1]

    proxy.change = spoil
    report = report_on_bucket(s3_server, *AT_HOME, "--multipart", endpoint_url=proxy.endpoint)
    assert report.failed() == ["multipart"]


def test_least_rights_are_enough(s3_server):
    assert report_on_bucket(s3_server, *AT_HOME, access_key=s3_server.limited).well


def test_own_certificate_is_trusted_when_named(s3_server, tmp_path, monkeypatch):
    files = make_certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(files[0]))
    with proxy_before(s3_server.endpoint, files) as proxy:
        report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=proxy.endpoint)
    assert report.well
    for request in proxy.seen:  # over https, where botocore's defaults would send trailers
        assert not [name for name in request.headers if "trailer" in name.lower()]


def test_site_without_a_known_address_skips_cors_and_says_so(s3_server, settings):
    settings.ALLOWED_HOSTS, settings.CSRF_TRUSTED_ORIGINS = ["*"], []
    cors = report_on_bucket(s3_server).steps["cors"]
    assert cors.state == "skipped"
    assert "--origin" in cors.said


def test_site_in_public_is_warned_of_an_endpoint_that_listeners_cannot_reach(s3_server):
    report = report_on_bucket(s3_server, "--origin", ORIGIN)
    assert report.well
    assert report.steps["endpoint"].state == "warning"
    assert "listeners' browsers" in report.steps["endpoint"].under


def test_slow_service_is_reported(s3_server, proxy: Proxy, monkeypatch):
    monkeypatch.setattr("generation.doctor.steps.SLOW_SECONDS", 0.3)

    def slowly(request: Message) -> None:
        if request.method == "HEAD":
            time.sleep(0.4)

    proxy.answer = slowly
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=proxy.endpoint)
    assert report.well
    assert report.steps["stat"].state == "warning"
    assert report.steps["stat"].said.startswith("slow (")
    assert "region nearer" in report.steps["stat"].under


def test_what_may_take_long_is_not_called_slow(s3_server, monkeypatch):
    monkeypatch.setattr("generation.doctor.steps.SLOW_SECONDS", -1.0)
    report = report_on_bucket(s3_server, *AT_HOME, "--multipart")
    assert [name for name, step in report.steps.items() if step.state == "ok"] == ["cors", "multipart"]


@pytest.mark.parametrize("moment", ["stat", "open"])
def test_probe_is_removed_also_when_somebody_breaks_off(s3_server, nothing_left, monkeypatch, moment):
    def interrupted(storage: S3AudioStorage, name: str) -> None:
        assert name in probes_in(s3_server)
        raise KeyboardInterrupt

    monkeypatch.setattr(S3AudioStorage, moment, interrupted)
    with pytest.raises(KeyboardInterrupt):
        report_on_bucket(s3_server, *AT_HOME)


def test_options_for_local_files_are_refused(s3_server):
    report = report_on_bucket(s3_server, "--site-url", "http://127.0.0.1:8000")
    assert not report.well
    assert "--origin" in report.text
