"""The media type of a file, from its content. Its name only refines a type that is text or an archive, and never decides."""

from __future__ import annotations

import re
import unicodedata
from typing import BinaryIO
from urllib.parse import quote

LOOKED_AT = 4_096
"""Bytes at the beginning."""

UNKNOWN = "application/octet-stream"
MP4, QUICKTIME, WEBM = "video/mp4", "video/quicktime", "video/webm"
HTML, SVG, XML, XHTML = "text/html", "image/svg+xml", "application/xml", "application/xhtml+xml"
ZIP, TEXT = "application/zip", "text/plain"

VIDEOS = (MP4, QUICKTIME, WEBM)
SHOWN = {
    *VIDEOS, "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf",
    "audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "audio/mp4",
}  # fmt: skip
"""What a browser may show at our address. Everything else is a download: SVG and HTML could run scripts."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
_IN_ZIP = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": f"{_OPEN}.text",
    "ods": f"{_OPEN}.spreadsheet",
    "odp": f"{_OPEN}.presentation",
    "epub": "application/epub+zip",
}
_IN_OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_IN_TEXT = {"csv": "text/csv", "md": "text/markdown", "json": "application/json", "vtt": "text/vtt"}
_SMALL_BOXES = {b"wide", b"free", b"skip", b"pnot"}
_SHORTEST_TEXT = 0x09
"""The first character that text may have."""
_MP4_SOUND = {b"M4A ", b"M4B "}
_NAMED = {
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "svg": (SVG,),
    "pdf": ("application/pdf",),
    "mp4": (MP4, QUICKTIME),
    "m4v": (MP4, QUICKTIME),
    "mov": (MP4, QUICKTIME),
    "webm": (WEBM,),
    "mp3": ("audio/mpeg",),
    "zip": (ZIP,),
    **{name: (kind,) for name, kind in (_IN_ZIP | _IN_OLE).items()},
}
"""Endings that promise a type, as people and programs rely on it."""

# Possessive, and no comment is read past its end: no beginning of a file makes it backtrack.
_MARKUP = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).)*+-->\s*+)*+<(!doctype\s++)?+([a-z][a-z0-9:]*+)",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAGS = {
    b"html", b"head", b"body", b"script", b"iframe", b"title", b"meta", b"style", b"table", b"div", b"a", b"p", b"h1",
    b"br", b"font", b"img", b"form", b"object", b"embed", b"link", b"base",
}  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9!#$&+.^_`|~-]+")
_NOT_PLAIN = re.compile(r"[^ !#-\[\]-~]")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def of(file: BinaryIO, name: str) -> str:
    """The media type of a file, which is read from its beginning."""
    file.seek(0)
    beginning = file.read(LOOKED_AT)
    file.seek(0)
    return of_beginning(beginning, ending_of(name))


def of_beginning(beginning: bytes, ending: str) -> str:
    """:param ending: of the name, in lower case and without the dot"""
    if beginning[4:8] == b"ftyp" or _is_old_quicktime(beginning):
        return _of_boxes(beginning)
    if beginning.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in beginning[:64] else "video/x-matroska"
    if beginning.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(beginning[8:12], UNKNOWN)
    found = next((kind for magic, kind in _MAGIC if beginning.startswith(magic)), None)
    if found == ZIP:
        return _IN_ZIP.get(ending, ZIP)
    if found == "application/x-ole-storage":
        return _IN_OLE.get(ending, found)
    return found or _of_text(beginning, ending)


def headers_of(kind: str, name: str) -> dict[str, str]:
    """How a file of this type and name is sent: shown by the browser where that is safe, and else a download."""
    is_shown = kind in SHOWN
    return {
        "Content-Type": kind if is_shown else UNKNOWN,
        "Content-Disposition": f"{'inline' if is_shown else 'attachment'}; {_filename(name)}",
    }


def _filename(name: str) -> str:
    """The parameter `filename` (RFC 6266): in ASCII, and where that is not the name, in UTF-8 as well."""
    if _TOKEN.fullmatch(name):
        return f"filename={name}"
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def contradiction(kind: str, name: str) -> str | None:
    """The ending of a name that promises another type than this one."""
    ending = ending_of(name)
    return ending if kind not in _NAMED.get(ending, (kind,)) else None


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _of_boxes(beginning: bytes) -> str:
    if beginning[4:8] != b"ftyp":
        return QUICKTIME
    brand = beginning[8:12]
    if brand in _MP4_SOUND:
        return "audio/mp4"
    if brand in {b"avif", b"heic", b"mif1"}:
        return UNKNOWN
    return QUICKTIME if brand == b"qt  " else MP4


def _is_old_quicktime(beginning: bytes) -> bool:
    """Whether it begins with another box than `ftyp`, as cameras and older programs write it.

    Text may have the names of the small ones in this place, but never the length of a small one before them.
    """
    name = beginning[4:8]
    return name in {b"moov", b"mdat"} or (name in _SMALL_BOXES and beginning[0] < _SHORTEST_TEXT)


def _of_text(beginning: bytes, ending: str) -> str:
    """Markup is looked for even in what is not readable as text: browsers do so, too."""
    found = _MARKUP.match(beginning.removeprefix(b"\xef\xbb\xbf"))
    if found:
        doctype, tag = bool(found[1]), found[2].lower()
        if tag.rpartition(b":")[2] == b"svg":
            return SVG
        if tag in _HTML_TAGS:
            return XHTML if beginning.lstrip().startswith(b"<?xml") else HTML
        return HTML if doctype and tag == b"html" else XML
    if _BINARY.search(beginning) or not _is_utf8(beginning):
        return UNKNOWN
    return HTML if ending in {"html", "htm", "xhtml"} else _IN_TEXT.get(ending, TEXT)


def _is_utf8(beginning: bytes) -> bool:
    """The last character may be cut."""
    for cut in range(4):
        try:
            beginning[: len(beginning) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
