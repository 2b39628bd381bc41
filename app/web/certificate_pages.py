"""What the page of a certificate says before its script runs: for link previews, and for browsers without scripts.

The client's shell gets a title, a description and Open Graph properties, and the verification as plain HTML. It is not
for search engines: a certificate is found by those who have its number.
"""

from __future__ import annotations

import logging

from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from app.db.session import transaction
from app.errors.base import NotFound
from app.models import Certificate
from app.services.learning import certificates, certificates_pdf
from app.settings import settings
from app.web.frontend_files import Asset

log = logging.getLogger(__name__)

_TITLE = b"<title>Rollcall</title>"
_DESCRIPTION = b'<meta name="description" content="'
_BODY = b"<noscript>"


def described(shell: Asset, number: str) -> Asset:
    """The shell for the page of this certificate; as it is for an unknown number, or while the database is away."""
    try:
        with transaction():
            certificate = certificates.verify(number)
            head, body = _head(certificate), _body(certificate)
    except NotFound:
        return shell
    except SQLAlchemyError as error:
        log.warning("the page of a certificate is not described: %s", type(error).__name__)
        return shell
    before, _, rest = shell.content.partition(_TITLE)
    _, _, after = rest.partition(_DESCRIPTION)
    _, _, after = after.partition(b">")
    upper, _, lower = after.partition(_BODY)
    return Asset(shell.name, before + head.encode() + upper + _BODY + body.encode() + lower)


def _head(certificate: Certificate) -> Markup:
    properties = {
        "og:type": "website",
        "og:site_name": settings().organization_name,
        "og:title": _title(certificate),
        "og:description": _verdict(certificate),
        "og:url": certificates_pdf.page_url(certificate.number),
        "og:image": f"{settings().public_url}/assets/current/icons/icon-512.png",
    }
    lines = [
        Markup("<title>{} · Rollcall</title>").format(_title(certificate)),
        Markup('<meta name="description" content="{}">').format(_verdict(certificate)),
        Markup('<meta name="robots" content="noindex">'),
        *(Markup('<meta property="{}" content="{}">').format(*each) for each in properties.items()),
    ]
    return Markup("\n").join(lines)


def _body(certificate: Certificate) -> Markup:
    return Markup("<h1>{}</h1><p>{}</p><p>{}</p>").format(
        _title(certificate), _verdict(certificate), certificate.number
    )


def _title(certificate: Certificate) -> str:
    """The name is on the page as well; that of a deleted user on neither."""
    who = certificate.public_name
    return f"{certificate.course_title} – {who}" if who else certificate.course_title


def _verdict(certificate: Certificate) -> str:
    issued = certificates_pdf.spelled_day(certificate.issued_at)
    about = f"Certificate of completion, issued by {settings().organization_name} on {issued}."
    if certificate.revoked_at is not None:
        revoked = certificates_pdf.spelled_day(certificate.revoked_at)
        return f"Revoked on {revoked}: this certificate is no longer valid. {about}"
    if certificate.superseded_at is not None:
        return f"{about} It is valid for an earlier version of the course, and a renewal is required."
    return f"{about} It is valid."
