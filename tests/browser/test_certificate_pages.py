"""Certificates in a browser: one's own, the public check of one, and the sheet to print."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.db.session import db, transaction
from app.models import Certificate
from tests.support.browsing import open_

A4_LANDSCAPE = "/MediaBox [0 0 841.91998 594.95996"


@pytest.fixture
def certificate(site):
    """The newest certificate of the demo's first student."""
    return site.call("student", "GET", "/certificates")[0]


@pytest.fixture
def change(site, certificate):
    """Set columns of the certificate."""

    def run(**values):
        with site.make.app.app_context(), transaction():
            row = db.session.get_one(Certificate, certificate["id"])
            for name, value in values.items():
                setattr(row, name, value)

    return run


def test_a_learner_opens_a_certificate_that_everyone_can_check(visit, certificate):
    page = visit(role="student")
    open_(page, "/certificates")
    page.get_by_role("link", name=certificate["course_title"]).click()
    page.get_by_role("heading", level=1, name="Sam Student").wait_for()

    visitor = visit()
    open_(visitor, f"/certificates/{certificate['number']}", "Sam Student")
    visitor.get_by_role("status").get_by_text("This certificate is valid.").wait_for()


def test_it_prints_on_one_sheet(page, certificate):
    open_(page, f"/certificates/{certificate['number']}")

    printed = page.pdf(prefer_css_page_size=True)

    assert printed.count(b"/Type /Page\n") == 1
    assert A4_LANDSCAPE.encode() in printed


def test_a_revoked_certificate_is_not_valid(page, certificate, site):
    site.call("admin", "POST", f"/certificates/{certificate['id']}/revoke", json={})

    open_(page, f"/certificates/{certificate['number']}")

    page.get_by_role("alert").get_by_text("It is not valid.").wait_for()


def test_markup_in_a_name_is_text(page, certificate, change):
    change(full_name="<img src=x onerror=planted=1>", course_title="<b>Bread</b>")

    open_(page, f"/certificates/{certificate['number']}", "<img src=x")

    assert page.get_by_role("heading", level=2, name="<b>Bread</b>").is_visible()
    assert page.locator("main img").count() == 0


def test_a_number_that_was_not_issued_can_be_corrected(page, certificate):
    page.watch.expect("status of 404")
    open_(page, "/certificates/RC-1", "No certificate has this number")

    page.get_by_label("Number").fill(certificate["number"].lower())
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="Sam Student").wait_for()


def test_a_learner_downloads_the_pdf_and_the_badge(visit, certificate):
    page = visit(role="student")
    open_(page, "/certificates")

    with page.expect_download() as pdf:
        page.get_by_role("button", name=f"Download PDF: {certificate['course_title']}").click()
    with page.expect_download() as badge:
        page.get_by_role("button", name="Open Badge").first.click()

    assert pdf.value.suggested_filename == f"certificate-{certificate['number']}.pdf"
    assert pdf.value.path().read_bytes().startswith(b"%PDF-1.7")
    assert badge.value.path().read_text(encoding="utf-8").count(".") == 2


def test_a_superseded_certificate_is_valid_and_says_that_a_renewal_is_required(visit, certificate, change):
    change(superseded_at=datetime(2026, 7, 3, tzinfo=UTC))
    page = visit()

    open_(page, f"/certificates/{certificate['number']}")

    page.get_by_text("This certificate is valid.").wait_for()
    page.get_by_text("a later version requires a renewal").wait_for()


def test_a_link_preview_says_what_the_page_says(site, certificate, change):
    client = site.make.app.test_client()

    shown = client.get(f"/certificates/{certificate['number']}").text

    title = f"{certificate['course_title']} – Sam Student"
    assert f'<meta property="og:title" content="{title}">' in shown
    assert '<meta name="robots" content="noindex">' in shown
    assert f"<noscript><h1>{title}</h1>" in shown
    change(course_title='<script>"&')
    escaped = client.get(f"/certificates/{certificate['number']}").text
    assert "<script>&#34;" not in escaped
    assert 'content="&lt;script&gt;&#34;&amp; – Sam Student"' in escaped
    assert "og:title" not in client.get("/certificates/RC-0").text
