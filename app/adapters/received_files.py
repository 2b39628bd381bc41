"""Files as they arrive: in a draft of the store, with the name that the client gave them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.adapters import media_types
from app.adapters.storage import Draft
from app.values import characters

LONGEST_NAME = 255
UNNAMED = "file"


@dataclass(frozen=True)
class ReceivedFile:
    """`name` is only shown: it has no folders, and nothing is stored under it."""

    draft: Draft
    name: str
    size: int

    @cached_property
    def media_type(self) -> str:
        """From its content."""
        return media_types.of(self.draft.file, self.name)


def shown_name(given: str | None) -> str:
    """The name of a file without the folders that some clients send with it."""
    return characters.trimmed(characters.tidied(_without_folders(given or ""))) or UNNAMED


def _without_folders(path: str) -> str:
    return path[max(path.rfind("/"), path.rfind("\\")) + 1 :]
