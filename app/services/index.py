"""Where the API is described."""

from __future__ import annotations

from app.settings import settings

PAGES = {"docs": "/docs", "redoc": "/redoc", "openapi": "/openapi.json", "problems": "/problems"}


def show() -> dict[str, dict[str, str]]:
    """The absolute address of each page that describes the API."""
    return {"links": {name: f"{settings().public_url}{path}" for name, path in PAGES.items()}}
