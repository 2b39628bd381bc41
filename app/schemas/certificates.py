"""Certificates and their public verification."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow.fields import Dict, String

from app.schemas import fields
from app.schemas.base import ListQuerySchema, Schema, ordering
from app.settings import settings
from app.values import client_pages
from app.values.client_pages import ClientPage


class VerifyUrl(String):
    """The public URL that verifies the number of a certificate."""

    def _serialize(self, value: Any, *_place: Any, **_kwargs: Any) -> str | None:
        return f"{settings().public_url}/api/v1/certificates/verify/{value}"


class PageUrl(String):
    """The public page of a certificate, to which its QR code leads."""

    def _serialize(self, value: Any, *_place: Any, **_kwargs: Any) -> str | None:
        return client_pages.address(ClientPage.CERTIFICATE, value)


class CertificateSchema(Schema):
    """A certificate, for its owner and admins. Title and name are those of the day of issue."""

    IS_RESOURCE: ClassVar = True

    id = fields.Id()
    number = fields.Text(max_length=40)
    enrollment_id = fields.Id()
    course_title = fields.Text(max_length=200)
    full_name = fields.Text(max_length=201)
    issued_at = fields.Instant()
    revoked_at = fields.Instant(allow_none=True)
    completion_number = fields.Whole(
        metadata={"description": "Which completion of the enrollment it certifies, from 1."}
    )
    course_version = fields.Whole(
        attribute="version_number",
        allow_none=True,
        metadata={
            "description": "The version of the course that was completed; null from before there were versions."
        },
    )
    superseded_at = fields.Instant(
        allow_none=True,
        metadata={
            "description": "When a later version of the course made the completion void. The certificate still verifies."
        },
    )
    page_url = PageUrl(attribute="number", dump_only=True, metadata={"format": "uri"})
    verify_url = VerifyUrl(attribute="number", dump_only=True, metadata={"format": "uri"})


class VerificationSchema(Schema):
    """What the number of a certificate proves: name, course, date, and whether the certificate is valid."""

    full_name = fields.Text(
        max_length=201,
        allow_none=True,
        attribute="public_name",
        metadata={"description": "The name on the day of issue; null once the account has been deleted."},
    )
    course_title = fields.Text(max_length=200)
    issued_at = fields.Instant()
    is_valid = fields.Flag(metadata={"description": "Whether it was issued and has not been revoked."})
    is_revoked = fields.Flag()
    revoked_at = fields.Instant(allow_none=True)
    course_version = fields.Whole(
        attribute="version_number",
        allow_none=True,
        metadata={"description": "The version of the course that was completed."},
    )
    is_superseded = fields.Flag(
        metadata={"description": "Whether a later version of the course requires a renewal."}
    )
    superseded_at = fields.Instant(allow_none=True)


class BadgeSchema(Schema):
    """An Open Badge 3.0: the credential, and the same signed as a JWT (VC-JWT, EdDSA)."""

    credential = Dict(
        metadata={
            "description": "The credential as the JWT has it, by the data model of 1EdTech.",
            "additionalProperties": True,
        }
    )
    jwt = fields.Text(max_length=20_000, metadata={"description": "What a wallet imports."})
    badge_url = fields.Link(metadata={"description": "Where anyone gets the JWT alone."})
    issuer = fields.Text(
        max_length=2000, metadata={"description": "The DID of the platform, of the method `web`."}
    )
    did_document_url = fields.Link(metadata={"description": "Where the public keys of the issuer are."})


class RevocationSchema(Schema):
    EXAMPLE: ClassVar[Mapping[str, Any]] = {"reason": "Issued to the wrong person."}

    reason = fields.Text(max_length=1000, load_default="")


class CertificateQuerySchema(ListQuerySchema):
    ordering = ordering("issued_at", "course_title", default="-issued_at")
