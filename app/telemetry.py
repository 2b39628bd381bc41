"""Logs: one line a record, on standard error, with the request's id."""

from __future__ import annotations

import logging
import logging.config

from flask import Flask, g, has_request_context

from app.settings import settings


def init_app(app: Flask) -> None:
    with app.app_context():
        level = settings().log_level
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request": {"()": RequestId}},
            "formatters": {
                "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
            },
            "handlers": {
                "err": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}
            },
            "loggers": {"app": {"level": level, "handlers": ["err"], "propagate": app.config["TESTING"]}},
        }
    )


class RequestId(logging.Filter):
    """Adds the request's id to each record, `-` outside of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = g.get("request_id", "-") if has_request_context() else "-"
        return True
