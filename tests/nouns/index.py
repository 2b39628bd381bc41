"""The index of the API."""

from tests.support.declarations import request

POLICY = """
GET    /                                         | P
"""

REQUESTS = {
    "GET /": request(),
}
