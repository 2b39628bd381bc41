"""Parsers of settings: each takes the text of a variable and raises ValueError with what it must be."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from sentinel_urls import is_of_sentinels, sentinel_url

LOGO_TYPES = (".svg", ".png", ".jpg", ".jpeg")
MOST_LOGO_BYTES = 200 * 1024
MOST_NAME_LETTERS = 100
KEY_BYTES = 32
_FROM_URL_SAFE = str.maketrans("-_", "+/")


def text(value: str) -> str:
    return value


def whole(minimum: int, maximum: int = 2**31 - 1) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,12}", value):
            raise ValueError("must be a whole number")
        if not minimum <= int(value) <= maximum:
            raise ValueError(f"must be between {minimum} and {maximum}")
        return int(value)

    return parse


def seconds(value: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(?:\.[0-9]{1,6})?", value) or not 0 < float(value) < 86_400:
        raise ValueError("must be between 0 and 86400 seconds")
    return float(value)


def share(value: str) -> float:
    if not re.fullmatch(r"[01](?:\.[0-9]{1,9})?", value) or float(value) > 1:
        raise ValueError("must be between 0 and 1")
    return float(value)


def switch(value: str) -> bool:
    words = {
        "on": True,
        "true": True,
        "1": True,
        "yes": True,
        "off": False,
        "false": False,
        "0": False,
        "no": False,
    }
    if value.lower() not in words:
        raise ValueError("must be on or off")
    return words[value.lower()]


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return value.lower()

    return parse


def ladder(value: str) -> tuple[int, ...]:
    if not re.fullmatch(r"[0-9]{1,7}(?: *, *[0-9]{1,7})*", value):
        raise ValueError("must be seconds, separated by commas")
    return tuple(int(step) for step in value.split(","))


class Rate(NamedTuple):
    """An amount per number of seconds."""

    amount: int
    seconds: int


_RATE = re.compile(r"([1-9][0-9]{0,6}) ?/ ?(?:([1-9][0-9]{0,3}) ?)?(second|minute|hour|day)s?")
_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def rate(value: str) -> Rate:
    read = _RATE.fullmatch(value.lower())
    if read is None:
        raise ValueError("must be a rate such as 100/hour or 10/5 minutes")
    return Rate(int(read[1]), int(read[2] or 1) * _UNITS[read[3]])


_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_HOST = re.compile(r"\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\]")


def origins(value: str) -> tuple[str, ...]:
    """Origins as browsers write them. No wildcard, and never `null`, which any page can claim to be."""
    origins = _listed(value)
    for number, origin in enumerate(origins, start=1):
        if origin != "local" and not _ORIGIN.fullmatch(origin):
            raise ValueError(
                f"must be origins such as https://app.example.org, and number {number} is not one"
            )
    return origins


def hosts(value: str) -> tuple[str, ...]:
    hosts = _listed(value)
    for number, host in enumerate(hosts, start=1):
        if not _HOST.fullmatch(host):
            raise ValueError(
                f"must be host names such as rollcall.example.org, and number {number} is not one"
            )
    return hosts


def _listed(value: str) -> tuple[str, ...]:
    named = tuple(each.strip() for each in value.split(",") if each.strip())
    return () if named == ("none",) else named


def postgres(value: str) -> str:
    """The URL with its driver: SQLAlchemy 2.1 takes a bare `postgresql://` as psycopg 3, and this project uses psycopg2."""
    for prefix in ("postgres://", "postgresql://"):
        if value.startswith(prefix):
            value = "postgresql+psycopg2://" + value.removeprefix(prefix)
    try:
        if make_url(value).drivername == "postgresql+psycopg2":
            return value
    except ArgumentError:
        pass
    raise ValueError("must be a postgresql:// URL")


def optional(parse: Callable[[str], str]) -> Callable[[str], str]:
    """The same, and an empty text for a setting that is not given."""
    return lambda value: parse(value) if value else ""


def redis(value: str) -> str:
    if is_of_sentinels(value):
        sentinel_url(value)
        return value
    read = _parts(value)
    if read is None or read.scheme not in {"redis", "rediss", "unix"} or "," in (read.hostname or ""):
        raise ValueError("must be a redis:// or redis+sentinel:// URL")
    return value


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL, None for what is not one. The library's own error may repeat a password."""
    try:
        read = urlsplit(url)
        return read if read.port is None or read.port else None
    except ValueError:
        return None


def web_url(value: str) -> str:
    read = _parts(value)
    if read is None or read.scheme not in {"http", "https"} or not read.hostname or _has_more(read):
        raise ValueError(
            "must be a URL such as https://rollcall.example.org, without user, query and fragment"
        )
    return value.rstrip("/")


def _has_more(read: SplitResult) -> bool:
    return bool(read.username or read.password or read.query or read.fragment)


def level(value: str) -> str:
    return choice("debug", "info", "warning", "error")(value).upper()


def sender(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1]):
        raise ValueError("must be a sender such as Rollcall <no-reply@rollcall.example.org>")
    return value


def zone(value: str) -> ZoneInfo:
    """A name of the IANA database. `localtime` is not accepted: it differs from machine to machine."""
    if re.fullmatch(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", value) and value != "localtime":
        with suppress(ValueError, OSError, KeyError):  # no such file, or a folder of zones
            return ZoneInfo(value)
    raise ValueError("must be a time zone of the IANA database, such as Europe/Zurich")


def color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("must be a color such as #00586f")
    return value.lower()


def picture(value: str) -> str:
    """The path of a picture to print, or nothing. It is read again for each print, so it must be there at the start."""
    file = Path(value)
    if not value:
        return value
    if file.suffix.lower() not in LOGO_TYPES:
        raise ValueError(f"must be a file that ends in {', '.join(LOGO_TYPES)}")
    if not file.is_file() or file.stat().st_size > MOST_LOGO_BYTES:
        raise ValueError(f"must be a file of at most {MOST_LOGO_BYTES // 1024} KiB")
    return value


def single_line(value: str) -> str:
    if not 0 < len(value) <= MOST_NAME_LETTERS or not value.isprintable():
        raise ValueError(f"must be one line of at most {MOST_NAME_LETTERS} characters")
    return value


def signing_key(value: str) -> str:
    """The 32 bytes of an Ed25519 private key in base64. The value is a secret, and no error repeats it."""
    if value and not _is_key(value):
        raise ValueError("must be 32 bytes in base64, as `openssl rand -base64 32` prints them")
    return value


def public_keys(value: str) -> tuple[str, ...]:
    keys = _listed(value)
    if not all(map(_is_key, keys)):
        raise ValueError("must be Ed25519 public keys of 32 bytes in base64, separated by commas")
    return keys


def _is_key(value: str) -> bool:
    try:
        return len(b64decode(value.translate(_FROM_URL_SAFE), validate=True)) == KEY_BYTES
    except ValueError:
        return False


def currency(value: str) -> str:
    if len(value) != 3 or not value.isascii() or not value.isalpha():
        raise ValueError("must be a three-letter ISO 4217 code")
    return value.upper()
