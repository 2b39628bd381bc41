"""Images in the texts of Moodle XML: references to files that stand beside the text, in HTML or Markdown."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from app.adapters.quiz_files import FileImage
from app.adapters.quiz_files.html_text import images_in

UNDESCRIBED = "Image without a description"
"""In place of a missing text. The names of the file and the question may say what is right."""

LONGEST_ALT = 500
_AT = "@@PLUGINFILE@@/"
_IN_MARKDOWN = re.compile(r"!\[((?:[^\\\]\[]|\\.)*+)\]\(@@PLUGINFILE@@/([^\s()]++)\)")
_ESCAPED = re.compile(r"\\(.)")


def taken_from(text: str, files: Mapping[str, str]) -> tuple[FileImage | None, list[str]]:
    """The first image whose file is there, and the text without it, in pieces.

    :param files: their content in base64, by name
    """
    for begin, end, name, alt in _references(text) if files else ():
        content = _decoded(files.get(name, ""))
        if content:
            words = " ".join(alt.split())[:LONGEST_ALT] or UNDESCRIBED
            return FileImage(content, words), [text[:begin], text[end:]]
    return None, [text]


def _references(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Begin and end of each, the name of its file, and what it shows."""
    for found in _IN_MARKDOWN.finditer(text):
        yield *found.span(), unquote(found[2]), _ESCAPED.sub(r"\1", found[1])
    for begin, end, attributes in images_in(text):
        source = attributes.get("src", "")
        if source.startswith(_AT):
            yield begin, end, unquote(source.removeprefix(_AT)), attributes.get("alt", "")


def _decoded(content: str) -> bytes:
    try:
        return b64decode("".join(content.split()), validate=True)
    except (Error, ValueError):
        return b""
