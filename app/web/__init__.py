"""HTTP: requests, responses, and the rules for every request."""
