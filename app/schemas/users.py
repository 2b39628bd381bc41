"""People, as they see themselves and as admins see them."""

from app.enums import Role
from app.schemas import fields
from app.schemas.base import Schema


class UserSchema(Schema):
    """An account, to its owner and to admins."""

    id = fields.Id(dump_only=True)
    email = fields.Email(required=True)
    username = fields.Text(max_length=60, required=True)
    first_name = fields.Text(max_length=100, required=True)
    last_name = fields.Text(max_length=100, required=True)
    full_name = fields.Text(max_length=201, dump_only=True)
    phone_number = fields.Text(max_length=40, allow_none=True)
    bio = fields.Text(max_length=2000, allow_none=True)
    profile_picture = fields.Text(max_length=500, dump_only=True, allow_none=True)
    role = fields.Choice(Role, dump_only=True)
    created_at = fields.Instant(dump_only=True)
