"""Deployment: the web worker of gunicorn, and the configuration of the proxy in front of it."""
