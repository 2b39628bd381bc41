"""What dashboards show to each role."""
