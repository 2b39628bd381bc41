"""Versions that are computed from what they version, so that documents and tests know them in advance."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID


def of_plan(run_id: UUID) -> str:
    """The version of the plan of a preview. Its lines never change, so the id of the run determines it."""
    return sha256(f"plan {run_id}".encode()).hexdigest()[:24]
