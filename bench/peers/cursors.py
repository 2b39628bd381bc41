"""Links to the next page, with a signed cursor of the same content as Rollcall's."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True)
class Links:
    public_url: str
    secret: bytes

    def following(self, path: str, query: Mapping[str, str], values: Sequence[object]) -> str:
        """The second page of a list whose first one ends with these sort values."""
        place = {"values": [str(value) for value in values], "is_backward": False, "is_inclusive": False}
        content = json.dumps({"path": path, "query": query, **place}, separators=(",", ":")).encode()
        cursor = base64.urlsafe_b64encode(content) + b"." + self._signature(content)
        return f"{self.public_url}{path}?{urlencode({'page': 2, 'after': cursor.decode(), 'page_size': 20})}"

    def _signature(self, content: bytes) -> bytes:
        return base64.urlsafe_b64encode(hmac.digest(self.secret, content, "sha256"))
