"""Files: uploads, and the URLs of stored ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow as ma
from werkzeug.datastructures import FileStorage

from app.adapters import storage
from app.adapters.received_files import LONGEST_NAME, ReceivedFile, shown_name
from app.adapters.storage import Draft
from app.errors.requests import TooLarge
from app.schemas.fields.text import check_text
from app.values.sheet_file import SheetFile


class Upload(ma.fields.Field[bytes]):
    """A file in a form, read whole; a larger one is refused unread."""

    default_error_messages = {"invalid": "Send a file.", "empty": "The file is empty."}

    def __init__(self, *, max_bytes: int, **kwargs: Any) -> None:
        self.max_bytes = max_bytes
        super().__init__(**kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> bytes:
        if not isinstance(value, FileStorage):
            raise self.make_error("invalid")
        check_text(value.filename or "", is_line=True)
        content = value.stream.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise TooLarge(f"The file may have at most {self.max_bytes:,} bytes.")
        if not content:
            raise self.make_error("empty")
        return content


class StreamedFile(Upload):
    """A file in a form, of any size: it is received into a draft of the store, and never held in memory."""

    default_error_messages = {"long_name": "The name of the file is too long."}

    def __init__(self, *, limit: Callable[[], int], **kwargs: Any) -> None:
        """:param limit: the most bytes, by the settings"""
        self._limit = limit
        ma.fields.Field.__init__(self, **kwargs)

    @property
    def max_bytes(self) -> int:  # type: ignore[override]
        return self._limit()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        draft: Any = value.stream if isinstance(value, FileStorage) else None
        if not isinstance(draft, Draft):
            raise self.make_error("invalid")
        check_text(value.filename or "", is_line=True)
        name = shown_name(value.filename)
        if len(name) > LONGEST_NAME:
            raise self.make_error("long_name")
        size = draft.seek(0, 2)
        if size > self.max_bytes:
            raise TooLarge(f"The file may have at most {self.max_bytes:,} bytes.")
        if not size:
            raise self.make_error("empty")
        return ReceivedFile(draft, name, size)


class StreamedSheet(ma.fields.Field[SheetFile]):
    """A sheet that was received as a form field or as the body."""

    default_error_messages = {"invalid": "Send the sheet as the form field `file`, or as the body."}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> SheetFile:
        if not isinstance(value, SheetFile):
            raise self.make_error("invalid")
        return value


class PublicFile(ma.fields.String):
    """The URL of a stored file."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"format": "uri"}, **kwargs)

    def _serialize(self, value: str | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else storage.url_of(value)
