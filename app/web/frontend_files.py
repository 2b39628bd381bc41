"""The files of the browser client, in memory: their bytes, compressed once, and a hash over all of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from app.web import compression

SHELL, SERVICE_WORKER, MANIFEST = AT_ROOT = ("index.html", "service-worker.js", "manifest.webmanifest")
"""Served at the root, with the name of the version, the paths of the pages and the time zone of days put in."""

ROUTES = "routes.json"
"""The paths of the client's pages, such as `/courses/:ref`."""

TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""What is served, by its ending; a file with another one is not."""

_COMPRESSED_ALREADY = {".ico", ".jpg", ".png", ".webp", ".woff2"}
_LENGTH = 12


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    name: str
    content: bytes

    @property
    def mimetype(self) -> str:
        return TYPES[Path(self.name).suffix]

    @cached_property
    def packed(self) -> bytes | None:
        """The content compressed by gzip; None where that saves nothing."""
        if Path(self.name).suffix in _COMPRESSED_ALREADY:
            return None
        packed = compression.pack(self.content)
        return packed if len(packed) < len(self.content) else None

    @cached_property
    def tag(self) -> str:
        """The entity tag, without quotes."""
        return sha256(self.content).hexdigest()[:24]


@dataclass(frozen=True)
class Version:
    """All files at one time, by their paths inside the folder."""

    name: str
    files: Mapping[str, Asset]


class Files:
    """The files of a folder, read when it is created, and again where they have been edited since."""

    def __init__(self, path: Path, *, timezone: str = "UTC") -> None:
        """`timezone` is the IANA name of the zone in which days begin and end."""
        self._path = path.resolve()
        self._timezone = timezone
        self._stamps = self._look()
        self._version = self._read()

    def version(self, *, is_edited: bool) -> Version:
        """The files as they were read, or as they are now where they may have been edited since."""
        if is_edited and (stamps := self._look()) != self._stamps:
            # A file that an editor is replacing at this moment is read by the next request.
            with contextlib.suppress(FileNotFoundError):
                self._version = self._read()
                self._stamps = stamps
        return self._version

    def _look(self) -> dict[str, tuple[int, int]]:
        """When each file was changed, and how long it is."""
        found = {}
        for name, path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                found[name] = status.st_mtime_ns, status.st_size
        return found

    def _read(self) -> Version:
        contents = {name: path.read_bytes() for name, path in sorted(self._paths())}
        if SHELL not in contents:
            raise FileNotFoundError(self._path / SHELL)
        version = sha256()
        for name, content in contents.items():
            version.update(f"{name}\0{len(content)}\0".encode() + content)
        named = version.hexdigest()[:_LENGTH]
        values = {
            b"{{version}}": named.encode(),
            b"{{routes}}": contents.get(ROUTES, b"[]"),
            b"{{timezone}}": self._timezone.encode(),
        }
        for name in AT_ROOT:
            for placeholder, value in values.items():
                if name in contents:
                    contents[name] = contents[name].replace(placeholder, value)
        return Version(named, {name: Asset(name, content) for name, content in contents.items()})

    def _paths(self) -> Iterator[tuple[str, Path]]:
        """Every file that may be served: of a known type, not hidden, and inside the folder wherever a link leads."""
        for path in self._path.rglob("*"):
            name = path.relative_to(self._path)
            is_hidden = any(part.startswith(".") for part in name.parts)
            if path.suffix in TYPES and not is_hidden and path.is_file() and self._contains(path):
                yield name.as_posix(), path

    def _contains(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._path)
