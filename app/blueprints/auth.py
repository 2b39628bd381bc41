"""Accounts from the owner's side: sign up, log in, stay logged in, and one's own profile."""

from app.access import caller, requires
from app.api import Blueprint
from app.schemas.users import UserSchema

blp = Blueprint("auth", __name__, description="Sign up, log in, and one's own profile.")


@blp.get("/auth/me")
@requires()
@blp.response(200, UserSchema)
def show_me():
    """Your own account."""
    return caller()
