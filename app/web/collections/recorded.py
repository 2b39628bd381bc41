"""The answers to steps that their operation's own examples do not show, as `make examples` has recorded them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.web.collections.parts import CollectionRequest, Example, Folder, text_of

STEPS = Path(__file__).parent / "recorded.json"
NAME = "This step"


@lru_cache
def steps() -> dict[str, dict[str, Any]]:
    """Status and content, by journey and step."""
    if not STEPS.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(STEPS.read_text(encoding="utf-8"))
    return found


def has_own_answer(request: CollectionRequest) -> bool:
    """Whether the answer to this request is recorded: it is refused on purpose, or is no operation of the document."""
    return request.status >= 300 or not any(example.name != NAME for example in request.examples)


def with_answers(journey: Folder) -> Folder:
    """The journey with the recorded answers, each the first of its step."""
    found = steps().get(journey.name, {})
    return replace(journey, items=tuple(_with_answer(each, found) for each in journey.items))


def _with_answer(
    step: Folder | CollectionRequest, found: Mapping[str, Mapping[str, Any]]
) -> Folder | CollectionRequest:
    if isinstance(step, Folder) or step.name not in found:
        return step
    recorded = found[step.name]
    content = "" if recorded["content"] is None else text_of(recorded["content"])
    example = Example(NAME, recorded["status"], content, recorded.get("media_type", "application/json"))
    return replace(step, examples=(example, *step.examples))
