"""Where messages never go: the written list of tricks by which somebody might reach what only this machine may.

`musicgen/tests/test_addresses.py` has the addresses; here are the ways to write them, and names that lead to them.
"""

import ipaddress
import re
import socket
import threading
import uuid
from typing import Any

import pytest

from generation.models import WebhookEndpoint
from generation.webhooks import signing
from generation.webhooks.rules import clean_url
from generation.webhooks.sending import Message, send
from generation.webhooks.tests.conftest import LOOPBACK
from generation.webhooks.tests.receiver import receiving

# Evident at once, without asking for any name.
EVIDENT = [
    *("https://127.0.0.1/", "https://127.0.0.1:8443/", "https://127.1/", "https://127.0.1/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0X7F.0.0.1/", "https://0x7f.1/"),
    *("https://017700000001/", "https://0177.0.0.1/", "https://0177.0.0.0x1/", "https://127.0.0.1./"),
    *("https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://metadata.localhost/"),
    *("https://0/", "https://0.0.0.0/", "https://10.0.0.1/", "https://167772161/", "https://0xa9fea9fe/"),
    *("https://169.254.169.254/latest/meta-data/", "https://2852039166/", "https://100.100.100.200/"),
    *("https://192.168.1.1/", "https://172.16.0.1/", "https://100.64.0.1/", "https://224.0.0.1/"),
    *("https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[fe80::1]/"),
    *("https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/"),
    *("https://[fd00:ec2::254]/", "https://[fec0::1]/", "https://[ff02::1]/"),
    *(
        "https://[2002:7f00:1::]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    ),
]
# Not addresses that anything is sent to, whatever is behind them.
NO_ADDRESSES = [
    *(
        "http://example.com/",
        "HTTP://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
    ),
    *(
        "//example.com/",
        "example.com",
        "https:///",
        "https://",
        "https:example.com",
        "https://[::1",
        "https://a:99999/",
    ),
    *("https://user@example.com/", "https://user:pass@example.com/", "https://example.com@127.0.0.1/"),
    *("https://127.0.0.1@example.com/", "https://example.com\\@127.0.0.1/", "https://@example.com/"),
    *("https://example.com /", "https://exa\tmple.com/", "https://example.com/\n", "https://exämple.com/"),
    *("https://ⓛocalhost/", "https://１２７.0.0.1/", "https://127。0。0。1/", "https://example.com/\x00"),
]
# No names and no addresses, so that no resolver need be asked.
NO_HOSTS = [
    *("https://127%2e0.0.1/", "https://%31%32%37.0.0.1/", "https://example.invalid\\.internal/"),
    *("https://0x7f.0x0.0x0.0x1.0x1/", "https://..../", "https://-/", "https://a-.b/", "https://-a.b/"),
    *("https://a..b/", "https://.a/", "https://a../", "https://127.0.0.1../", f"https://{'a' * 64}.b/"),
    *(
        "https://4294967297/",
        "https://256.1.1.1/",
        "https://1.2.3.4.5/",
        "https://a.1/",
        "https://0x1ffffffff/",
    ),
    *(
        "https://[::1%25lo]/",
        "https://[::1%lo]/",
        "https://[fe80::1%25lo]/",
        "https://[2606:4700::1%25eth0]/",
    ),
    *("https://[v1.a]/", "https://[2606:4700::1111].example/", "https://[2606:4700::1111]x:443/"),
    *(
        f"https://{'a.' * 127}b/",
        "https://example.com:0/",
        "https://1.1.1.1:0/",
        "https://[2606:4700::1111]:00/",
    ),
    *("https://a!b.example/", "https://a,b/", "https://a'b/"),
]


@pytest.fixture(autouse=True)
def nothing_is_allowed(settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []


@pytest.fixture
def resolver(monkeypatch) -> dict[str, list[list[str]]]:
    """What the DNS answers for names, one answer after the other, the last for ever."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def answer(host: str, port: int, *arguments: Any, **options: Any) -> Any:
        if host not in answers or options.get("flags"):
            return real(host, port, *arguments, **options)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [entry for address in found for entry in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return answers


@pytest.fixture
def dialled(monkeypatch) -> list[str]:
    """The addresses to which connections are opened; none may be, from here to the outside."""
    dialled: list[str] = []
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        dialled.append(str(address[0]))
        if not address[0].startswith("127."):
            raise OSError("no way out")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return dialled


def error_of(url: str) -> str:
    secret = signing.secret_of(signing.new_salt())
    outcome = send(Message(uuid.uuid4(), url, "{}", [secret]))
    assert outcome.status_code is None
    return outcome.error


@pytest.mark.parametrize("url", [*EVIDENT, *NO_ADDRESSES, *NO_HOSTS])
def test_what_is_evident_is_refused_at_once_and_when_connecting(url, dialled):
    with pytest.raises(ValueError, match=r"^No message can be sent there\. .+"):
        clean_url(url)
    assert error_of(url)
    assert dialled == []


def test_a_name_that_leads_nowhere_is_refused_when_connecting(dialled):
    assert clean_url("https://receiver.invalid/")
    assert error_of("https://receiver.invalid/") == "The name receiver.invalid leads nowhere."
    assert dialled == []


@pytest.mark.parametrize(
    "url",
    ["https://a/", "https://A-b.example.:8443/x", "https://my_service.internal/", "https://xn--bcher-kva.example/",
     "https://1.1.1.1/", "https://1.1.1.1./", "https://1password.com/", "https://4.com/", "https://0x.org/",
     "https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]/", f"https://{'a' * 63}.b/", "https://a:/"],
)  # fmt: skip
def test_what_may_lead_somewhere_is_accepted(url):
    assert clean_url(url) == url


@pytest.mark.parametrize(
    ("url", "why"),
    [("https://[::1%25lo]/", "names a network interface"), ("https://a..b/", "a..b is no name of a host"),
     ("https://4294967297/", "4294967297 is no IPv4 address"), ("https://example.com:0/", "There is no port 0"),
     ("https://[v1.a]/", "is no IPv6 address"), ("https://[2606::1].a/", "nothing but a port")],
)  # fmt: skip
def test_it_is_said_what_is_wrong_with_an_address(url, why):
    with pytest.raises(ValueError, match=f"No message can be sent there. .*{re.escape(why)}"):
        clean_url(url)


@pytest.mark.parametrize(
    "found",
    [
        *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"]),
        *(["fd00:ec2::254"], ["64:ff9b::a9fe:a9fe"], ["2002:7f00:1::"]),
        # Mixed answers: one address that may be asked does not make up for the other.
        *(["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"], ["2606:4700::1111", "::1"]),
    ],
)
def test_a_name_that_leads_to_a_private_address_is_refused_when_connecting(resolver, dialled, found):
    url = "https://receiver.example/"
    resolver["receiver.example"] = [found]
    assert clean_url(url) == url
    assert error_of(url) == "receiver.example is not on the public internet."
    assert dialled == []


def test_a_name_that_changes_its_mind_is_not_asked_twice(resolver, dialled):
    """DNS rebinding: public when it is looked at, private when it is connected to."""
    resolver["receiver.example"] = [["1.1.1.1"], ["127.0.0.1"]]
    assert error_of("https://receiver.example/") == "receiver.example:443 takes no connection."
    assert dialled == ["1.1.1.1"]
    assert error_of("https://receiver.example/") == "receiver.example is not on the public internet."
    assert dialled == ["1.1.1.1"]


def test_a_name_that_takes_for_ever_costs_the_timeout(monkeypatch):
    slow = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: slow.wait(10))
    monkeypatch.setattr("generation.webhooks.sending.TIMEOUT_SECONDS", 0.3)
    assert error_of("https://receiver.example/") == "The name receiver.example is not found in time."
    slow.set()


def test_http_goes_to_allowed_networks_alone(settings, resolver, dialled):
    resolver["receiver.example"] = [["1.1.1.1"]]
    assert error_of("http://receiver.example/") == "receiver.example may be asked by https alone."
    settings.WEBHOOK_ALLOWED_NETWORKS = LOOPBACK
    assert clean_url("http://receiver.example/")  # whose address is not known yet
    assert error_of("http://receiver.example/") == "receiver.example may be asked by https alone."
    assert dialled == []
    with receiving() as receiver:
        secret = signing.secret_of(signing.new_salt())
        assert send(Message(uuid.uuid4(), clean_url(receiver.url), "{}", [secret])).is_success


def test_an_allowed_network_allows_no_other(settings, resolver, dialled):
    settings.WEBHOOK_ALLOWED_NETWORKS = [ipaddress.ip_network("10.1.0.0/16")]
    for url in ("https://127.0.0.1/", "https://10.2.0.1/", "https://169.254.169.254/", "http://1.1.1.1/"):
        with pytest.raises(ValueError, match="No message can be sent there"):
            clean_url(url)
        assert error_of(url)
    for url in ("https://10.1.2.3/", "http://10.1.2.3/", "https://[::ffff:10.1.2.3]/", "https://167838211/"):
        assert clean_url(url) == url
    resolver["inside.example"] = [["10.1.0.1", "10.2.0.1"]]
    assert error_of("https://inside.example/") == "inside.example is not on the public internet."
    assert dialled == []


def test_a_refused_address_is_not_stored(alice):
    with pytest.raises(ValueError, match=r"127\.1 is not on the public internet"):
        WebhookEndpoint.objects.add(alice, url="https://127.1/", events=["job.failed"], jobs_url="https://a/")
    assert not WebhookEndpoint.objects.exists()
