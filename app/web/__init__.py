"""HTTP: what comes in, what goes out, and what holds for every request."""
