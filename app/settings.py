"""Settings of the running application, for layers that do not import Flask."""

from pathlib import Path

from flask import Flask, current_app

from config import Config

_EXTENSION = "rollcall-settings"


def init_app(app: Flask, config: Config) -> None:
    app.config.from_mapping(config.for_flask(), MIGRATIONS_DIR=str(Path(app.root_path).parent / "migrations"))
    app.extensions[_EXTENSION] = config
    # A trailing slash is optional and nothing redirects: a redirect would drop a POST body. Rules read this when they
    # are created, so it is set before the first one.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False


def settings() -> Config:
    # An attribute of the proxy takes twice as long, and every request asks a dozen times.
    config: Config = current_app._get_current_object().extensions[_EXTENSION]  # type: ignore[attr-defined]
    return config
