"""How each operation refuses a request that is wrong in one way, as `make examples` has recorded it."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

REFUSALS = Path(__file__).parent / "refusals.json"


@lru_cache
def refusals() -> dict[str, dict[str, Any]]:
    """By operation and by what was wrong: `sent`, which is what differed from the example, and the `answer`."""
    if not REFUSALS.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(REFUSALS.read_text(encoding="utf-8"))
    return found
