"""The folders of a collection, in the order in which a whole run goes through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.web.collections import logins, nouns, recorded, roles
from app.web.collections.documented import Document
from app.web.collections.journeys import JOURNEYS
from app.web.collections.parts import Folder

_ABOUT_JOURNEYS = "Stories that run from top to bottom, each on objects of its own, as often as you like."


def build(openapi: Mapping[str, Any]) -> tuple[Folder, ...]:
    """Logging in first; what ends sessions last."""
    document = Document(openapi)
    journeys = tuple(recorded.with_answers(journey(document)) for journey in JOURNEYS)
    return (
        logins.folder(document),
        Folder("Journeys", _ABOUT_JOURNEYS, journeys),
        roles.folder(document),
        nouns.folder(document),
        nouns.sessions_folder(document),
    )
