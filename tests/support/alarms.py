"""Alarms raised during a test: their counts in the metrics, and their log lines."""

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.observability import logs


@pytest.fixture
def counts(app):
    """The alarms counted since the test began: `{"credential_stuffing": 1}`."""

    def read():
        families = text_string_to_metric_families(app.test_client().get("/metrics").text)
        samples = [sample for family in families for sample in family.samples]
        return {
            sample.labels["event"]: sample.value
            for sample in samples
            if sample.name == "rollcall_alarms_total"
        }

    before = read()
    return lambda: {event: count - before[event] for event, count in read().items() if count != before[event]}


@pytest.fixture
def lines(caplog):
    """The log lines of one event, parsed from JSON."""

    def of_event(event):
        formatter, about = logs.JsonFormatter(verbatim=[]), logs.ContextFilter()
        written = [json.loads(formatter.format(each)) for each in caplog.records if about.filter(each)]
        return [line for line in written if line.get("event") == event]

    caplog.set_level(logging.INFO, logger="app")
    return of_event
