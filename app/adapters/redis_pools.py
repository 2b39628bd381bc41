"""Connection pools for a Redis URL: of one server, or of the primary that Sentinels name.

Every new connection asks the Sentinels which server is the primary, so that a failover needs nothing but connecting again.
Asking and connecting together take no longer than connecting to one server may.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlencode

from redis import ConnectionPool, Redis, SSLConnection
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import MasterDownError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry
from redis.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
)

from sentinel_urls import SentinelUrl, is_of_sentinels, sentinel_url

LEAST_SECONDS = 0.01

_NOT_PRIMARY = ("READONLY", "UNBLOCKED", "NOREPLICAS")
"""In replies without a class of their own: of a script on a replica, of a blocking command, of `min-replicas-to-write`."""

Answer = TypeVar("Answer")


class NotPrimary(NotConnected):
    """The server is no primary, or not any more: it became a replica, or has lost its own. Connect again."""


class NoPrimary(TooSlow):
    """No Sentinel names a primary, or none has answered in time: to ask again at once would double the wait."""


class PrimaryConnection(SentinelManagedConnection):
    """A connection to the server that is the primary when it connects.

    redis-py asks the Sentinels in `connect` only, and connects to the former primary again where a command finds the
    connection closed (redis/redis-py#3874). Here each new socket asks. It also keeps this kind of connection after a reply
    that came too late or was not waited for, which would be taken for the reply to the next command.
    """

    def _connect_retry(self) -> None:
        if not self.is_connected:
            self.connect_check_health(check_health=False, retry_socket_connect=False)

    def _connect(self) -> socket.socket:
        limit = self.socket_connect_timeout
        until = monotonic() + (limit or 0.0)
        try:
            self.host, self.port = self.connection_pool.get_master_address()
        except MasterNotFoundError as error:
            raise NoPrimary("no Sentinel names a primary") from error
        try:
            self.socket_connect_timeout = _left(until)
            connected: socket.socket = super()._connect()
        finally:
            self.socket_connect_timeout = limit
        connected.settimeout(_left(until))
        return connected

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        return super().read_response(*arguments, **{"disconnect_on_error": True, **options})

    def on_connect_check_health(self, *arguments: Any, **options: Any) -> None:
        """Greet the server in what is left of the time to connect: one that hangs accepts connections, too."""
        super().on_connect_check_health(*arguments, **options)
        connected = self._get_socket()
        if connected is not None:
            connected.settimeout(self.socket_timeout)


class PrimaryTlsConnection(PrimaryConnection, SSLConnection):
    """The same over TLS."""


def pool(url: str, *, socket_connect_timeout: float, **options: Any) -> ConnectionPool:
    """A pool for this URL. What the URL's query says goes before the options.

    :param socket_connect_timeout: seconds to find and to reach the server
    """
    options["socket_connect_timeout"] = socket_connect_timeout
    if is_of_sentinels(url):
        return _pool_of_sentinels(sentinel_url(url), options)
    return ConnectionPool.from_url(url, **options)


def direct(client: Redis) -> Redis:
    """A client of the server that is the primary now, which does not follow a failover; any other client as it is."""
    watched = client.connection_pool
    if not isinstance(watched, SentinelConnectionPool):
        return client
    options = {name: value for name, value in watched.connection_kwargs.items() if name != "connection_pool"}
    if issubclass(watched.connection_class, SSLConnection):
        options["connection_class"] = SSLConnection
    host, port = watched.get_master_address()
    return Redis.from_pool(ConnectionPool(**{**options, "host": host, "port": port}))


def of_primary(exchange: Callable[[], Answer]) -> Answer:
    """The answer of a primary.

    :raises NotPrimary: the server has answered that it is none
    """
    try:
        return exchange()
    except ResponseError as error:
        if isinstance(error, ReadOnlyError | MasterDownError) or any(
            word in str(error) for word in _NOT_PRIMARY
        ):
            raise NotPrimary("the server is not the primary") from error
        raise


def _pool_of_sentinels(url: SentinelUrl, options: dict[str, Any]) -> ConnectionPool:
    ours = {name: value for name, value in url.options.items() if not name.startswith("sentinel_")}
    options |= {"db": url.database, "username": url.username or None, "password": url.password or None}
    options |= _parsed(ours)
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    # One after the other is asked, and time must be left for the primary.
    share = options["socket_connect_timeout"] / (len(url.hosts) + 1)
    sentinels = Sentinel(
        url.hosts,
        sentinel_kwargs={
            "username": url.options.get("sentinel_username"),
            "password": url.options.get("sentinel_password"),
            "socket_timeout": share,
            "socket_connect_timeout": share,
            # A Sentinel that does not answer is not asked again: the next one is.
            "retry": Retry(NoBackoff(), 0),
            **({"ssl": True} if url.is_tls else {}),
            **tls,
        },
    )
    kind = PrimaryTlsConnection if url.is_tls else PrimaryConnection
    return SentinelConnectionPool(url.service, sentinels, connection_class=kind, **options)


def _left(until: float) -> float:
    return max(LEAST_SECONDS, until - monotonic())


def _parsed(options: dict[str, str]) -> dict[str, Any]:
    """The options of a URL's query, as redis-py reads those of `redis://`."""
    return dict(parse_url(f"redis://?{urlencode(options)}"))
