"""The figures of the dashboards, by role."""
