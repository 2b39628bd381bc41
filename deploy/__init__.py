"""How the platform is served: the web worker of gunicorn and the proxy in front."""
