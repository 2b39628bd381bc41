"""URLs that name the Sentinels of Redis in place of a server: `redis+sentinel://`, and `rediss+sentinel://` over TLS."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26_379
SENTINEL_ACCOUNT = ("sentinel_username", "sentinel_password")
_SENTINEL_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")


class SentinelUrl(NamedTuple):
    """The parts of `redis+sentinel://user:password@host:26379,host:26379/service/0?option=value`."""

    is_tls: bool
    hosts: tuple[tuple[str, int], ...]
    """of the Sentinels, with their ports"""
    service: str
    """the name under which the Sentinels know the servers"""
    username: str
    password: str
    """of the servers; the Sentinels have `sentinel_username` and `sentinel_password` among the options"""
    database: int
    options: dict[str, str]


def is_of_sentinels(url: str) -> bool:
    return url.partition("://")[0].lower() in SENTINEL_SCHEMES


def sentinel_url(url: str) -> SentinelUrl:
    """Read by hand: for the library, a list of hosts is a bad port."""
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    server, _, path = rest.partition("/")
    account, _, named = server.rpartition("@")
    username, _, password = account.partition(":")
    service, _, database = path.partition("/")
    if not service:
        raise ValueError(
            "must name the service after the Sentinels, as in redis+sentinel://a:26379,b:26379/mymaster"
        )
    options = dict(parse_qsl(query))
    unknown = [name for name in options if name.startswith("sentinel_") and name not in SENTINEL_ACCOUNT]
    if unknown:
        raise ValueError(
            f"may have {' and '.join(SENTINEL_ACCOUNT)} in its query, and nothing else for the Sentinels"
        )
    if not re.fullmatch(r"[0-9]{0,5}", database):
        raise ValueError("must end with the service, or with a slash and the number of the database")
    return SentinelUrl(
        is_tls=scheme.lower() == "rediss+sentinel",
        hosts=tuple(_sentinel(host, number) for number, host in enumerate(named.split(","), start=1)),
        service=unquote(service),
        username=unquote(username),
        password=unquote(password),
        database=int(database or 0),
        options=options,
    )


def _sentinel(address: str, number: int) -> tuple[str, int]:
    read = _SENTINEL_HOST.fullmatch(address.strip())
    port = int(read[2] or SENTINEL_PORT) if read else 0
    if read is None or not 0 < port < 65_536:
        raise ValueError(
            f"must name Sentinels as host:port, separated by commas, and number {number} is not one"
        )
    return read[1].strip("[]"), port
