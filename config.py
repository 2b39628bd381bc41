"""Every setting: its default, its parser (`setting_parsers.py`) and its description.

`environment.py` reads them. `.env.example` lists the same settings with the same defaults; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from setting_parsers import (
    Rate,
    choice,
    color,
    currency,
    hosts,
    ladder,
    level,
    optional,
    origins,
    picture,
    postgres,
    public_keys,
    rate,
    redis,
    seconds,
    sender,
    share,
    signing_key,
    single_line,
    switch,
    text,
    web_url,
    whole,
    zone,
)

DEVELOPMENT_SECRET = "development-only-secret-do-not-deploy"  # refused in production
DIRECT = "direct"
"""The name of the engine of `DATABASE_DIRECT_URL`."""

REPLICA = "replica"
"""The name of the engine of `DATABASE_REPLICA_URL`."""

SEARCH_LANGUAGES = (
    *("arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "finnish"),
    *("french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian"),
    *("lithuanian", "nepali", "norwegian", "portuguese", "romanian", "russian", "serbian", "simple"),
    *("spanish", "swedish", "tamil", "turkish", "yiddish"),
)
"""The text search configurations that every PostgreSQL from 15 on has."""


def _setting(default: str | None, parse: Callable[[str], Any], about: str) -> Any:
    """A field read from the variable of its own name in upper case; without a default it must be given."""
    metadata = {"default": default, "parse": parse, "about": about}
    if default is None:
        return field(metadata=metadata)
    return field(default_factory=lambda: parse(default), metadata=metadata)


def _socket_limits(seconds: int) -> dict[str, int]:
    """Libpq's parameters: how long the machine of the database may acknowledge nothing, whether data waits or not.

    The kernel repeats for a quarter of an hour by default, and the statement timeout ends with the machine that it is on.
    """
    if not seconds:
        return {}
    interval = max(1, seconds // 5)
    return {
        "tcp_user_timeout": seconds * 1_000,
        "keepalives_idle": max(1, seconds - 2 * interval),
        "keepalives_interval": interval,
        "keepalives_count": 2,
    }


def _read_only(engine: dict[str, Any]) -> dict[str, Any]:
    connect = engine["connect_args"]
    options = f"{connect['options']} -c default_transaction_read_only=on"
    return {**engine, "connect_args": {**connect, "options": options}}


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one application, in the units their names say."""

    database_url: str = _setting(None, postgres, "URL of the PostgreSQL database, version 15 or newer")
    database_direct_url: str = _setting(
        "",
        optional(postgres),
        "URL of the same database without a pooler such as PgBouncer, for the sweep, migrations and commands; empty:"
        " DATABASE_URL",
    )
    database_replica_url: str = _setting(
        "",
        optional(postgres),
        "URL of a streaming standby, from which the catalogue of visitors, exports and /dashboard/verify are read; empty:"
        " everything is read from DATABASE_URL",
    )
    replica_lag_seconds: float = _setting(
        "5", seconds, "seconds by which that standby may be behind; one that is further behind is not used"
    )
    database_socket_timeout_seconds: int = _setting(
        "5",
        whole(0, 3_600),
        "seconds without an answer of its machine after which a connection to PostgreSQL is given up; 0: as the URL or the system says",
    )
    database_patience_seconds: int = _setting(
        "5",
        whole(0, 60),
        "seconds from the beginning of an outage of PostgreSQL for which requests wait instead of being answered 503, as"
        " during a promotion",
    )
    redis_url: str = _setting(
        None,
        redis,
        "URL of Redis 6.2 or newer, for the job queue and the cache; of Sentinels:"
        " redis+sentinel://:password@one:26379,two:26379/service/0",
    )
    app_env: str = _setting(
        "development",
        choice("development", "production", "test"),
        "environment: development, production or test",
    )
    secret_key: str = _setting(DEVELOPMENT_SECRET, text, "secret that signs page cursors, at least 32 bytes")
    jwt_secret_key: str = _setting(
        DEVELOPMENT_SECRET, text, "secret that signs access and refresh tokens, at least 32 bytes"
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000", web_url, "URL at which clients reach the platform; links begin with it"
    )
    log_level: str = _setting(
        "INFO", level, "least severe level that is logged: DEBUG, INFO, WARNING or ERROR"
    )
    log_format: str = _setting(
        "auto",
        choice("auto", "line", "json"),
        "format of log entries: line (to read), json (to collect); auto: json in production, else line",
    )
    cors_origins: tuple[str, ...] = _setting(
        "local",
        origins,
        "origins whose pages may call (CORS), separated by commas; local: in development this machine and Hoppscotch; or none",
    )
    force_https: str = _setting(
        "auto",
        choice("auto", "on", "off"),
        "on: redirects plain HTTP to PUBLIC_URL and sends HSTS; auto: on in production",
    )
    hsts_seconds: int = _setting(
        "31536000",
        whole(0),
        "seconds for which browsers use HTTPS only (HSTS); 0: ends it in browsers that know it",
    )
    trusted_proxies: int = _setting(
        "0", whole(0), "number of proxies in front whose X-Forwarded-For and X-Forwarded-Proto are trusted"
    )
    trusted_hosts: tuple[str, ...] = _setting(
        "",
        hosts,
        "accepted names in the Host header, separated by commas; .example.org includes its subdomains; empty: any",
    )
    metrics_token: str = _setting("", text, "bearer token for /metrics; empty: only this machine may read it")
    prometheus_multiproc_dir: str = _setting(
        "", text, "folder in which the web workers share their metrics; empty: gunicorn.conf.py creates one"
    )
    traces_url: str = _setting(
        "",
        optional(web_url),
        "URL of a collector that receives traces as OTLP over HTTP, such as http://127.0.0.1:4318; needs requirements-traces.txt;"
        " empty: no traces",
    )
    traces_sample: float = _setting(
        "0.1",
        share,
        "share of the requests that are traced, from 0 to 1, where their `traceparent` does not say",
    )
    run_id: str = _setting(
        "", text, "id that /healthz returns, by which a supervisor recognizes its own process"
    )
    require_if_match: bool = _setting(
        "off", switch, "on: PUT, PATCH and DELETE require If-Match with the version that they change"
    )
    db_pool_size: int = _setting(
        "5",
        whole(1),
        "database connections that a web process keeps open; it may open as many more under load",
    )
    db_prepare: str = _setting(
        "auto",
        choice("auto", "off"),
        "auto: the statements of frequent requests are prepared on each database connection; off: for a pooler that changes"
        " connections between transactions, such as PgBouncer",
    )
    statement_timeout_ms: int = _setting(
        "15000", whole(100), "milliseconds after which a SQL statement of a request is cancelled"
    )
    chore_timeout_ms: int = _setting(
        "600000",
        whole(100),
        "milliseconds after which a SQL statement of the sweep's chores or of a command is cancelled",
    )

    access_token_minutes: int = _setting("60", whole(1), "minutes until an access token expires")
    refresh_token_days: int = _setting("7", whole(1), "days until a refresh token expires")
    jwt_leeway_seconds: int = _setting(
        "5", whole(0, 300), "seconds by which the clocks of servers that issue and check tokens may differ"
    )
    refresh_grace_seconds: int = _setting(
        "10", whole(0), "seconds in which a spent refresh token does not end its session"
    )
    password_hash_memory_kib: int = _setting("19456", whole(8), "memory of Argon2id password hashing, in KiB")
    password_hash_passes: int = _setting("2", whole(1), "passes of Argon2id password hashing")
    require_email_verification: bool = _setting(
        "on",
        switch,
        "on: users must confirm their email address before they log in; off: accounts are verified when they are created",
    )
    verification_token_hours: int = _setting(
        "24", whole(1), "hours until the token that confirms an email address expires"
    )
    reset_token_minutes: int = _setting(
        "60", whole(1), "minutes until the token that sets a forgotten password expires"
    )
    invitation_token_hours: int = _setting(
        "168",
        whole(1),
        "hours until the token that sets the first password of an account created by an admin expires",
    )
    instructor_signup: str = _setting(
        "request",
        choice("request", "open"),
        "request: an admin decides about an INSTRUCTOR sign-up; open: it gives the role at once",
    )
    instructor_reapply_days: int = _setting(
        "0", whole(0), "days to wait after a rejected instructor request before the next"
    )

    ratelimit_enabled: bool = _setting("on", switch, "off: disables rate limiting")
    ratelimit_anonymous: Rate = _setting("100/hour", rate, "requests from one IP address without a token")
    ratelimit_user: Rate = _setting("1000/hour", rate, "requests of one user")
    ratelimit_catalogue: Rate = _setting(
        "3000/hour", rate, "requests to public endpoints that read, from one IP address or of one user"
    )
    ratelimit_login_name: Rate = _setting(
        "5/5 minutes",
        rate,
        "failed logins with one name; an account has two, its email address and its username",
    )
    ratelimit_login_address: Rate = _setting(
        "50/5 minutes",
        rate,
        "failed logins from one IP address; users who have logged in from it before are exempt",
    )
    ratelimit_login_address_slow: Rate = _setting(
        "200/hour",
        rate,
        "failed logins from one IP address over a longer time: the wait grows with the failures",
    )
    ratelimit_login_everybody: Rate = _setting("1000/5 minutes", rate, "failed logins of all users together")
    client_patience_seconds: float = _setting(
        "20", seconds, "seconds that a client has to send a request, and one more for each 10 kB received"
    )
    drain_seconds: int = _setting(
        "0",
        whole(0, 300),
        "seconds that the web server serves on after SIGTERM while /readyz is 503, so that a load balancer notices; the"
        " image: 5",
    )
    ratelimit_hashing: Rate = _setting(
        "600/minute",
        rate,
        "passwords that one web process checks; the burst is the amount of four seconds",
    )
    ratelimit_login: Rate = _setting("300/5 minutes", rate, "logins from one IP address, successful or not")
    ratelimit_register: Rate = _setting("20/hour", rate, "registrations from one IP address")
    ratelimit_refresh: Rate = _setting(
        "600/hour", rate, "tokens refreshed or verified from one IP address, which many users may share"
    )
    ratelimit_mail_address: Rate = _setting(
        "10/hour", rate, "mails requested, and tokens of mails tried, from one IP address"
    )
    ratelimit_mail_recipient: Rate = _setting(
        "3/6 hours",
        rate,
        "mails of one kind requested for one recipient; each counts at most until its link expires",
    )
    ratelimit_pictures: Rate = _setting("20/hour", rate, "pictures that one user uploads")
    ratelimit_uploads: Rate = _setting("120/hour", rate, "files that one user uploads")
    ratelimit_instructor_request: Rate = _setting(
        "3/day", rate, "instructor requests of one user; each sends a mail to the admins"
    )
    ratelimit_bulk: Rate = _setting("60/hour", rate, "bulk calls of one user")

    timezone: ZoneInfo = _setting(
        "UTC", zone, "time zone in which days begin and end, by its IANA name such as Europe/Zurich"
    )
    default_currency: str = _setting("USD", currency, "ISO 4217 currency of a course that names none")
    course_approval: bool = _setting(
        "on",
        switch,
        "on: an admin approves a course before it is published; off: instructors publish their drafts",
    )
    publish_min_lessons: int = _setting(
        "1", whole(0), "fewest lessons of a course that is submitted or published"
    )
    search_language: str = _setting(
        "english",
        choice(*SEARCH_LANGUAGES),
        "language of full text search: a text search configuration of PostgreSQL",
    )
    paid_enrollment: str = _setting(
        "allow",
        choice("allow", "require"),
        "allow: priced courses open at once; require: they open once the enrollment is paid",
    )
    review_requires: str = _setting(
        "enrolled",
        choice("enrolled", "completed"),
        "who may review a course: enrolled or completed learners",
    )
    homework_completes: str = _setting(
        "submitted",
        choice("submitted", "graded"),
        "when a lesson of type ASSIGNMENT is done: once homework is submitted, or once it is graded",
    )
    notify_instructor_of_completion: bool = _setting(
        "off", switch, "on: completion notices go to the instructor as well"
    )

    watched_percent: int = _setting(
        "90", whole(1, 100), "percent of an uploaded video after which its lesson completes by itself"
    )
    video_completion: str = _setting(
        "marked",
        choice("marked", "watched"),
        "marked: learners may mark a video's lesson as done before; watched: they may not",
    )

    mail_transport: str = _setting(
        "log",
        choice("smtp", "file", "log"),
        "how mail is sent: smtp, the only one in production; file or log: written there and not sent",
    )
    mail_file_dir: str = _setting("mail", text, "folder in which MAIL_TRANSPORT=file writes mails")
    mail_host: str = _setting("127.0.0.1", text, "host of the SMTP server")
    mail_port: int = _setting("25", whole(1, 65_535), "port of the SMTP server")
    mail_security: str = _setting(
        "none", choice("none", "starttls", "tls"), "encryption of SMTP: none, starttls or tls"
    )
    mail_username: str = _setting("", text, "user name for SMTP; empty: no login")
    mail_password: str = _setting("", text, "password for SMTP")
    mail_timeout_seconds: float = _setting("20", seconds, "seconds after which one SMTP exchange is given up")
    mail_from: str = _setting(
        "Rollcall <no-reply@rollcall.example>",
        sender,
        "sender of every mail; in production a domain of your own",
    )
    mail_subject_prefix: str = _setting("", text, "prefix of every subject, such as [Rollcall]")
    mail_domain: str = _setting("rollcall.example", text, "domain of the Message-ID of every mail")

    media_dir: str = _setting(
        "media",
        text,
        "folder of uploaded files: the same for web, worker and sweep, another for each database",
    )

    media_check: str = _setting(
        "auto",
        choice("auto", "on", "off"),
        "on: /readyz is 503 while a node has none of the newest files, as one without the shared folder does;"
        " auto: on in production",
    )
    media_store: str = _setting(
        "disk",
        choice("disk", "s3"),
        "where files are: disk, in MEDIA_DIR; or s3, in a bucket (MEDIA_DIR receives them)",
    )
    s3_bucket: str = _setting("", text, "bucket of MEDIA_STORE=s3, which has to exist and must not be public")
    s3_prefix: str = _setting("", text, "what the names of objects in the bucket begin with; empty: nothing")
    s3_endpoint_url: str = _setting(
        "", text, "URL of a service other than Amazon's; clients have to reach it as well"
    )
    s3_region: str = _setting("us-east-1", text, "region of the bucket")
    s3_access_key_id: str = _setting("", text, "access key of the bucket")
    s3_secret_access_key: str = _setting("", text, "secret of the access key")
    s3_addressing: str = _setting(
        "path",
        choice("path", "virtual"),
        "where the name of the bucket is: in the path, or in the host name (virtual)",
    )
    media_accel_path: str = _setting(
        "",
        text,
        "location of nginx that has MEDIA_DIR, such as /stored: files are sent by nginx (X-Accel-Redirect); empty: by us",
    )
    file_link_seconds: int = _setting(
        "600",
        whole(30, 86_400),
        "seconds for which a link to a file is good at least; at most twice as long",
    )
    file_max_mb: int = _setting("100", whole(1, 2_000), "megabytes of a file of a lesson")
    video_max_mb: int = _setting("1024", whole(1, 2_000), "megabytes of a video of a lesson")
    course_quota_mb: int = _setting("20480", whole(1), "megabytes of the files of one course")
    user_quota_mb: int = _setting("51200", whole(1), "megabytes of the files that one user has uploaded")
    organization_name: str = _setting(
        "Rollcall", single_line, "name of the organization that issues the certificates"
    )
    certificate_logo: str = _setting(
        "",
        picture,
        "path of the logo on certificates, an SVG, PNG or JPEG of at most 200 KiB; empty: Rollcall's",
    )
    certificate_color: str = _setting("#00586f", color, "color of the heading of certificates")
    certificate_line_color: str = _setting("#d99a1c", color, "color of the margin line of certificates")
    badge_signing_key: str = _setting(
        "",
        signing_key,
        "Ed25519 private key that signs Open Badges, 32 bytes in base64; empty: none are issued in production, and in"
        " development the key is derived from SECRET_KEY",
    )
    badge_former_keys: tuple[str, ...] = _setting(
        "",
        public_keys,
        "Ed25519 public keys in base64, separated by commas, whose badges are still to be verified",
    )

    notice_lease_seconds: float = _setting(
        "60", seconds, "seconds for which a worker leases a notice; at least twice MAIL_TIMEOUT_SECONDS"
    )
    notice_retry_seconds: tuple[int, ...] = _setting(
        "30,60,120,300,600,1800,3600,3600,7200",
        ladder,
        "seconds between attempts at a mail, separated by commas; after the last a notice is FAILED",
    )
    notice_nudge_seconds: float = _setting(
        "60",
        seconds,
        "seconds after which a due notice is enqueued again, if no job in the queue is about it",
    )
    run_lease_seconds: float = _setting(
        "6",
        seconds,
        "seconds for which a worker leases a bulk run; another worker goes on with an abandoned one after them",
    )
    sweep_interval_seconds: float = _setting("5", seconds, "seconds between two sweeps of the outbox")
    redis_timeout_seconds: float = _setting(
        "0.2", seconds, "seconds that a request waits for Redis, with its Sentinels"
    )

    def for_flask(self) -> dict[str, Any]:
        """The same settings under the names that Flask and its extensions read."""
        engine = {
            "pool_size": self.db_pool_size,
            "max_overflow": self.db_pool_size,
            "pool_timeout": 5,
            "pool_recycle": 1800,
            # The text of an error is logged; the values that clients sent are not.
            "hide_parameters": self.app_env == "production",
            "connect_args": {
                "connect_timeout": 3,
                "gssencmode": "disable",
                "application_name": "rollcall",
                **_socket_limits(self.database_socket_timeout_seconds),
                "options": f"-c timezone=UTC -c statement_timeout={self.statement_timeout_ms}",
            },
        }
        return {
            "SECRET_KEY": self.secret_key,
            "TESTING": self.app_env == "test",
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": engine,
            "SQLALCHEMY_BINDS": {
                **({DIRECT: {"url": self.database_direct_url, **engine}} if self.database_direct_url else {}),
                **(
                    {REPLICA: {"url": self.database_replica_url, **_read_only(engine)}}
                    if self.database_replica_url
                    else {}
                ),
            },
            "JWT_SECRET_KEY": self.jwt_secret_key,
            "JWT_ALGORITHM": "HS256",
            "JWT_DECODE_LEEWAY": self.jwt_leeway_seconds,
            "JWT_ACCESS_TOKEN_EXPIRES": self.access_token_minutes * 60,
            "JWT_REFRESH_TOKEN_EXPIRES": self.refresh_token_days * 86_400,
            "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        }
