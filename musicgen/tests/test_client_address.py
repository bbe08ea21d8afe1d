"""From which address a request comes: what proxies have written is believed, what anybody may have written is not."""

import pytest
from django.test import RequestFactory

from musicgen.client_address import client_address, client_key, client_network

CONNECTED = "192.0.2.1"


def request(forwarded: str | None = None, connected: str = CONNECTED):
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR=connected)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", CONNECTED),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (1, "127.0.0.1,::1 , 203.0.113.7 ", "203.0.113.7"),
        (2, "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", CONNECTED),
        (1, None, CONNECTED),
        (1, "", CONNECTED),
        (1, "203.0.113.7, nonsense", CONNECTED),
        (1, "203.0.113.7,", CONNECTED),
        (1, "203.0.113.999", CONNECTED),
        (1, "203.0.113.7:1234", "203.0.113.7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:1234", "2001:db8::7"),
        (1, "[2001:0db8:0:0::7]", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "x" * 10_000, CONNECTED),
        (1, "'; DROP TABLE jobs; --", CONNECTED),
    ],
)
def test_so_many_entries_are_believed_as_there_are_proxies(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    assert client_address(request(forwarded)) == address


@pytest.mark.parametrize("connected", ["", "unix:"])
def test_a_socket_of_this_machine_tells_no_address(settings, connected):
    settings.TRUSTED_PROXIES = 0
    assert client_address(request(connected=connected)) == "unknown"
    assert client_network(request(connected=connected)) == "unknown"


def test_addresses_of_one_network_of_ipv6_are_one(settings):
    settings.TRUSTED_PROXIES = 0
    near, far = "2001:db8:0:1::1", "2001:db8:0:2::1"
    assert client_network(request(connected=near)) == "2001:db8:0:1::/64"
    keys = [client_key(request(connected=each)) for each in (near, "2001:db8:0:1:ffff::2", far, CONNECTED)]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def test_what_stands_for_an_address_rests_on_the_secret_key(settings):
    first = client_key(request())
    assert first == client_key(request())
    settings.SECRET_KEY = "another secret"
    assert client_key(request()) != first
