"""The index of the API."""

from tests.support.declarations import request

POLICY = """
GET    /                                         | E
"""

REQUESTS = {
    "GET /": request(),
}
