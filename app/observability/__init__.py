"""Observability: structured logs without secrets, traces, and alarms."""
