"""The doctor where the way to a service, its certificate or its clock is wrong: each fault made for real."""

import datetime
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.auth
import pytest

from generation.doctor import network
from generation.tests.certificates import make_certificate
from generation.tests.doctor_calls import AT_HOME, report_on_bucket
from generation.tests.s3_proxy import Message, proxy_before
from generation.tests.s3_server import running_s3


def test_stopped_server_is_reported_at_once(tmp_path):
    with running_s3(tmp_path) as server:
        pass
    began = time.monotonic()
    report = report_on_bucket(server, *AT_HOME)
    assert time.monotonic() - began < 30
    assert report.failed() == ["reach"]
    assert "takes no connection" in report.steps["reach"].said
    assert "the service runs there" in report.steps["reach"].under


def test_https_asked_of_a_server_without_is_reported(s3_server):
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=s3_server.endpoint.replace("http", "https"))
    assert report.failed() == ["reach"]
    assert report.steps["reach"].under.startswith("Write http:// instead of https://")


def test_http_asked_of_a_server_with_tls_is_reported(s3_server, tmp_path):
    with proxy_before(s3_server.endpoint, make_certificate(tmp_path)) as rewriter:
        report = report_on_bucket(
            s3_server, *AT_HOME, endpoint_url=rewriter.endpoint.replace("https", "http")
        )
    assert report.failed() == ["reach"]
    assert "write https://" in report.steps["reach"].under


def test_http_refused_in_words_by_a_server_with_tls_is_reported(rewriter, report_through):
    rewriter.answer = lambda r: Message(
        r.method, r.path, {}, b"Client sent an HTTP request to an HTTPS server.", 400
    )
    report = report_through()
    assert report.failed() == ["reach"]
    assert report.steps["reach"].under.startswith("Write https:// instead of http://")


def test_unknown_certificate_is_reported(s3_server, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    with proxy_before(s3_server.endpoint, make_certificate(tmp_path)) as rewriter:
        report = report_on_bucket(s3_server, *AT_HOME, endpoint_url=rewriter.endpoint)
    assert report.failed() == ["reach"]
    assert "self-signed" in report.steps["reach"].said
    assert "AWS_CA_BUNDLE" in report.steps["reach"].under


def test_unknown_host_is_reported(s3_server):
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


def test_api_that_is_not_s3_is_reported(rewriter, report_through):
    rewriter.answer = lambda r: Message(r.method, r.path, {"Content-Type": "application/json"}, b"{}", 404)
    report = report_through()
    assert report.failed() == ["write"]
    assert "does not speak S3" in report.steps["write"].under


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(30, "ok"), (120, "warning"), (-120, "warning"), (1200, "failed"), (-1200, "failed")],
)
def test_clock_is_compared_with_the_service(rewriter, report_through, seconds, state):
    def other_clock(answer: Message) -> None:
        answer.headers["Date"] = formatdate(time.time() - seconds, usegmt=True)

    rewriter.change = other_clock
    report = report_through()
    assert report.steps["clock"].state == state
    assert report.well == (state != "failed")
    if state != "ok":
        assert (
            "ahead" in report.steps["clock"].said if seconds > 0 else "behind" in report.steps["clock"].said
        )
        assert "NTP" in report.steps["clock"].under


def test_wrong_clock_of_this_machine_is_refused_and_reported(s3_server, monkeypatch):
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


def test_service_without_a_date_header_is_no_fault(rewriter, report_through):
    rewriter.change = lambda answer: answer.headers.pop("Date", None)
    report = report_through()
    assert report.well
    assert report.steps["clock"].state == "skipped"
