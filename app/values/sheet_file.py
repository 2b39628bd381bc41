"""A sheet as it arrived: its bytes in a temporary file, which is read as a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True)
class SheetFile:
    """`digest` is that of the bytes; with `is_strict`, unknown columns are refused instead of ignored."""

    file: BinaryIO
    digest: str
    is_ndjson: bool = False
    is_strict: bool = False
