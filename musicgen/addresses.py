"""Which IP addresses are of the public internet, whatever form they are written in.

Python's `is_global` goes by the registry of the day on which that Python was made, and takes tunnels to private
addresses (6to4, NAT64) for public ones. Here stands what may be asked, and all else may not.
"""

import ipaddress
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network

# IANA's registry of special-purpose IPv4 addresses, multicast, and what is reserved.
_NOT_PUBLIC_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network: 0.0.0.0 is the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's metadata, though it looks public
        "169.254.0.0/16",  # link-local; the metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocols; Oracle's metadata
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays to 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocols, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
# The last 64 bits of an ISATAP address end in an IPv4 address behind one of these.
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Whether an IP address, with or without a zone, may be one of the public internet.

    Raises ValueError for a text that is no IP address.
    """
    ip = _parsed(address)
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in _NOT_PUBLIC_V4)
    if ip in _NAT64:
        return is_public(str(_last_32_bits(ip)))
    if (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP and not is_public(str(_last_32_bits(ip))):
        return False
    return ip in _UNICAST_V6 and not any(ip in block for block in _NOT_PUBLIC_V6)


def is_within(address: str, networks: Collection[Network]) -> bool:
    """Whether an IP address lies in one of these networks. Raises ValueError for a text that is no IP address."""
    ip = _parsed(address)
    return any(ip in network for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address:
    """The address; an IPv4 address that is written as an IPv6 one is meant as what it is."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def _last_32_bits(ip: IPv6Address) -> IPv4Address:
    return IPv4Address(int(ip) & 0xFFFFFFFF)
