"""What tests of accounts send: a sign-up, logins, and the calls with a token of a mail."""

from tests.support.http import data_of
from tests.support.rows import PASSWORD

NEW_PASSWORD = "Difference-Engine-1822"
ADDRESS = "ada@example.org"

ADA = {
    "email": ADDRESS,
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "first_name": "Ada",
    "last_name": "Lovelace",
}
"""A sign-up."""


def log_in(api, password=PASSWORD, address=ADDRESS):
    """The response to a login, with Ada's address unless another is given."""
    return api.post("/auth/login", json={"email": address, "password": password})


def session_of(api, user, password=PASSWORD):
    """The user and the tokens of a login."""
    return data_of(log_in(api, password, user.email))


def verify(api, token):
    return api.post("/auth/verify-email", json={"token": token})


def forgot(api, address=ADDRESS):
    return api.post("/auth/forgot-password", json={"email": address})


def reset(api, token, password=NEW_PASSWORD):
    body = {"token": token, "new_password": password, "new_password_confirm": password}
    return api.post("/auth/reset-password", json=body)
