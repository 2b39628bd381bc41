"""Storage of uploaded files: atomic writes, under generated names.

No part of a path comes from the client (path traversal). The rest of the project knows only the four methods of a
`Store`, so that S3 can replace the disk.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Container, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from time import time
from typing import Protocol
from uuid import uuid4

from flask import Flask, current_app

from app.errors.requests import StorageFull
from app.settings import settings

_EXTENSION = "rollcall-storage"

_NAME = re.compile(r"[a-z]{1,20}/[0-9a-f]{2}/[0-9a-f]{32}(?:-[a-z]{1,10})?\.[a-z0-9]{1,5}")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class Store(Protocol):
    """Where files are kept."""

    def put(self, name: str, content: bytes) -> None: ...

    def get(self, name: str) -> bytes | None: ...

    def remove(self, name: str) -> None: ...

    def older_than(self, age: timedelta, folder: str) -> Iterator[str]: ...


class Disk:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> None:
        """Write a temporary file, then rename it: readers see the whole file or none, also after a power failure."""
        target = self.root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(dir=target.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).replace(target)
            except OSError:
                Path(beside).unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull from error
            raise

    def get(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / name).read_bytes()
        return None

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def older_than(self, age: timedelta, folder: str) -> Iterator[str]:
        """The names of files older than `age`, including those that a crash left half written."""
        latest = time() - age.total_seconds()
        for file in (self.root / folder).glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < latest:
                    yield str(file.relative_to(self.root))


def init_app(app: Flask) -> None:
    with app.app_context():
        app.extensions[_EXTENSION] = Disk(Path(settings().media_dir).absolute())


def keep(folder: str, content: bytes, *, suffix: str) -> str:
    """Store a new file and return its name, which cannot be guessed."""
    stem = uuid4().hex
    name = f"{folder}/{stem[:2]}/{stem}.{suffix}"
    _store().put(name, content)
    return name


def keep_together(folder: str, contents: Mapping[str, bytes], *, suffix: str) -> str:
    """Store new files that belong together, and return what the name of each begins with: `<stem>-<key>.<suffix>`."""
    unique = uuid4().hex
    stem = f"{folder}/{unique[:2]}/{unique}"
    for key, content in contents.items():
        _store().put(f"{stem}-{key}.{suffix}", content)
    return stem


def read(name: str) -> bytes | None:
    """The file of this name, if it is one of ours."""
    return _store().get(name) if _NAME.fullmatch(name) else None


def remove(name: str) -> None:
    if _NAME.fullmatch(name):
        _store().remove(name)


def remove_all_but(named: Container[str | None], folder: str, *, older_than: timedelta) -> int:
    """Remove the files of a folder that are not among these names, and return how many. Younger files are kept."""
    unnamed = [name for name in _store().older_than(older_than, folder) if name not in named]
    for name in unnamed:
        _store().remove(name)
    return len(unnamed)


def url_of(name: str) -> str:
    """The public URL of a file."""
    return f"{settings().public_url}/media/{name}"


def _store() -> Store:
    store: Store = current_app.extensions[_EXTENSION]
    return store


def _sync_folder(folder: Path) -> None:
    """Make sure that the directory entry is on the disk as well, not only the content."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
