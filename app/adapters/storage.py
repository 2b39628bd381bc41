"""Storage of uploaded files, on a disk or in an S3-compatible store: atomic writes, under generated names.

No part of a path comes from the client (path traversal). The rest of the project knows only the functions of this module,
which keep to what a `Store` can do.

What is uploaded arrives in a `Draft`, a temporary file beside the others: a file of any size is received without being
held in memory, and becomes visible by a rename, whole or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import re
import tempfile
from collections.abc import Container, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from time import time
from typing import BinaryIO, Protocol
from uuid import uuid4

from flask import Flask, current_app

from app.errors.requests import StorageFull
from app.settings import settings

_EXTENSION = "rollcall-storage"

_NAME = re.compile(r"[a-z]{1,20}/[0-9a-f]{2}/[0-9a-f]{32}(?:-[a-z]{1,10})?\.[a-z0-9]{1,5}")
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Errors of a full disk, a quota, and the limit of a process (`ulimit -f`)."""

DRAFTS = "drafts"
"""The folder of files that are being received."""

DRAFTS_KEPT = timedelta(hours=24)
"""Longer than any request takes: an older one is what a crash left."""


class Draft:
    """A file that is being received. It is removed when it is closed, unless the store has taken it."""

    is_in_store = True

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(dir=folder, prefix=".")
        self.path = Path(path)
        self.file: BinaryIO = os.fdopen(handle, "w+b", buffering=0)
        self.read, self.seek, self.fileno = self.file.read, self.file.seek, self.file.fileno
        self.truncate = self.file.truncate

    def write(self, piece: bytes) -> int:
        """Write all of it: a file without a buffer may take less, where the disk has room for less."""
        rest = memoryview(piece)
        while rest:
            rest = rest[self.file.write(rest) :]
        return len(piece)

    def close(self) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)


@contextlib.contextmanager
def refusing_when_full() -> Iterator[None]:
    """Refuse with 507 what fails because the disk, or the account's share of it, is full."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull from error
        raise


class Store(Protocol):
    """Where files are kept."""

    def put(self, name: str, content: bytes) -> None: ...

    def take(self, name: str, draft: Draft, headers: Mapping[str, str]) -> None:
        """Keep a received file.

        :param headers: `Content-Type` and `Content-Disposition` of the responses of a store that sends it itself
        """

    def get(self, name: str) -> bytes | None: ...

    def open(self, name: str) -> BinaryIO | None:
        """The file, open for reading; None where it is not on this machine."""

    def link(self, name: str, *, method: str, seconds: int) -> str | None:
        """A URL at which a client gets the file from the store itself; None where the application sends it."""

    def exists(self, name: str) -> bool: ...

    def remove(self, name: str) -> None: ...

    def older_than(self, age: timedelta, folder: str) -> Iterator[str]: ...


class Disk:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: bytes) -> None:
        """Write a temporary file, then rename it: readers see the whole file or none, also after a power failure."""
        with refusing_when_full():
            draft = Draft(self.root / DRAFTS)
        try:
            with refusing_when_full():
                draft.write(content)
            self.take(name, draft, {})
        finally:
            draft.close()

    def take(self, name: str, draft: Draft, _headers: Mapping[str, str]) -> None:
        target = self.root / name
        with refusing_when_full():
            if settings().media_accel_path:
                # nginx reads the files under an account of its own.
                os.fchmod(draft.file.fileno(), 0o644)
            os.fsync(draft.file.fileno())
            target.parent.mkdir(parents=True, exist_ok=True)
            draft.path.replace(target)
            _sync_folder(target.parent)

    def get(self, name: str) -> bytes | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / name).read_bytes()
        return None

    def open(self, name: str) -> BinaryIO | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / name).open("rb", buffering=0)
        return None

    def link(self, _name: str, *, method: str, seconds: int) -> str | None:
        del method, seconds
        return None

    def exists(self, name: str) -> bool:
        return (self.root / name).is_file()

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
        known = settings()
        if known.media_store == "s3":
            # Where files are on the disk, no process loads what talks to S3.
            bucket = importlib.import_module("app.adapters.s3_store").Bucket(known)
            app.extensions[_EXTENSION] = bucket
        else:
            app.extensions[_EXTENSION] = Disk(Path(known.media_dir).absolute())


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


def draft() -> Draft:
    """A new file to receive an upload in."""
    with refusing_when_full():
        return open_draft()


def open_draft() -> Draft:
    """The same; without room for it OSError."""
    return Draft(Path(settings().media_dir).absolute() / DRAFTS)


def take(folder: str, received: Draft, *, suffix: str, headers: Mapping[str, str]) -> str:
    """Keep a received file, and return its name, which cannot be guessed.

    :param headers: `Content-Type` and `Content-Disposition`, for a store that sends it itself
    """
    stem = uuid4().hex
    name = f"{folder}/{stem[:2]}/{stem}.{suffix}"
    _store().take(name, received, headers)
    return name


def read(name: str) -> bytes | None:
    """The file of this name, if it is one of ours."""
    return _store().get(name) if _NAME.fullmatch(name) else None


def open_file(name: str) -> BinaryIO | None:
    """The same, open for reading, where it is on this machine."""
    return _store().open(name) if _NAME.fullmatch(name) else None


def link(name: str, *, method: str, seconds: int) -> str | None:
    """A short-lived URL at which the store itself sends the file, where it does."""
    return _store().link(name, method=method, seconds=seconds)


def exists(name: str) -> bool:
    """Whether the file is there; on a disk, on that of this machine."""
    return _NAME.fullmatch(name) is not None and _store().exists(name)


def remove(name: str) -> None:
    if _NAME.fullmatch(name):
        _store().remove(name)


def remove_all_but(named: Container[str | None], folder: str, *, older_than: timedelta) -> int:
    """Remove the files of a folder that are not among these names, and return how many. Younger files are kept."""
    unnamed = [name for name in _store().older_than(older_than, folder) if name not in named]
    for name in unnamed:
        _store().remove(name)
    return len(unnamed)


def remove_drafts() -> int:
    """Remove received files that a crash left, and return how many."""
    latest, removed = time() - DRAFTS_KEPT.total_seconds(), 0
    for file in (Path(settings().media_dir).absolute() / DRAFTS).glob(".*"):
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mtime < latest:
                file.unlink()
                removed += 1
    return removed


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
