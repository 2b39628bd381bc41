"""Encoding detection of an uploaded text file: UTF-8, UTF-16 or UTF-32 with a byte order mark, or else Windows-1252."""

from __future__ import annotations

import codecs

from app.errors.requests import MalformedBody, UnsupportedMediaType

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the mark of UTF-16
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_FORMATS = {
    b"PK\x03\x04": "a workbook of Excel, LibreOffice or Numbers, or another zip archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x7fELF": "a program",
    b"{\\rtf": "a text document",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<table": "a web page",
    b"<?xml": "an XML document",
}
"""By their first bytes, in lower case. Some systems export an HTML page as `.xls`."""


def decode(content: bytes) -> tuple[str, str]:
    """The text without its byte order mark, and the name of the encoding."""
    refuse_other_formats(content)
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return _decoded(content, f"{encoding}-sig" if encoding == "utf-8" else encoding), encoding
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError as error:
        # A file with valid UTF-8 letters beyond ASCII up to here is not Windows-1252: its names would be garbled.
        if not content[: error.start].isascii():
            raise not_text("UTF-8", error.start) from error
    return _decoded(content, "windows-1252"), "windows-1252"


def refuse_other_formats(content: bytes) -> None:
    beginning = content[:200].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for start, kind in _OTHER_FORMATS.items():
        if beginning.startswith(start.lower()):
            raise UnsupportedMediaType(f"This file is {kind}. Save it as CSV and send that.")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise not_text("UTF-8" if encoding == "windows-1252" else encoding.upper(), error.start) from error


def not_text(encoding: str, place: int) -> MalformedBody:
    return MalformedBody(f"The file is not {encoding}: byte {place + 1} is invalid. Save it as CSV in UTF-8.")
