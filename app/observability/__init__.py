"""Observability: structured logs without secrets, and alarms."""
