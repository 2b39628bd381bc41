"""The cleaning of this machine's folder by web processes, behind the first response and one every hour."""

from __future__ import annotations

from functools import partial

from flask import Flask

from app.services.retention import local_files
from app.web.application import Application, Noted, Response, StoringRequest


def init_app(app: Application) -> None:
    clean = partial(_clean, app)

    def look(response: Response, _request: StoringRequest, _noted: Noted) -> Response:
        if local_files.is_due():
            # When the response has been sent: the client does not wait for it.
            response.call_on_close(clean)
        return response

    app.after(look)


def _clean(app: Flask) -> None:
    with app.app_context():
        local_files.clean_when_due()
