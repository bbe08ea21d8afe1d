"""The doctor at buckets where something is wrong: each fault made for real, each told with its cure."""

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.auth
import pytest

from generation.doctor import network
from generation.tests.certificates import make_certificate
from generation.tests.doctor_calls import Report, report_on_bucket
from generation.tests.s3_proxy import Message, Proxy, proxy_before, s3_error
from generation.tests.s3_server import S3Server, running_s3

AT_HOME = ("--origin", "http://127.0.0.1:8000")


@pytest.fixture
def proxy(s3_server) -> Iterator[Proxy]:
    with proxy_before(s3_server.endpoint) as proxy:
        yield proxy


@pytest.fixture
def through(s3_server: S3Server, proxy: Proxy) -> Callable[..., Report]:
    """Examine the bucket through the proxy."""

    def through(*arguments: str, **options: object) -> Report:
        return report_on_bucket(
            s3_server, *(arguments or AT_HOME), **{"endpoint_url": proxy.endpoint} | options
        )

    return through


def is_write(request: Message) -> bool:
    return request.method == "PUT" and "/probe/" in request.path


def is_signed_link(request: Message) -> bool:
    return request.method == "GET" and "X-Amz-Signature=" in request.path


def is_authorized(request: Message) -> bool:
    return "Authorization" in request.headers


# --- wrong settings, told by a real server


@pytest.mark.parametrize(
    ("options", "said", "cure"),
    [
        ({"secret_key": "not-the-secret"}, "SignatureDoesNotMatch", "STORAGE_SECRET_ACCESS_KEY"),
        ({"access_key": "nobody"}, "InvalidAccessKeyId", "STORAGE_ACCESS_KEY_ID"),
        ({"bucket_name": "elsewhere"}, "NoSuchBucket", "Create the bucket “elsewhere”"),
        ({"access_key": "reader"}, "AccessDenied", "s3:PutObject"),
    ],
)
def test_wrong_setting_fails_the_write_and_names_itself(s3_server, options, said, cure):
    report = report_on_bucket(s3_server, *AT_HOME, **options)
    assert not report.well
    assert report.failed() == ["write"]
    assert report.steps["write"].said.startswith(f"the service answers {said}")
    assert cure in report.steps["write"].under
    assert "\n" not in report.steps["write"].under
    assert report.steps["gone"].said == "because “write” did not work"
    for secret in (s3_server.secret_key, "not-the-secret"):
        assert secret not in report.text


def test_missing_keys_are_told(s3_server, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    report = report_on_bucket(s3_server, access_key=None, secret_key=None)
    assert report.failed() == ["sign"]
    assert "STORAGE_SECRET_ACCESS_KEY" in report.steps["sign"].under


# --- the way there


def test_stopped_server_is_told_at_once(tmp_path):
    with running_s3(tmp_path) as server:
        pass
    began = time.monotonic()
    report = report_on_bucket(server, *AT_HOME)
    assert time.monotonic() - began < 30
    assert report.failed() == ["reach"]
    assert "takes no connection" in report.steps["reach"].said
    assert "the service runs there" in report.steps["reach"].under


def test_https_asked_of_a_server_without_is_told(s3_server):
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=s3_server.endpoint.replace("http", "https"))
    assert report.failed() == ["reach"]
    assert report.steps["reach"].under.startswith("Write http:// instead of https://")


def test_http_asked_of_a_server_with_tls_is_told(s3_server, tmp_path):
    with proxy_before(s3_server.endpoint, make_certificate(tmp_path)) as proxy:
        report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=proxy.endpoint.replace("https", "http"))
    assert report.failed() == ["reach"]
    assert "write https://" in report.steps["reach"].under


def test_http_refused_in_words_by_a_server_with_tls_is_told(proxy, through):
    proxy.answer = lambda r: Message(
        r.method, r.path, {}, b"Client sent an HTTP request to an HTTPS server.", 400
    )
    report = through()
    assert report.failed() == ["reach"]
    assert report.steps["reach"].under.startswith("Write https:// instead of http://")


def test_unknown_certificate_is_told(s3_server, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with proxy_before(s3_server.endpoint, make_certificate(tmp_path)) as proxy:
        report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=proxy.endpoint)
    assert report.failed() == ["reach"]
    assert "self-signed" in report.steps["reach"].said
    assert "AWS_CA_BUNDLE" in report.steps["reach"].under


def test_unknown_host_is_told(s3_server):
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url="https://s3.example.invalid")
    assert report.failed() == ["reach"]
    assert "spelling" in report.steps["reach"].under


class Website(BaseHTTPRequestHandler):
    """A console: pages for people, whatever is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Console</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_website_is_not_taken_for_s3(s3_server):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Website)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    assert report.failed() == ["reach"]
    assert report.steps["reach"].said.startswith("what answers is a website")


def test_api_that_is_not_s3_is_told(proxy, through):
    proxy.answer = lambda r: Message(r.method, r.path, {"Content-Type": "application/json"}, b"{}", 404)
    report = through()
    assert report.failed() == ["write"]
    assert "does not speak S3" in report.steps["write"].under


# --- clocks


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(30, "ok"), (120, "warning"), (-120, "warning"), (1200, "failed"), (-1200, "failed")],
)
def test_clock_is_compared_with_the_service(proxy, through, seconds, state):
    def other_clock(answer: Message) -> None:
        answer.headers["Date"] = formatdate(time.time() - seconds, usegmt=True)

    proxy.change = other_clock
    report = through()
    assert report.steps["clock"].state == state
    assert report.well == (state != "failed")
    if state != "ok":
        assert (
            "ahead" in report.steps["clock"].said if seconds > 0 else "behind" in report.steps["clock"].said
        )
        assert "NTP" in report.steps["clock"].under


def test_wrong_clock_of_this_machine_is_refused_and_told(s3_server, monkeypatch):
    shift = 20 * 60
    real = botocore.auth.get_current_datetime
    monkeypatch.setattr(
        botocore.auth,
        "get_current_datetime",
        lambda remove_tzinfo=True: real(remove_tzinfo) + datetime.timedelta(seconds=shift),
    )
    monkeypatch.setattr(network.Reachability.__init__, "__defaults__", (lambda: time.time() + shift,))
    report = report_on_bucket(s3_server, *AT_HOME)
    assert report.failed() == ["clock", "write"]
    assert report.steps["write"].said.startswith("the service answers RequestTimeTooSkewed")
    assert "NTP" in report.steps["write"].under


def test_service_that_tells_no_time_is_no_fault(proxy, through):
    proxy.change = lambda answer: answer.headers.pop("Date", None)
    report = through()
    assert report.well
    assert report.steps["clock"].state == "skipped"


# --- what services refuse, which SeaweedFS does not: refused by the proxy before it, in their words


@pytest.mark.parametrize(
    ("refusal", "cure"),
    [
        (
            s3_error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
            "Set STORAGE_REGION=eu-west-1.",
        ),
        (
            s3_error(301, "PermanentRedirect", x_amz_bucket_region="eu-west-2"),
            "Set STORAGE_REGION=eu-west-2.",
        ),
        (s3_error(403, "RequestTimeTooSkewed"), "Set this machine's clock"),
        (s3_error(403, "QuotaExceeded"), "Free some space in the bucket “music”"),
        (s3_error(507, "XMinioStorageFull"), "Free some space in the bucket “music”"),
        (s3_error(400, "AccessControlListNotSupported"), "add an ACL"),
        (s3_error(400, "ExpiredToken"), "Renew the temporary keys"),
        (s3_error(401, "Unauthorized"), "STORAGE_ACCESS_KEY_ID"),
    ],
)
def test_refused_write_is_told_with_its_cure(proxy, through, refusal, cure):
    proxy.answer = lambda request: refusal(request) if is_write(request) else None
    report = through()
    assert report.failed() == ["write"]
    assert cure in report.steps["write"].under


def test_busy_service_is_told(proxy, through):
    proxy.answer = lambda request: s3_error(503, "SlowDown")(request) if is_write(request) else None
    report = through()
    assert report.failed() == ["write"]
    assert "Try again" in report.steps["write"].under


def test_unheard_of_refusal_is_told_in_the_words_of_the_service_without_keys(s3_server, proxy, through):
    said = f"{s3_server.secret_key} of {s3_server.access_key}".encode()

    def answer(request: Message) -> Message | None:
        if not is_write(request):
            return None
        told = s3_error(400, "Moonphase")(request)
        told.body = told.body.replace(b"No.", said)
        return told

    proxy.answer = answer
    report = through()
    assert report.steps["write"].said.startswith("the service answers Moonphase")
    assert "… of …" in report.steps["write"].under
    assert s3_server.secret_key not in report.text


@pytest.mark.parametrize(
    ("method", "step", "right"), [("HEAD", "stat", "s3:GetObject"), ("DELETE", "delete", "s3:DeleteObject")]
)
def test_each_denied_right_is_told_apart(proxy, through, method, step, right):
    proxy.answer = lambda r: (
        s3_error(403, "AccessDenied")(r) if r.method == method and is_authorized(r) else None
    )
    report = through()
    assert report.steps[step].state == "failed"
    assert right in report.steps[step].under


def test_missing_right_to_list_is_told(proxy, through):
    deleted: list[Message] = []

    def answer(request: Message) -> Message | None:
        if request.method == "DELETE":
            deleted.append(request)
        return s3_error(403, "AccessDenied")(request) if request.method == "HEAD" and deleted else None

    proxy.answer = answer
    report = through()
    assert report.failed() == ["gone"]
    assert "s3:ListBucket" in report.steps["gone"].under


def test_reading_keys_are_told_when_links_are_refused(proxy, through):
    proxy.answer = lambda r: s3_error(403, "AccessDenied")(r) if is_signed_link(r) else None
    report = through()
    assert report.failed() == ["listen"]
    assert "s3:GetObject" in report.steps["listen"].under
    assert report.steps["delete"].state == "ok"


def test_wrong_region_that_only_links_suffer_from_is_told(proxy, through):
    refusal = s3_error(400, "AuthorizationQueryParametersError", "<Region>eu-west-1</Region>")
    proxy.answer = lambda request: refusal(request) if is_signed_link(request) else None
    report = through()
    assert report.failed() == ["listen"]
    assert report.steps["listen"].under == "Set STORAGE_REGION=eu-west-1."


# --- what listeners would notice


def test_bucket_open_to_everybody_is_told(proxy, through):
    def open_door(answer: Message) -> None:
        if answer.method == "GET" and answer.status == 403:
            answer.status, answer.body = 200, b"come in"

    proxy.change = open_door
    report = through()
    assert report.failed() == ["tamper", "private"]
    assert "no public access" in report.steps["private"].under


def test_a_service_that_fails_has_not_refused_an_intruder(proxy, through):
    def fail(answer: Message) -> None:
        if answer.method == "GET" and answer.status == 403:
            answer.status = 500

    proxy.change = fail
    assert through().failed() == ["tamper", "private"]


@pytest.mark.parametrize("name", ["Content-Type", "Cache-Control", "Content-Disposition"])
def test_lost_header_is_told(proxy, through, name):
    def lose(answer: Message) -> None:
        if is_signed_link(answer):
            answer.headers[name] = "none"

    proxy.change = lose
    report = through()
    assert report.failed() == ["headers"]
    assert name in report.steps["headers"].said


def test_whole_instead_of_a_part_is_told(s3_server, proxy, through):
    def ignore_range(request: Message) -> None:
        if is_signed_link(request) and "Origin" not in request.headers:
            request.headers.pop("Range", None)

    proxy.answer = ignore_range
    report = through()
    assert report.failed() == ["seek"]


def test_changed_content_is_told(proxy, through):
    def spoil(answer: Message) -> None:
        if answer.method == "GET" and answer.status in (200, 206):
            answer.body = answer.body[::-1]

    proxy.change = spoil
    report = through()
    assert report.failed() == ["read", "range", "listen"]


def test_object_that_others_delete_is_told(proxy, through):
    proxy.answer = lambda r: s3_error(404, "NoSuchKey")(r) if r.method == "HEAD" else None
    report = through()
    assert report.failed() == ["stat"]
    assert "lifecycle rule" in report.steps["stat"].under


def test_object_that_cannot_be_deleted_is_told(proxy, through):
    proxy.answer = lambda r: Message(r.method, r.path, {}, b"", 204) if r.method == "DELETE" else None
    report = through()
    assert report.failed() == ["gone"]
    assert "object lock" in report.steps["gone"].under
