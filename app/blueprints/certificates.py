"""Certificates: the caller's own, public verification, revocation by admins."""

from typing import Any
from uuid import UUID

from app.enums import Role
from app.errors.catalogue import InvalidTransition
from app.errors.learning import BadgesDisabled, CertificateRevoked, NameWithheld
from app.schemas.certificates import (
    BadgeSchema,
    CertificateQuerySchema,
    CertificateSchema,
    RevocationSchema,
    VerificationSchema,
)
from app.services.learning import badges, certificates, certificates_pdf
from app.web.access import caller, public_ignoring_token, requires
from app.web.api import Blueprint

blp = Blueprint("certificates", __name__, description="Proof of completion, which anyone can verify.")


@blp.get("/certificates")
@requires()
@blp.lists(CertificateSchema, CertificateQuerySchema)
def list_certificates(filters: dict[str, Any]):
    """List your certificates."""
    return certificates.list_own(caller(), **filters)


@blp.get("/certificates/<uuid:certificate_id>")
@requires()
@blp.response(200, CertificateSchema)
def show_certificate(certificate_id: UUID):
    """Show a certificate.

    One of your own; admins see any.
    """
    return certificates.get_own(caller(), certificate_id)


@blp.get("/certificates/<uuid:certificate_id>/pdf")
@requires()
@blp.downloads("application/pdf")
def download_certificate(certificate_id: UUID):
    """Download a certificate as PDF.

    One of your own; admins see any. The same certificate has the same bytes each time. A revoked one says so across the
    sheet, and the name of a deleted user is withheld.
    """
    return certificates_pdf.download(caller(), certificate_id)


@blp.get("/certificates/verify/<number>")
@public_ignoring_token
@blp.response(200, VerificationSchema)
def verify_certificate(number: str):
    """Verify a certificate by its number.

    Shows the name, the course and the dates only; `is_revoked` marks a revoked certificate.
    """
    return certificates.verify(number)


@blp.get("/certificates/verify/<number>/badge")
@public_ignoring_token
@blp.response(200, BadgeSchema)
@blp.refuses(BadgesDisabled, CertificateRevoked, NameWithheld)
def show_badge(number: str):
    """Show the Open Badge of a certificate.

    A verifiable credential that the platform signs as `did:web`. It says what the verification says. A revoked
    certificate has none; badges that were issued before are revoked in their status list.
    """
    return badges.issue(number)


@blp.post("/certificates/<uuid:certificate_id>/revoke")
@requires(Role.ADMIN)
@blp.arguments(RevocationSchema)
@blp.response(200, CertificateSchema, message="Certificate revoked.")
@blp.refuses(InvalidTransition)
def revoke_certificate(revocation: dict[str, Any], certificate_id: UUID):
    """Revoke a certificate."""
    return certificates.revoke(caller(), certificate_id, **revocation)
