"""What the API says about itself."""

from marshmallow.fields import Nested

from app.schemas import fields
from app.schemas.base import Schema


class LinksSchema(Schema):
    """Absolute addresses of what describes the API."""

    docs = fields.Link(metadata={"description": "Swagger UI."})
    redoc = fields.Link(metadata={"description": "ReDoc."})
    openapi = fields.Link(metadata={"description": "The OpenAPI document, for importing."})
    problems = fields.Link(metadata={"description": "Every reason code of an error."})


class IndexSchema(Schema):
    """Where to begin."""

    links = Nested(LinksSchema)
