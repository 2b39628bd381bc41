"""The running application's settings, for layers that do not know Flask."""

from pathlib import Path

from flask import Flask, current_app

from config import Config

_EXTENSION = "rollcall-settings"


def init_app(app: Flask, config: Config) -> None:
    app.config.from_mapping(config.for_flask(), MIGRATIONS_DIR=str(Path(app.root_path).parent / "migrations"))
    app.extensions[_EXTENSION] = config
    # A trailing slash is optional and nothing redirects: a redirect would drop a POST body. Rules take it from here
    # when they are made, so it is said before the first.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False


def settings() -> Config:
    config: Config = current_app.extensions[_EXTENSION]
    return config
