"""Certificates as PDF: what the sheet of a certificate shows, and rendering, in a job or when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select

from app.adapters import certificate_pdf, queue
from app.adapters.certificate_pdf import CertificateSheet
from app.db.session import after_commit, among, checkpoint, db
from app.models import Certificate, CourseVersion, Enrollment, User
from app.models.caller import Actor
from app.services.learning import certificates
from app.settings import settings
from app.values import client_pages, days
from app.values.client_pages import ClientPage
from app.values.downloads import Download

NAME_WITHHELD = "Name withheld"


def download(user: Actor, certificate_id: UUID) -> Download:
    """The PDF of the user's own certificate; for admins any. A revoked one is marked as such on the sheet."""
    certificate = certificates.get_own(user, certificate_id)
    (sheet,) = _sheets(Certificate.id == certificate.id)
    checkpoint()
    content = certificate_pdf.rendered(sheet)
    name = f"certificate-{certificate.number}.pdf"
    return Download(content, name, "application/pdf", certificate_pdf.digest_of(sheet))


def render_soon(certificate_ids: Sequence[UUID]) -> None:
    """Render these by jobs after the commit. A PDF that is not there when it is asked for is rendered then.

    Where the files are in a bucket, the nodes share no folder, and a PDF in that of a worker is of no use to a web process.
    """
    if certificate_ids and settings().media_store == "disk":
        after_commit(partial(queue.render_certificates, certificate_ids))


def render_missing(certificate_ids: Sequence[UUID]) -> int:
    """Render those of these that the cache does not have. Returns how many."""
    missing = certificate_pdf.missing(_sheets(among(Certificate.id, certificate_ids)))
    checkpoint()
    return len(certificate_pdf.render(missing)) if missing else 0


def page_url(number: str) -> str:
    """The public page of a certificate, to which its QR code leads."""
    return client_pages.address(ClientPage.CERTIFICATE, number)


def spelled_day(moment: datetime) -> str:
    """The day of a moment for people to read: `27 June 2026`."""
    day = days.today(moment)
    return f"{day.day} {day:%B %Y}"


def _sheets(chosen: ColumnElement[bool]) -> list[CertificateSheet]:
    columns = (
        Certificate.number,
        Certificate.full_name,
        Certificate.course_title,
        Certificate.issued_at,
        Certificate.revoked_at,
        Certificate.superseded_at,
        CourseVersion.number.label("version"),
        Certificate.grade,
        User.deleted_at,
    )
    statement = select(*columns).join(Certificate.enrollment).join(Enrollment.user)
    statement = statement.outerjoin(Certificate.course_version).where(chosen)
    return [_sheet(row) for row in db.session.execute(statement)]


def _sheet(row: Row[*tuple[Any, ...]]) -> CertificateSheet:
    facts = [("Completed", spelled_day(row.issued_at))]
    if row.grade is not None:
        facts.append(("Grade", row.grade.value))
    facts.append(("Certificate number", row.number))
    if row.version is not None:
        facts.append(("Course version", str(row.version)))
    notes = []
    if row.deleted_at is not None:
        notes.append("The account of this person has been deleted, and the name is withheld.")
    if row.superseded_at is not None:
        notes.append(
            f"A later version of the course requires a renewal since {spelled_day(row.superseded_at)}."
        )
    if row.revoked_at is not None:
        notes.append(f"Revoked on {spelled_day(row.revoked_at)}. This certificate is no longer valid.")
    return CertificateSheet(
        name=NAME_WITHHELD if row.deleted_at is not None else row.full_name,
        course=row.course_title,
        url=page_url(row.number),
        timestamp=int(row.issued_at.timestamp()),
        facts=facts,
        notes=notes,
        stamp=None if row.revoked_at is None else "Revoked",
    )
