"""The job that renders certificates, so that they are there when their holders ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.db.session import transaction
from app.jobs.context import application
from app.services.learning import certificates_pdf


def render(certificate_ids: Sequence[str]) -> None:
    """The entry point for RQ: render those of these certificates that have not been."""
    with application(), transaction():
        certificates_pdf.render_missing([UUID(certificate_id) for certificate_id in certificate_ids])
