"""Checks of the settings in production. Each rule finds plain mistakes; a setting that an operator may want passes.

A sentence never repeats a value, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from sqlalchemy import make_url

from config import Config
from sentinel_urls import is_of_sentinels, sentinel_url

MINIMUM_SECRET_BYTES = 32
MINIMUM_TOKEN_LENGTH = 16
FEWEST_CHARACTERS = 6
"""A secret with fewer different characters was typed, not drawn at random."""

MOST = {
    "access_token_minutes": (1_440, "a day"),
    "refresh_token_days": (366, "a year"),
    "refresh_grace_seconds": (300, "five minutes: a stolen token would go unnoticed for as long"),
    "reset_token_minutes": (1_440, "a day"),
    "verification_token_hours": (90 * 24, "90 days"),
    "invitation_token_hours": (90 * 24, "90 days"),
    "trusted_proxies": (10, "10: clients could choose the IP address that they are counted by"),
    "password_hash_memory_kib": (1_048_576, "1 GiB: a few logins would use all memory"),
}
MOST_AN_HOUR = {"ratelimit_login_name": 600, "ratelimit_mail_recipient": 60}

# The least of what OWASP considers equal for Argon2id: 7 MiB and 5 passes, 9 and 4, 12 and 3, 19 and 2, 46 and 1.
LEAST_HASH_MEMORY_KIB = 7_168
LEAST_HASH_WORK = 5 * 7_168

_PLACEHOLDER = re.compile(
    r"change.?(?:me|this|it)|replace.?(?:me|this)|place.?holder|your.?(?:own.?)?secret|development|example"
    r"|password|01234567|abcdefgh|qwerty",
    re.IGNORECASE,
)
_USUAL_PASSWORDS = {
    *("admin", "changeme", "default", "example", "password", "postgres", "redis", "rollcall", "root"),
    *("secret", "test", "valkey", "123456", "12345678", "123456789"),
}
_RESERVED_DOMAIN = re.compile(r"(?:^|\.)(?:example|invalid|localhost|test)$", re.IGNORECASE)
_ON = {"1", "true", "on", "yes"}


def mistakes(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each mistake, which begins with the setting."""
    for rule in _RULES:
        yield from rule(config, environ)


def _secrets(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    for name in ("secret_key", "jwt_secret_key"):
        secret = getattr(config, name)
        if len(secret.encode()) < MINIMUM_SECRET_BYTES or _is_guessable(secret):
            yield f"{name.upper()} must be a secret of your own, at least {MINIMUM_SECRET_BYTES} bytes drawn at random"
    if config.secret_key == config.jwt_secret_key:
        yield "SECRET_KEY and JWT_SECRET_KEY must differ"


def _token(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    token = config.metrics_token
    if token in {config.secret_key, config.jwt_secret_key}:
        yield "METRICS_TOKEN must not be one of the signing secrets: every reader of the metrics would know it"
    elif token and (len(token) < MINIMUM_TOKEN_LENGTH or _is_guessable(token)):
        yield f"METRICS_TOKEN must be at least {MINIMUM_TOKEN_LENGTH} characters drawn at random"


def _is_guessable(secret: str) -> bool:
    is_repeated = secret in (secret + secret)[1:-1]
    return is_repeated or len(set(secret)) < FEWEST_CHARACTERS or _PLACEHOLDER.search(secret) is not None


def _addresses(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    address = urlsplit(config.public_url)
    host = address.hostname or ""
    is_https_wanted = config.force_https != "off"
    if is_https_wanted and address.scheme != "https":
        yield "PUBLIC_URL must begin with https://, or FORCE_HTTPS be off: plain HTTP is redirected to it"
    elif _leads_nowhere(host) or (is_https_wanted and _is_this_machine(host)):
        yield "PUBLIC_URL must name a host that clients can reach: it is in every link"
    if config.trusted_hosts and not any(_covers(trusted, host) for trusted in config.trusted_hosts):
        yield "TRUSTED_HOSTS must contain the host of PUBLIC_URL: links to it would be 404"
    if is_https_wanted and any(origin.startswith("http://") for origin in config.cors_origins):
        yield "CORS_ORIGINS must begin with https://: a page that is sent without it can be changed on the way"


def _covers(trusted: str, host: str) -> bool:
    return host == trusted.strip("[]").lstrip(".") or (trusted.startswith(".") and host.endswith(trusted))


def _leads_nowhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _files(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    if config.media_store == "s3":
        missing = [
            name.upper()
            for name in ("s3_bucket", "s3_access_key_id", "s3_secret_access_key")
            if not getattr(config, name)
        ]
        if missing:
            yield f"{', '.join(missing)} must be set where MEDIA_STORE is s3"
        if config.s3_endpoint_url.startswith("http://"):
            yield "S3_ENDPOINT_URL must begin with https://: private files would be sent in the clear"
    elif config.media_accel_path and not config.media_accel_path.startswith("/"):
        yield "MEDIA_ACCEL_PATH must be a location of nginx, such as /stored"


def _switches(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    if not config.ratelimit_enabled:
        yield "RATELIMIT_ENABLED must be on: passwords could be guessed without limit"
    if environ.get("FLASK_DEBUG", "").lower() not in {"", "0", "false", "no"}:
        yield "FLASK_DEBUG must be off: its error pages show code and secrets"
    if environ.get("DEMO_DATA", "").lower() in _ON:
        yield "DEMO_DATA must be off: its users have public passwords"


def _amounts(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    for name, (most, sentence) in MOST.items():
        if getattr(config, name) > most:
            yield f"{name.upper()} must be at most {sentence}"
    for name, most in MOST_AN_HOUR.items():
        rate = getattr(config, name)
        if rate.amount * 3_600 > most * rate.seconds:
            yield f"{name.upper()} must be at most {most} an hour"
    if config.access_token_minutes > config.refresh_token_days * 1_440:
        yield "ACCESS_TOKEN_MINUTES must not outlast REFRESH_TOKEN_DAYS"
    memory, passes = config.password_hash_memory_kib, config.password_hash_passes
    if memory < LEAST_HASH_MEMORY_KIB or memory * passes < LEAST_HASH_WORK:
        yield "PASSWORD_HASH_MEMORY_KIB and PASSWORD_HASH_PASSES must cost an attacker as much as 19456 and 2, or 7168 and 5"


def _mail(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    if config.mail_transport != "smtp":
        yield "MAIL_TRANSPORT must be smtp: file and log send nothing, and count mail as sent"
    if _RESERVED_DOMAIN.search(parseaddr(config.mail_from)[1].rpartition("@")[2]):
        yield "MAIL_FROM must be a sender of your own: its domain cannot exist"
    if bool(config.mail_username) != bool(config.mail_password):
        yield "MAIL_USERNAME and MAIL_PASSWORD must be given together"
    if config.mail_password and config.mail_security == "none" and not _is_this_machine(config.mail_host):
        yield "MAIL_SECURITY must be starttls or tls: MAIL_PASSWORD would be sent unencrypted"
    if config.mail_port == 465 and config.mail_security != "tls":
        yield "MAIL_SECURITY must be tls with MAIL_PORT 465: client and server would wait for each other"


def _servers(config: Config, _: Mapping[str, str]) -> Iterator[str]:
    for name in ("database_url", "database_direct_url", "database_replica_url"):
        database = make_url(getattr(config, name) or "postgresql://")
        if _is_usual(database.username, str(database.password or "")):
            yield f"{name.upper()} must have a password that is not a common one"
        if (database.database or "").startswith("rollcall_test_"):
            yield f"{name.upper()} must not name a database of the tests: they drop it"
    if any(_is_usual(*account) for account in _accounts_of_redis(config.redis_url)):
        yield "REDIS_URL must have a password that is not a common one"


def _accounts_of_redis(url: str) -> Iterator[tuple[str | None, str | None]]:
    """Names and passwords, of the servers and of the Sentinels."""
    if is_of_sentinels(url):
        read = sentinel_url(url)
        yield read.username, read.password
        yield read.options.get("sentinel_username"), read.options.get("sentinel_password")
    else:
        parts = urlsplit(url)
        yield unquote(parts.username or ""), unquote(parts.password or "")


def _is_usual(name: str | None, password: str | None) -> bool:
    tried = (password or "").lower()
    return tried != "" and tried in {*_USUAL_PASSWORDS, (name or "").lower()}


_RULES: tuple[Callable[[Config, Mapping[str, str]], Iterator[str]], ...] = (
    _secrets,
    _token,
    _addresses,
    _switches,
    _files,
    _amounts,
    _mail,
    _servers,
)
