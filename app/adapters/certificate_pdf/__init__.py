"""Certificates as PDF: tagged (PDF/UA-1), in any script, and the same bytes for the same certificate.

They are rendered by a subprocess, `typesetting.py`, and kept in a cache by a hash of all that they show. What is missing in
the cache can be rendered again at any time, so losing it loses nothing.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from time import time
from typing import Any

from PIL import Image

from app.adapters.certificate_pdf import lettering
from app.errors.requests import Unavailable
from app.settings import settings

FOLDER = "certificates"
KEPT_SECONDS = 7 * 86_400
"""A PDF is rendered again after it, which also takes the names of deleted users out of the cache."""

START_SECONDS, SECONDS_EACH = 20, 1
"""How long a subprocess may take on a busy machine: usually it is one second, and 15 ms for each certificate."""
WAIT_SECONDS = 15.0
"""A request that waits for its turn occupies a thread of the web process."""

_PROGRAM = Path(__file__).with_name("typesetting.py")
_PACKAGES = ("typst", "segno", "noto-cjk-sans-otc")
_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 26 26" fill="none" stroke="#14242e" stroke-width="2.4"'
    ' stroke-linecap="round"><path d="M3 5h20M3 12h9M3 19h6"/>'
    '<path d="m12 17.5 4 4L24 11" stroke="#e79b12" stroke-width="3.2" stroke-linejoin="round"/></svg>'
)
_turn = Lock()


@dataclass(frozen=True)
class CertificateSheet:
    """What a certificate shows: all that decides about its bytes, apart from the settings and the program."""

    name: str
    course: str
    url: str
    """of the public page, which the QR code leads to"""
    timestamp: int
    """of the document, in seconds since 1970"""
    facts: Sequence[tuple[str, str]]
    """labels and values"""
    notes: Sequence[str] = field(default=())
    """sentences in a box, such as that it is revoked"""
    stamp: str | None = None
    """a word across the sheet"""


def rendered(sheet: CertificateSheet) -> bytes:
    """The PDF from the cache, or rendered now. For requests: one at a time in each process."""
    digest = digest_of(sheet)
    found = _cached(digest)
    if found is not None:
        return found
    if not _turn.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("The server is rendering other certificates: try again in a moment.")
    try:
        return _cached(digest) or render([sheet])[0]
    finally:
        _turn.release()


def render(sheets: Sequence[CertificateSheet]) -> list[bytes]:
    """Render these in one subprocess, and keep them in the cache."""
    documents = [_document(sheet) for sheet in sheets]
    try:
        # No environment and no path to our modules: the process knows no secret.
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM)],
            input=json.dumps(documents).encode(),
            capture_output=True,
            env={},
            timeout=START_SECONDS + SECONDS_EACH * len(sheets),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("The certificate takes too long to render: try again in a moment.") from error
    made = list(parts(done.stdout))
    if done.returncode != 0 or len(made) != len(sheets) or not all(made):
        raise RuntimeError(f"certificates were not rendered: {done.stderr.decode(errors='replace')[-500:]}")
    for document, content in zip(documents, made, strict=True):
        _keep(_digest(document), content)
    return made


def missing(sheets: Sequence[CertificateSheet]) -> list[CertificateSheet]:
    """Those of these that the cache does not have."""
    return [sheet for sheet in sheets if not _is_kept(_file(digest_of(sheet)))]


def digest_of(sheet: CertificateSheet) -> str:
    """The name of a PDF in the cache, and its entity tag."""
    return _digest(_document(sheet))


def delete_old() -> int:
    """Remove what was rendered a week ago. Returns how many."""
    removed = 0
    for file in (Path(settings().media_dir).absolute() / FOLDER).glob("*/*"):
        with contextlib.suppress(FileNotFoundError):
            if _is_old(file):
                file.unlink()
                removed += 1
    return removed


def _document(sheet: CertificateSheet) -> Mapping[str, Any]:
    """What the program is given. Only the three texts of the database are searched for another script than Latin."""
    set_up = settings()
    named = {"name": sheet.name, "course": sheet.course, "organization": set_up.organization_name}
    return {
        **asdict(sheet),
        **{part: _said(text) for part, text in named.items()},
        "facts": [{"label": label, "value": value} for label, value in sheet.facts],
        "document_title": f"Certificate of completion: {sheet.name}, {sheet.course}",
        "description": f"Certificate of completion, issued by {set_up.organization_name}",
        "heading": "Certificate of completion",
        "phrase": "has completed every required lesson of",
        "check": "Anyone can check this certificate by its QR code, or at",
        "chinese_forms": lettering.chinese_forms_of(sheet.name + sheet.course),
        "color": set_up.certificate_color,
        "line_color": set_up.certificate_line_color,
        "logo": _logo(set_up.certificate_logo),
    }


def _said(text: str) -> Mapping[str, Any]:
    return {
        "text": text,
        "lang": lettering.language_of(text),
        "is_right_to_left": lettering.is_right_to_left(text),
    }


def _logo(path: str) -> str:
    """The logo as SVG: a picture of pixels is wrapped in one."""
    if not path:
        return LOGO
    file = Path(path)
    content = file.read_bytes()
    if file.suffix.lower() == ".svg":
        return content.decode()
    address = f"data:{_TYPES[file.suffix.lower()]};base64,{base64.b64encode(content).decode()}"
    width, height = _size_of(content)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image href="{address}" width="{width}" height="{height}"/></svg>'
    )


@cache
def _size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.size


def parts(stream: bytes) -> Iterator[bytes]:
    """The files in what the program wrote."""
    at = 0
    while at + 4 <= len(stream):
        (length,) = struct.unpack_from(">I", stream, at)
        yield stream[at + 4 : at + 4 + length]
        at += 4 + length


def _digest(document: Mapping[str, Any]) -> str:
    given = json.dumps(document, sort_keys=True).encode()
    return hashlib.sha256(_edition() + given).hexdigest()[:32]


@cache
def _edition() -> bytes:
    """Of the template and of what sets it: another one makes other bytes."""
    files = b"".join(_PROGRAM.with_name(name).read_bytes() for name in ("typesetting.py", "sheet.typ"))
    versions = ",".join(f"{package}=={version(package)}" for package in _PACKAGES)
    return hashlib.sha256(files + versions.encode()).digest()


def _file(digest: str) -> Path:
    return Path(settings().media_dir).absolute() / FOLDER / digest[:2] / f"{digest}.pdf"


def _is_old(file: Path) -> bool:
    return file.stat().st_mtime < time() - KEPT_SECONDS


def _is_kept(file: Path) -> bool:
    """Whether the cache has it. What is old is no longer in it, even where it has not been removed."""
    with contextlib.suppress(OSError):
        return not _is_old(file)
    return False


def _cached(digest: str) -> bytes | None:
    file = _file(digest)
    with contextlib.suppress(OSError):
        return file.read_bytes() if _is_kept(file) else None
    return None


def _keep(digest: str, content: bytes) -> None:
    """Write a temporary file, then rename it. A full disk is no error: the PDF is rendered again next time."""
    target = _file(digest)
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).replace(target)
        except OSError:
            Path(beside).unlink(missing_ok=True)
            raise
