"""Links to the documentation of the API."""

from marshmallow.fields import Nested

from app.schemas import fields
from app.schemas.base import Schema


class LinksSchema(Schema):
    """Absolute URLs of the documentation."""

    docs = fields.Link(metadata={"description": "Swagger UI."})
    redoc = fields.Link(metadata={"description": "ReDoc."})
    openapi = fields.Link(metadata={"description": "The OpenAPI document, to import into a client."})
    postman = fields.Link(metadata={"description": "A collection for Postman and Newman."})
    hoppscotch = fields.Link(metadata={"description": "A collection for Hoppscotch and its CLI."})
    problems = fields.Link(metadata={"description": "The reason codes of errors."})


class IndexSchema(Schema):
    """The root of the API."""

    links = Nested(LinksSchema)
