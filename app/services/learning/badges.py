"""Certificates as Open Badges 3.0: verifiable credentials that a wallet keeps and any verifier checks without asking us.

A badge is a JWT that the platform signs as `did:web`. It says what the public page of the certificate says: name, course
and date. Revocation shows in a status list (W3C Bitstring Status List 1.0), because a signed badge cannot be recalled.
"""

from __future__ import annotations

import gzip
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from app.adapters import badge_keys
from app.db.session import db
from app.errors.base import NotFound
from app.errors.learning import BadgesDisabled, CertificateRevoked, NameWithheld
from app.models import Certificate, Course, Enrollment, User
from app.services.learning import certificates
from app.services.learning.certificates_pdf import page_url
from app.settings import settings

STATUS_LIST_LENGTH = 131_072
"""Entries in each list, the least that the standard allows: a verifier that fetches one asks about a crowd."""

_CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
_KIND = "JWT"
_STATUS_KIND = "vc+jwt"
_STATUS_SECONDS = 600
"""For which a verifier may keep a status list."""


@dataclass(frozen=True)
class Badge:
    """An Open Badge: the credential, and the same signed."""

    credential: dict[str, Any]
    jwt: str

    @property
    def issuer(self) -> str:
        return badge_keys.issuer()

    @property
    def did_document_url(self) -> str:
        return did_document_url()

    @property
    def badge_url(self) -> str:
        return str(self.credential["id"])


def issue(number: str) -> Badge:
    """The badge of the certificate with this number: the same bytes each time. Not for revoked certificates."""
    _refuse_unconfigured()
    certificate, course = _find(number)
    if certificate.revoked_at is not None:
        raise CertificateRevoked
    if certificate.public_name is None:
        raise NameWithheld
    credential = _credential(certificate, course)
    registered = {
        "iss": credential["issuer"]["id"],
        "sub": credential["credentialSubject"]["id"],
        "jti": credential["id"],
        "nbf": int(certificate.issued_at.timestamp()),
    }
    return Badge(credential, badge_keys.signed({**credential, **registered}, _KIND))


def status_list(number: int) -> str:
    """A list of which badges are revoked, as a signed credential: one bit for each, compressed."""
    _refuse_unconfigured()
    first = number * STATUS_LIST_LENGTH
    last = db.session.scalar(
        select(Certificate.status_index).order_by(Certificate.status_index.desc()).limit(1)
    )
    if number > (last or 0) // STATUS_LIST_LENGTH:
        raise NotFound
    of_list = Certificate.status_index.between(first, first + STATUS_LIST_LENGTH - 1)
    revoked = select(Certificate.status_index).where(of_list, Certificate.revoked_at.is_not(None))
    bits = bytearray(STATUS_LIST_LENGTH // 8)
    for index in db.session.scalars(revoked):
        place = index - first
        bits[place // 8] |= 0x80 >> place % 8  # the first entry is the leftmost bit
    packed = urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    now = datetime.now(UTC).replace(microsecond=0)
    address = _status_list_url(number)
    credential = {
        "@context": _CONTEXTS[:1],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": badge_keys.issuer(),
        "validFrom": _spelled(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
            "ttl": _STATUS_SECONDS * 1_000,
        },
    }
    return badge_keys.signed({**credential, "iss": credential["issuer"], "jti": address}, _STATUS_KIND)


def did_document() -> dict[str, Any]:
    """The keys of the issuer."""
    _refuse_unconfigured()
    return badge_keys.document()


def did_document_url() -> str:
    """Where did:web says that the DID document is: below the host, or below the path of PUBLIC_URL."""
    is_host_only = settings().public_url.count("/") == len("//")
    return f"{settings().public_url}{'/.well-known' if is_host_only else ''}/did.json"


def _refuse_unconfigured() -> None:
    if not badge_keys.is_configured():
        raise BadgesDisabled


def _find(number: str) -> tuple[Certificate, Course]:
    owner = contains_eager(Certificate.enrollment).contains_eager(Enrollment.user)
    statement: Select[Certificate, Course] = (
        select(Certificate, Course)
        .join(Certificate.enrollment)
        .join(Enrollment.user)
        .join(Course, Course.id == Enrollment.course_id)
        .options(owner.load_only(User.deleted_at), certificates.with_version())
        .where(certificates.has_number(number))
    )
    found = db.session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    certificate, course = found
    return certificate, course


def _credential(certificate: Certificate, course: Course) -> dict[str, Any]:
    organization, page = settings().organization_name, page_url(certificate.number)
    return {
        "@context": _CONTEXTS,
        "id": f"{settings().public_url}/badges/{certificate.number}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": certificate.course_title,
        "issuer": {
            "id": badge_keys.issuer(),
            "type": ["Profile"],
            "name": organization,
            "url": settings().public_url,
        },
        "validFrom": _spelled(certificate.issued_at.replace(microsecond=0)),
        "credentialSubject": {
            "id": f"urn:uuid:{certificate.enrollment_id}",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": certificate.full_name,
                    "identityType": "name",
                }
            ],
            "achievement": {
                "id": f"urn:uuid:{course.id}",
                "type": ["Achievement"],
                "achievementType": "Course",
                "name": certificate.course_title,
                **_version(certificate.version_number),
                "description": f"Completion of the course {certificate.course_title}, certified by {organization}.",
                "humanCode": course.code,
                "criteria": {
                    "narrative": f"Completed every required lesson of the course {certificate.course_title}."
                },
            },
        },
        "evidence": [
            {
                "id": page,
                "type": ["Evidence"],
                "name": "Certificate of completion",
                "description": "The public page of the certificate, which says whether it is valid.",
            }
        ],
        "credentialStatus": _status_entry(certificate.status_index),
        "credentialSchema": [{"id": _SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }


def _version(number: int | None) -> dict[str, str]:
    return {} if number is None else {"version": str(number)}


def _status_entry(index: int) -> dict[str, str]:
    number, place = divmod(index, STATUS_LIST_LENGTH)
    return {
        "id": f"{_status_list_url(number)}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(place),
        "statusListCredential": _status_list_url(number),
    }


def _status_list_url(number: int) -> str:
    return f"{settings().public_url}/badges/status/{number}"


def _spelled(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
