"""Requests to other machines: what goes out, and what is refused."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
from urllib3.util import connection as urllib3_sockets

from musicgen import outbound
from musicgen.outbound import OutboundError, fetch

PACKED = gzip.compress(b"here")
HERE = {"127.0.0.1", "localhost"}


class Handler(BaseHTTPRequestHandler):
    """Says what it was asked; `/away` redirects, `/large` answers with 2 MiB, `/drip` never comes to an end."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("X-Asked", self.path)
        self.send_header("X-Agent", self.headers["User-Agent"])
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("X-Range", self.headers.get("Range", ""))
        self.end_headers()
        if self.path == "/late":
            self.wfile.flush()
            time.sleep(0.3)
        if self.path == "/packed":
            self.wfile.write(PACKED)
        elif self.path == "/large":
            self.wfile.write(bytes(2 << 20))
        elif self.path == "/drip":
            for _ in range(1000):
                self.wfile.write(b".")
                time.sleep(0.05)
        else:
            self.wfile.write(b"here")

    do_OPTIONS = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"got " + body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that break off."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def refusal(url: str, **options: Any) -> str:
    with pytest.raises(OutboundError) as caught:
        fetch(url, **options)
    assert str(caught.value) == caught.value.message
    return caught.value.code


def test_answer_comes_as_it_is(server):
    answer = fetch(f"http://{server}/path", private_hosts=HERE, headers={"Range": "bytes=0-9"})
    assert (answer.status, answer.body) == (200, b"here")
    assert answer.headers["x-host"] == server
    assert answer.headers["X-RANGE"] == "bytes=0-9"


def test_address_goes_out_byte_for_byte(server):
    path = "/a%2Fb/%E5%A4%9C.wav?X-Amz-Credential=k%2F20260101%2Fauto&b=%20+%7E&a=*'()"
    assert fetch(f"http://{server}{path}", private_hosts=HERE).headers["X-Asked"] == path


@pytest.mark.parametrize(("rest", "asked"), [("", "/"), ("?a=b", "/?a=b")])
def test_an_address_without_a_path_asks_for_the_root(server, rest, asked):
    assert fetch(f"http://{server}{rest}", private_hosts=HERE).headers["X-Asked"] == asked


@pytest.mark.parametrize(
    ("address", "port"), [("http://h", 80), ("https://h", 443), ("http://h:443", 443), ("https://h:80", 80)]
)
def test_the_port_is_that_of_the_address_or_of_its_scheme(monkeypatch, address, port):
    ports: list[int] = []

    def unknown(host: str, port: int, **_: Any) -> Any:
        ports.append(port)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refusal(address) == "unknown_host"
    assert ports == [port]


def test_body_is_given_as_it_was_sent(server):
    assert fetch(f"http://{server}/packed", private_hosts=HERE).body == PACKED


def test_an_answer_that_takes_its_time_is_waited_for(server, monkeypatch):
    monkeypatch.setattr(outbound, "CONNECT_SECONDS", 0.2)  # not for what comes after
    assert fetch(f"http://{server}/late", private_hosts=HERE).body == b"here"


def test_site_says_who_it_is(server):
    assert fetch(f"http://{server}/", private_hosts=HERE).headers["X-Agent"] == "musicgen"


def test_nothing_runs_on_after_an_answer(server):
    fetch(f"http://{server}/", private_hosts=HERE)
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(timer.finished.is_set() for timer in timers)


@pytest.mark.parametrize(("timeout", "longest"), [(0.5, 0.5), (60.0, outbound.CONNECT_SECONDS)])
def test_a_connection_is_waited_for_within_both_bounds(server, monkeypatch, timeout, longest):
    waits: list[float] = []
    connect = outbound._Connection

    def noting(*arguments: Any, **options: Any) -> Any:
        waits.append(options["timeout"])
        return connect(*arguments, **options)

    monkeypatch.setattr(outbound, "_Connection", noting)
    fetch(f"http://{server}/", private_hosts=HERE, timeout=timeout)
    assert longest / 2 < waits[0] <= longest


def test_redirect_is_not_followed(server):
    assert fetch(f"http://{server}/away", private_hosts=HERE).status == 302


def test_method_is_the_one_asked(server):
    assert fetch(f"http://{server}/", method="OPTIONS", private_hosts=HERE).status == 200


def test_name_is_looked_up_and_the_next_address_is_tried(server, monkeypatch):
    port = int(server.rpartition(":")[2])
    real = socket.getaddrinfo

    def two_addresses(host: str, *arguments: Any, **options: Any) -> Any:
        if host != "files.example.org":
            return real(host, *arguments, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    answer = fetch(f"http://files.example.org:{port}/", private_hosts={"files.example.org"})
    assert answer.headers["X-Host"] == f"files.example.org:{port}"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[::1]", "[fe80::1]",
     "[::ffff:127.0.0.1]", "[fd00::1]", "224.0.0.1", "100.64.0.1", "2130706433", "0x7f.1"],
)  # fmt: skip
def test_addresses_of_this_machine_and_its_network_are_refused(host):
    assert refusal(f"http://{host}/") == "forbidden_address"


def test_name_that_leads_to_one_private_address_among_public_ones_is_refused(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: found)
    assert refusal("http://rebound.example.org/") == "forbidden_address"


def test_permission_for_one_private_host_is_none_for_another(server):
    assert refusal(f"http://{server}/", private_hosts={"minio"}) == "forbidden_address"


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "file:///etc/passwd", "http:///path", "example.org", "http://[::1", "http://a:b@example.org/",
     "http://example.org:99999/", "http://example.org:0/", "http://a..b/", "http://[::1%25lo]/",
     "http://4294967297/", "http://user@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/ü"],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url):
    assert refusal(url, private_hosts=HERE) == "bad_address"


def test_large_answer_is_cut_off(server):
    assert refusal(f"http://{server}/large", private_hosts=HERE) == "too_large"
    assert len(fetch(f"http://{server}/large", private_hosts=HERE, max_bytes=2 << 20).body) == 2 << 20


@pytest.mark.parametrize("path", ["/drip", None])
def test_answer_that_does_not_end_is_given_up(server, silent, path):
    began = time.monotonic()
    url = f"http://{server}{path}" if path else silent
    assert refusal(url, private_hosts=HERE, timeout=0.4) == "timeout"
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(("timeout", "connect_seconds"), [(3.0, 20.0), (20.0, 3.0)])
def test_a_slow_connection_leaves_less_time_for_tls(silent, monkeypatch, timeout, connect_seconds):
    """Until TCP answers most of the time is over; then nobody speaks TLS."""
    real = urllib3_sockets.create_connection

    def slow(*arguments: Any, **options: Any) -> socket.socket:
        time.sleep(2.0)
        return real(*arguments, **options)

    monkeypatch.setattr(urllib3_sockets, "create_connection", slow)
    monkeypatch.setattr(outbound, "CONNECT_SECONDS", connect_seconds)
    began = time.monotonic()
    assert refusal(silent.replace("http:", "https:"), private_hosts=HERE, timeout=timeout) == "timeout"
    assert 2.9 < time.monotonic() - began < 2.0 + 3.0, "TLS had what was left of three seconds"


def test_a_handshake_that_drips_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def drip() -> None:
            wire = listening.accept()[0]
            with wire, contextlib.suppress(OSError):
                for byte in b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb" + bytes(1000):
                    wire.send(bytes([byte]))
                    if ended.wait(0.05):
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        assert refusal(url, private_hosts=HERE, timeout=0.5) == "timeout"
        assert time.monotonic() - began < 1.5
        ended.set()
        thread.join()


def test_nobody_there_is_reported(silent):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert refusal(f"http://127.0.0.1:{port}/", private_hosts=HERE) == "refused"
    assert refusal("http://nobody.example.invalid/", private_hosts=HERE) == "unknown_host"


def test_plain_server_asked_with_tls_is_reported(server):
    assert refusal(f"https://{server}/", private_hosts=HERE) == "no_tls"


def test_server_that_breaks_off_is_reported():
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def break_off() -> None:
            listening.accept()[0].close()

        thread = threading.Thread(target=break_off)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        assert refusal(url, private_hosts=HERE) == "no_http"
        thread.join()


def test_header_that_would_become_two_is_refused(server):
    with pytest.raises(ValueError, match="Invalid header value"):
        fetch(f"http://{server}/", private_hosts=HERE, headers={"X-One": "a\r\nX-Two: b"})


@pytest.mark.parametrize("path", ["/ HTTP/1.1\r\nX-Two:b", "/a b", "/夜", "/\0"])
def test_path_that_would_become_a_header_is_refused(server, path):
    assert refusal(f"http://{server}{path}", private_hosts=HERE) == "bad_address"


def test_a_body_is_sent(server):
    answer = fetch(f"http://{server}/", method="POST", body="Über".encode(), private_hosts=HERE)
    assert answer.body == "got Über".encode()


@pytest.mark.parametrize("size", [1, 1024, 1 << 20])
def test_of_a_longer_body_the_rest_is_left_where_that_is_asked_for(server, size):
    answer = fetch(f"http://{server}/large", private_hosts=HERE, max_bytes=size, cut_off=True)
    assert answer.body == bytes(size)


def test_private_networks_are_asked_where_they_are_named(server):
    url = f"http://{server}/"
    here, elsewhere = ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")
    assert fetch(url, private_networks=[here]).status == 200
    assert fetch(url, private_networks=[here], encrypted=True).status == 200
    assert refusal(url, private_networks=[elsewhere]) == "forbidden_address"


def test_where_all_is_to_be_encrypted_public_hosts_are_asked_by_https_alone():
    assert refusal("http://1.1.1.1/", encrypted=True) == "not_encrypted"


def test_the_timeout_bounds_the_name_and_all_addresses_too(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(10))
    began = time.monotonic()
    assert refusal("https://slow.example/", timeout=0.2) == "timeout"
    ended.set()
    found = [(socket.AF_INET, 1, 6, "", (f"192.0.2.{number}", 443)) for number in range(1, 255)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(outbound, "_connection", Unreachable)
    code = refusal("https://many.example/", private_hosts={"many.example"}, timeout=0.2)
    assert (code, time.monotonic() - began < 2) == ("timeout", True)


class Unreachable:
    """A connection to a machine that does not answer."""

    def __init__(self, target: Any, address: str, timeout: float, ca_bundle: str | None) -> None:
        self._timeout = timeout

    def connect(self) -> None:
        time.sleep(self._timeout)
        raise TimeoutError

    def close(self) -> None:
        """Nothing was opened."""
