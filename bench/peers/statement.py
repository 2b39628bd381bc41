"""A statement of the peers, by the name under which each connection prepares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    name: str
    types: str
    """of its parameters"""
    sql: str
