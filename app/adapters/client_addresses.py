"""Client IP addresses as keys of rate limits: an IPv6 address counts as its /64 network."""

from __future__ import annotations

import ipaddress


def counted(address: str) -> str:
    """The key that requests from this address count towards: a client with one IPv6 address has its whole /64 network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
