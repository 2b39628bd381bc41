"""The application that a WSGI server or the `flask` command loads."""

import config
from app import create_app

app = create_app(config.load())
