"""Addresses of the network, as far as they tell one caller from another."""

from __future__ import annotations

import ipaddress


def counted(address: str) -> str:
    """What requests from this address are counted on: who has one address of IPv6 has the whole network around it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
