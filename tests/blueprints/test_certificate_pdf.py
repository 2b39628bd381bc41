"""Certificates as PDF: what the sheet says, to whom, in which script, and what its tags say."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.adapters import certificate_pdf
from app.jobs import certificates as job
from tests.support.http import assert_refused, data_of

DAY = datetime(2026, 6, 27, 12, tzinfo=UTC)


@pytest.fixture
def certified(make):
    """A learner with a certificate, which is dated."""

    def make_one(name="Ada Lovelace", title="First aid at work", **values):
        first, _, last = name.partition(" ")
        learner = make.student(first_name=first, last_name=last)
        named = {"full_name": name, "course_title": title, "issued_at": DAY}
        return learner, make.certificate(make.course(), learner, **named, **values)

    return make_one


def _download(client, certificate):
    response = client.get(f"/certificates/{certificate.id}/pdf")
    assert response.status_code == 200, response.text
    assert response.mimetype == "application/pdf"
    return response


def _text(response):
    (page,) = PdfReader(io.BytesIO(response.data)).pages
    return " ".join(page.extract_text().split())


def test_the_sheet_says_who_completed_what_and_where_to_check_it(api, certified):
    learner, certificate = certified()

    response = _download(api.as_(learner), certificate)

    text = _text(response)
    for said in ("Rollcall", "Ada Lovelace", "First aid at work", "27 June 2026", certificate.number):
        assert said in text
    assert f"http://rollcall.test/certificates/{certificate.number}" in text
    assert "Grade" not in text
    filename = f'attachment; filename="certificate-{certificate.number}.pdf"'
    assert response.headers["Content-Disposition"] == filename


def test_the_same_certificate_has_the_same_bytes(api, certified, config, monkeypatch):
    learner, certificate = certified()
    first = _download(api.as_(learner), certificate)

    monkeypatch.setattr(certificate_pdf, "_cached", lambda _: None)
    again = _download(api.as_(learner), certificate)

    assert again.data == first.data
    assert again.headers["ETag"] == first.headers["ETag"]
    unchanged = api.as_(learner).get(
        f"/certificates/{certificate.id}/pdf", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert unchanged.status_code == 304


def test_a_grade_is_on_the_sheet_and_makes_another_one(api, make, certified):
    learner, certificate = certified()
    before = _download(api.as_(learner), certificate)

    graded = api.as_(make.admin()).post(
        f"/enrollments/{certificate.enrollment_id}/grade", json={"grade": "A+"}
    )
    data_of(graded)
    after = _download(api.as_(learner), certificate)

    assert "A+" in _text(after)
    assert after.headers["ETag"] != before.headers["ETag"]


def test_a_revoked_certificate_says_so(api, certified):
    learner, certificate = certified(revoked_at=datetime(2026, 7, 3, 12, tzinfo=UTC))

    text = _text(_download(api.as_(learner), certificate))

    assert "REVOKED" in text
    assert "Revoked on 3 July 2026. This certificate is no longer valid." in text


def test_the_name_of_a_deleted_user_is_withheld(api, make, certified):
    learner, certificate = certified()
    admin = api.as_(make.admin())
    assert admin.delete(f"/users/{learner.id}").status_code == 204

    response = _download(admin, certificate)

    assert "Ada" not in _text(response)
    assert "Name withheld" in _text(response)
    assert b"Lovelace" not in response.data


def test_it_is_for_its_holder_and_admins(api, make, certified):
    _, certificate = certified()
    path = f"/certificates/{certificate.id}/pdf"

    assert_refused(api.as_(make.student()).get(path), 404, "not_found")
    assert_refused(api.get(path), 401, "unauthenticated")
    _download(api.as_(make.admin()), certificate)


SCRIPTS = {
    "Latin": ("Zoë Fernández-Łukasiewicz", "NotoSans-Bold"),
    "Arabic": ("محمد عبد الرحمن", "NotoSansArabic-Bold"),
    "Devanagari": ("अनुश्री कृष्णमूर्ति", "NotoSansDevanagari-Bold"),
    "Thai": ("ณัฐวุฒิ ศรีสุวรรณ", "NotoSansThai-Bold"),
    "Chinese, simplified": ("欧阳 娜娜", "NotoSansCJKsc-Regular"),
    "Chinese, traditional": ("歐陽 國強", "NotoSansCJKtc-Regular"),
    "Japanese": ("さくら 直子", "NotoSansCJKjp-Regular"),
    "Korean": ("김 민준", "NotoSansCJKkr-Regular"),
    "Hebrew": ("נועה כהן", "NotoSansHebrew-Bold"),
    "Georgian": ("ნინო ბერიძე", "NotoSansGeorgian-Bold"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_is_set_in_a_font_that_has_its_letters(api, certified, script):
    name, font = SCRIPTS[script]
    learner, certificate = certified(name=name)

    reader = PdfReader(io.BytesIO(_download(api.as_(learner), certificate).data))

    assert any(font in used for used in _fonts(reader))
    assert reader.metadata.title == f"Certificate of completion: {name}, First aid at work"


def test_what_no_font_has_is_left_out_or_replaced(api, certified):
    learner, certificate = certified(
        name="Sam \U0001f389 Student", title="Rockets \U0001f680 for \U00012000 all"
    )

    text = _text(_download(api.as_(learner), certificate))

    assert "Sam Student" in text
    assert "Rockets for � all" in text


def test_text_of_the_database_is_never_markup(api, certified):
    learner, certificate = certified(name="#panic() *bold* $x$", title='"] #sys.version [')

    text = _text(_download(api.as_(learner), certificate))

    assert "#panic() *bold* $x$" in text
    assert '"] #sys.version [' in text


def test_a_name_of_two_hundred_letters_stays_on_one_page(api, certified):
    learner, certificate = certified(name=f"{'W' * 100} {'Wolfeschlegel ' * 7}".strip(), title="Title " * 33)

    _text(_download(api.as_(learner), certificate))


def test_it_is_a_tagged_pdf_with_language_title_and_texts_for_pictures(api, certified):
    learner, certificate = certified()

    reader = PdfReader(io.BytesIO(_download(api.as_(learner), certificate).data))

    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    roles = list(_elements(root["/StructTreeRoot"]))
    assert "/H1" in [role for role, _ in roles]
    texts = [text for role, text in roles if role == "/Figure"]
    assert texts == [
        "Logo of Rollcall",
        f"QR code of the address http://rollcall.test/certificates/{certificate.number}",
    ]


def test_a_job_renders_it_before_it_is_asked_for(app, api, certified, monkeypatch):
    learner, certificate = certified()
    with app.app_context():
        job.render([str(certificate.id)])
    monkeypatch.setattr(certificate_pdf, "render", _unexpected)

    assert "Ada Lovelace" in _text(_download(api.as_(learner), certificate))
    with app.app_context():
        job.render([str(certificate.id)])  # again: it is there, so nothing is rendered


def test_completing_enqueues_the_rendering(api, make, monkeypatch):
    enqueued = []
    monkeypatch.setattr("app.adapters.queue.render_certificates", enqueued.extend)
    course, learner = make.course(lessons=1), make.student()
    make.enrollment(course, learner)
    client = api.as_(learner)

    data_of(client.post(f"/lessons/{make.lessons_of(course)[0].id}/complete"))

    (certificate,) = data_of(client.get("/certificates"))
    assert list(map(str, enqueued)) == [certificate["id"]]


def test_a_full_disk_refuses_no_certificate(api, certified, monkeypatch):
    learner, certificate = certified()
    monkeypatch.setattr("tempfile.mkstemp", _full)

    assert "Ada Lovelace" in _text(_download(api.as_(learner), certificate))


def test_old_files_leave_the_cache(app, certified, api, monkeypatch):
    learner, certificate = certified()
    _download(api.as_(learner), certificate)
    with app.app_context():
        assert certificate_pdf.delete_old() == 0
        monkeypatch.setattr(certificate_pdf, "KEPT_SECONDS", -60)
        assert certificate_pdf.delete_old() >= 1


def test_an_old_file_that_was_not_removed_is_not_served(app, certified, api, config):
    learner, certificate = certified()
    response = _download(api.as_(learner), certificate)
    digest = response.get_etag()[0]
    (file,) = Path(config.media_dir).rglob(f"{digest}.pdf")
    file.write_bytes(b"%PDF-of-yesterday")
    assert _download(api.as_(learner), certificate).data == b"%PDF-of-yesterday"
    os.utime(file, (0, 0))

    assert _download(api.as_(learner), certificate).data == response.data
    os.utime(file, (0, 0))
    with app.app_context():
        job.render([str(certificate.id)])
    assert file.stat().st_mtime > 0


@pytest.mark.parametrize(("store", "jobs"), [("disk", 1), ("s3", 0)])
def test_no_job_renders_into_a_folder_that_web_processes_do_not_have(
    app, api, make, setting, monkeypatch, store, jobs
):
    enqueued = []
    monkeypatch.setattr("app.adapters.queue.render_certificates", enqueued.extend)
    course, learner = make.course(lessons=1), make.student()
    make.enrollment(course, learner)
    setting(media_store=store)

    data_of(api.as_(learner).post(f"/lessons/{make.lessons_of(course)[0].id}/complete"))

    assert len(enqueued) == jobs


def _fonts(reader):
    (page,) = reader.pages
    return [font["/BaseFont"] for font in page["/Resources"]["/Font"].values()]


def _elements(element):
    """Role and text of every structure element, in reading order."""
    element = element.get_object()
    if not isinstance(element, dict):
        return
    if "/S" in element:
        yield element["/S"], element.get("/Alt")
    children = element.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        yield from _elements(child)


def _unexpected(_):
    raise AssertionError("rendered again")


def _full(**_):
    raise OSError(28, "No space left on device")
