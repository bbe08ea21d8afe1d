"""What an operator may get wrong about a bucket, each with the sentence that the doctor has for it."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from generation.storage import S3AudioStorage
from generation.tests.doctor_calls import AT_HOME, report_on_bucket
from generation.tests.s3_proxy import Message, s3_error

Rule = Callable[[Message], bool]


def is_write(request: Message) -> bool:
    return request.method == "PUT" and "/probe/" in request.path


def is_read(request: Message) -> bool:
    return request.method == "GET" and "/probe/" in request.path and "Authorization" in request.headers


def is_list(request: Message) -> bool:
    return "list-type=2" in request.path


def is_list_of_uploads(request: Message) -> bool:
    return request.method == "GET" and "uploads" in request.path.partition("?")[2].split("&")


def is_begin_of_upload(request: Message) -> bool:
    return request.method == "POST" and "uploads" in request.path


def is_end_of_upload(request: Message) -> bool:
    return request.method == "DELETE" and "uploadId=" in request.path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"access_key": "tes\nter"}, "STORAGE_ACCESS_KEY_ID has a line break inside"),
        ({"secret_key": "two words"}, "STORAGE_SECRET_ACCESS_KEY has a blank inside"),
        ({"secret_key": "•" * 20}, "STORAGE_SECRET_ACCESS_KEY has the character U+2022 inside"),
    ],
)
def test_keys_that_cannot_be_keys_are_seen_before_anything_is_asked(s3_server, options, said):
    report = report_on_bucket(s3_server, *AT_HOME, **options)
    assert report.failed() == ["keys"]
    assert report.steps["keys"].said.startswith(said)
    assert "each in one line" in report.steps["keys"].under


@pytest.mark.parametrize(
    ("file", "said"), [("nothing.pem", "No such file"), ("notes.txt", "there is no certificate")]
)
def test_certificates_that_cannot_be_read_are_seen_before_anything_is_asked(
    s3_server, tmp_path: Path, monkeypatch, file, said
):
    (tmp_path / "notes.txt").write_text("buy milk")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / file))
    report = report_on_bucket(s3_server, *AT_HOME, endpoint_url="https://127.0.0.1:9")
    assert report.failed() == ["trust"]
    assert said in report.steps["trust"].said
    assert "AWS_CA_BUNDLE" in report.steps["trust"].under
    assert report_on_bucket(s3_server, *AT_HOME).well, "http needs none"


@pytest.mark.parametrize(
    ("rule", "answer", "step", "sentence"),
    [
        (is_list, (403, "AccessDenied"), "list", "s3:ListBucket)"),
        (is_list_of_uploads, (403, "AccessDenied"), "list uploads", "s3:ListBucketMultipartUploads"),
        (is_end_of_upload, (403, "AccessDenied"), "list uploads", "s3:AbortMultipartUpload"),
        (is_begin_of_upload, (501, "NotImplemented"), "list uploads", "takes uploads in parts"),
        (is_write, (405, "MethodNotAllowed"), "write", "not that of a website, a CDN"),
        (is_write, (403, "KMS.DisabledException"), "write", "kms:GenerateDataKey"),
        (is_write, (403, "UserSuspended"), "write", "messages and bills"),
        (is_write, (413, ""), "write", "client_max_body_size"),
        (is_write, (501, "NotImplemented"), "write", "See what"),
        (is_read, (403, "InvalidObjectState"), "read", "into an archive"),
    ],
)
def test_each_has_its_own_sentence(rewriter, report_through, rule: Rule, answer, step, sentence):
    rewriter.answer = lambda request: s3_error(*answer)(request) if rule(request) else None
    report = report_through()
    assert report.steps[step].state == "failed"
    assert sentence in report.steps[step].under


def test_a_service_without_a_list_of_uploads_is_a_warning(rewriter, report_through):
    rewriter.answer = lambda r: s3_error(501, "NotImplemented")(r) if is_list_of_uploads(r) else None
    report = report_through()
    assert (report.well, report.steps["list uploads"].state) == (True, "warning")
    assert report.steps["list uploads"].under.endswith("prune_audio goes on without looking for them.")


def test_a_list_that_lacks_what_was_stored_is_reported(rewriter, report_through):
    def empty(answer: Message) -> None:
        if is_list(answer):
            answer.body = b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"

    rewriter.change = empty
    report = report_through()
    assert report.failed() == ["list"]
    assert report.steps["list"].said.startswith("what was stored is not in the list")


def test_a_service_that_refuses_parts_beyond_the_end_is_read_all_the_same(s3_server, rewriter):
    rewriter.answer = lambda r: s3_error(416, "InvalidRange")(r) if "Range" in r.headers else None
    storage = S3AudioStorage("music", rewriter.endpoint, s3_server.access_key, s3_server.secret_key)
    name = storage.save("probe/plain.wav", BytesIO(b"sound"))
    with storage.open(name) as file:
        assert file.read() == b"sound"
    storage.delete(name)


class Shelf(BaseHTTPRequestHandler):
    """A service as it answers where the bucket stands in the host name: the whole path is the key."""

    kept: dict[str, bytes]

    def do_PUT(self) -> None:
        self.kept[self.key] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        found = self.kept.get(self.key)
        missing = b"<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>"
        self._answer(404 if found is None else 200, missing if found is None else found)

    def do_DELETE(self) -> None:
        self.kept.pop(self.key, None)
        self._answer(204)

    do_HEAD = do_GET

    @property
    def key(self) -> str:
        return self.path.partition("?")[0]

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf(monkeypatch) -> Iterator[int]:
    """The port of a service at which every host name leads."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Shelf,), {"kept": {}}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found = socket.getaddrinfo

    def here(host: str, *arguments: Any, **options: Any) -> Any:
        return found("127.0.0.1" if host.endswith("example.com") else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bucket_in_the_host_of_an_unknown_service_is_found(s3_server, shelf):
    endpoint = f"http://music.s3.example.com:{shelf}"
    report = report_on_bucket(s3_server, "--origin", "http://m.example.com", endpoint_url=endpoint)
    assert report.steps["write"].state == "ok", "all seems to go well"
    assert report.steps["list"].state == "failed"
    assert report.steps["list"].under == f"Set STORAGE_ENDPOINT_URL=http://s3.example.com:{shelf}."
