"""The application that a WSGI server or the `flask` command loads."""

import environment
from app import create_app

app = create_app(environment.load())
