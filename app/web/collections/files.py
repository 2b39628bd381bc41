"""The files that users download: two collections with their environments, and a workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.web.collections import arazzo, folders, hoppscotch, postman, variables
from app.web.openapi.examples.recording import ADDRESS

LOCAL = ADDRESS
"""The address in the files of the repository."""


@dataclass(frozen=True)
class Collections:
    """What is made of one OpenAPI document."""

    document: Mapping[str, Any]
    is_production: bool = False

    def files(self) -> dict[str, Callable[[str], bytes]]:
        """Each file by its name; the address of the API is filled in when it is made."""
        parts = folders.build(self.document)

        def written(make: Callable[[Mapping[str, str]], dict[str, Any]]) -> Callable[[str], bytes]:
            return lambda base_url: _written(
                make(variables.given(base_url, is_production=self.is_production)), base_url
            )

        return {
            "postman.json": written(lambda given: postman.collection(parts, given)),
            "postman-environment.json": written(lambda given: postman.environment(parts, given)),
            "hoppscotch.json": written(lambda _: hoppscotch.collection(parts)),
            "hoppscotch-environment.json": written(lambda given: hoppscotch.environment(parts, given)),
            "arazzo.json": lambda base_url: _written(arazzo.document(self.document, base_url), base_url),
        }


def _written(content: Mapping[str, Any], base_url: str) -> bytes:
    """The file, with this address in the recorded answers too."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    return f"{text.replace(ADDRESS, base_url)}\n".encode()
