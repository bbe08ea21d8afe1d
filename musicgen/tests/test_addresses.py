"""Which IP addresses count as public: a written list of those that do not, in every form that hides them."""

import ipaddress

import pytest

from musicgen.addresses import is_public, is_within

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "192.0.1.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
NOT_PUBLIC = {
    "this machine": ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::"],
    "private networks": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "fc00::1", "fdff::1"],
    "link-local": ["169.254.1.1", "fe80::1", "fe80::1%eth0", "febf::1"],
    "site-local, long deprecated": ["fec0::1", "feff::1"],
    "metadata of clouds": [
        "169.254.169.254",  # AWS, Google, Azure and most others
        "169.254.170.2",  # AWS's containers
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google
    ],
    "behind a provider's NAT": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved and for documents": [
        *("192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
        *("240.0.0.1", "255.255.255.255", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "4000::1"),
    ],
    "IPv4 written as IPv6": [
        "::ffff:127.0.0.1",
        "::ffff:a9fe:a9fe",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
    ],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1"],
    "Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"],
    "ISATAP": ["2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:127.0.0.1"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [each for group in NOT_PUBLIC.values() for each in group])
def test_all_others_are_not(address):
    assert not is_public(address)


def test_what_python_takes_for_private_is_not_public():
    for block in (*ipaddress._IPv4Constants._private_networks, *ipaddress._IPv6Constants._private_networks):
        if str(block) != "::ffff:0:0/96":  # other writings of IPv4 addresses, public ones too
            assert not is_public(str(block[0])), block
            assert not is_public(str(block[-1])), block


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("fd00::1%eth0", True),
        ("fd01::1", False),
    ],
)
def test_an_address_lies_in_a_network_however_it_is_written(address, within):
    networks = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/16")]
    assert is_within(address, networks) is within
    assert not is_within(address, [])


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f000001", "1.2.3.4/8"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(ValueError, match="does not appear to be"):
        is_public(text)
