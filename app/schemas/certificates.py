"""Certificates out."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import String

from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering
from app.settings import settings


class VerifyUrl(String):
    """Where anybody can verify a certificate's number."""

    def _serialize(self, value: Any, *_place: Any, **_kwargs: Any) -> str | None:
        return f"{settings().public_url}/api/v1/certificates/verify/{value}"


class CertificateSchema(Schema):
    """A certificate, to its owner and admins. Title and name are as they stood on the day it was issued."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    number = fields.Text(max_length=40)
    enrollment_id = fields.Id()
    course_title = fields.Text(max_length=200)
    full_name = fields.Text(max_length=201)
    issued_at = fields.Instant()
    revoked_at = fields.Instant(allow_none=True)
    verify_url = VerifyUrl(attribute="number", dump_only=True, metadata={"format": "uri"})


class VerificationSchema(Schema):
    """What a certificate's number proves to anybody: name, course, date, and whether it still holds."""

    full_name = fields.Text(
        max_length=201,
        allow_none=True,
        attribute="public_name",
        metadata={"description": "As it stood on that day; null once the person's account has been deleted."},
    )
    course_title = fields.Text(max_length=200)
    issued_at = fields.Instant()
    is_valid = fields.Flag(metadata={"description": "Issued, and not revoked since."})
    is_revoked = fields.Flag()
    revoked_at = fields.Instant(allow_none=True)


class RevocationSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"reason": "Issued to the wrong person."}

    reason = fields.Text(max_length=1000, load_default="")


class CertificateQuerySchema(ListQuerySchema):
    ordering = ordering("issued_at", "course_title", default="-issued_at")
