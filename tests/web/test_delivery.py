"""Delivery of private files: signed personal links, ranges, conditional requests, and nothing active at our address."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.enums import CourseStatus, EnrollmentStatus, FileKind, PaymentStatus
from app.models import File
from app.services.content import file_links, files_read
from app.web import delivery
from tests.support.declarations import FILM
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

PUBLIC = "http://rollcall.test"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def instructor(make):
    return make.instructor()


@pytest.fixture
def course(make, instructor):
    return make.course(instructor=instructor)


@pytest.fixture
def lesson(make, course):
    return make.lesson(make.section(course))


@pytest.fixture
def owner(api, instructor):
    return api.as_(instructor)


@pytest.fixture
def add(owner, lesson):
    def post(content=CONTENT, name="notes.bin"):
        form = {"file": (io.BytesIO(content), name)}
        response = owner.post(f"/lessons/{lesson.id}/files", data=form, content_type="multipart/form-data")
        return data_of(response, 201)

    return post


@pytest.fixture
def fetch(app):
    """Get a link as a browser does, without a token."""

    def get(url, method="GET", **headers):
        assert url.startswith(PUBLIC)
        return app.test_client().open(url.removeprefix(PUBLIC), method=method, headers=headers, buffered=True)

    return get


@pytest.fixture
def url(add):
    return add()["url"]


def test_a_link_gives_the_file_without_a_token(fetch, url):
    response = fetch(url)

    assert response.status_code == 200
    assert response.data == CONTENT
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 10_240),
        ("bytes=100-199", 100, 200),
        ("bytes=10000-20000", 10_000, 10_240),
        ("bytes=-10", 10_230, 10_240),
        ("bytes=-20000", 0, 10_240),
        ("bytes=10239-", 10_239, 10_240),
    ],
)
def test_a_range_gives_a_part(fetch, url, asked, begin, end):
    response = fetch(url, Range=asked)

    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {begin}-{end - 1}/10240"
    assert response.headers["Content-Length"] == str(end - begin)
    assert response.data == CONTENT[begin:end]


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000"])
def test_a_range_beyond_the_file_is_416(fetch, url, asked):
    response = fetch(url, Range=asked)

    assert response.status_code == 416
    assert response.headers["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,3-4", "bytes=9-1", "words=0-1", "bytes", "bytes=a-b", "bytes=--1", "bytes=1-2-3", "bytes=-0"],
)
def test_a_range_that_is_none_or_several_gives_the_whole(fetch, url, asked):
    response = fetch(url, Range=asked)

    assert (response.status_code, response.data) == (200, CONTENT)


def test_an_open_range_of_a_long_file_ends_early(fetch, url, monkeypatch):
    monkeypatch.setattr(delivery, "MOST_AT_ONCE", 1_000)

    response = fetch(url, Range="bytes=500-")

    assert response.headers["Content-Range"] == "bytes 500-1499/10240"
    assert response.data == CONTENT[500:1500]


def test_if_range_gives_a_part_of_this_very_file_only(fetch, url):
    first = fetch(url)
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]

    assert fetch(url, **{"Range": "bytes=0-9", "If-Range": tag}).status_code == 206
    assert fetch(url, **{"Range": "bytes=0-9", "If-Range": changed}).status_code == 206
    for other in ('"another"', f"W/{tag}", "Wed, 21 Oct 2015 07:28:00 GMT", "nonsense"):
        response = fetch(url, **{"Range": "bytes=0-9", "If-Range": other})
        assert (response.status_code, response.data) == (200, CONTENT), other


def test_conditional_requests(fetch, url):
    first = fetch(url)
    tag, changed = first.headers["ETag"], first.headers["Last-Modified"]

    assert fetch(url, **{"If-None-Match": tag}).status_code == 304
    assert fetch(url, **{"If-None-Match": tag, "Range": "bytes=0-9"}).status_code == 304
    assert fetch(url, **{"If-None-Match": '"another"'}).status_code == 200
    assert fetch(url, **{"If-Modified-Since": changed}).status_code == 304
    assert fetch(url, **{"If-Match": tag}).status_code == 200
    assert fetch(url, **{"If-Match": "*"}).status_code == 200
    assert_refused(fetch(url, **{"If-Match": '"another"'}), 412, "precondition_failed")
    assert fetch(url, **{"If-Unmodified-Since": changed}).status_code == 200
    assert_refused(
        fetch(url, **{"If-Unmodified-Since": "Wed, 21 Oct 2015 07:28:00 GMT"}), 412, "precondition_failed"
    )


def test_head_says_what_get_would_send(fetch, url):
    response = fetch(url, "HEAD", Range="bytes=0-9")

    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Content-Length"] == "10240"
    assert response.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.svg", "application/octet-stream"),
        (b"<!doctype html><script>alert(1)</script>", "a.html", "application/octet-stream"),
        (b"<?xml version='1.0'?><html xmlns='x'><script/></html>", "a.xhtml", "application/octet-stream"),
        (b"alert(1)", "a.js", "application/octet-stream"),
        (b"GIF89a/*" + bytes(30) + b"*/=1;alert(1)", "a.gif", "image/gif"),
        (b"%PDF-1.7", "a.pdf", "application/pdf"),
        (FILM, "a.mp4", "video/mp4"),
    ],
)
def test_nothing_active_is_shown_at_our_address(fetch, add, content, name, kind):
    response = fetch(add(content, name)["url"])

    assert response.mimetype == kind
    shown = kind != "application/octet-stream"
    assert (
        response.headers["Content-Disposition"] == f"{'inline' if shown else 'attachment'}; filename={name}"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert ("sandbox" in policy) == (kind != "application/pdf")


def test_a_name_of_any_script_is_sent_with_the_file(fetch, add):
    response = fetch(add(name="Übung «1»; 字.txt")["url"])

    sent = response.headers["Content-Disposition"]
    assert sent.isascii()
    assert sent.startswith('attachment; filename="Ubung')
    assert sent.endswith("; filename*=UTF-8''%C3%9Cbung%20%C2%AB1%C2%BB%3B%20%E5%AD%97.txt")


@pytest.mark.parametrize("part", ["user", "expires", "signature", "file"])
def test_a_link_that_was_changed_is_refused(fetch, add, url, part):
    other = add()
    parts = dict(each.split("=", 1) for each in url.partition("?")[2].split("&"))
    if part == "file":
        changed = url.replace(url.split("/")[5], other["id"])
    else:
        changed = url.replace(
            f"{part}={parts[part]}", f"{part}={parts[part][:-1]}{'1' if parts[part][-1] != '1' else '2'}"
        )

    assert changed != url
    assert_refused(fetch(changed), 403, "link_invalid")


@pytest.mark.parametrize(
    "query", ["", "?user=-&expires=x&signature=x", "?expires=" + "9" * 5_000, "?signature=%ff%00ü"]
)
def test_a_link_without_a_signature_is_refused(fetch, url, query):
    assert_refused(fetch(url.partition("?")[0] + query), 403, "link_invalid")


def test_a_link_ends(fetch, url, monkeypatch, setting):
    later = datetime.now(UTC) + timedelta(seconds=1_201)
    monkeypatch.setattr(file_links, "time", later.timestamp)

    assert_refused(fetch(url), 403, "link_invalid")


def test_a_link_is_the_same_for_a_while(owner, add, monkeypatch):
    monkeypatch.setattr(file_links, "time", lambda: 1_200_000_000.0)
    file = add()
    urls = []

    for second in (0, 599, 600):
        monkeypatch.setattr(file_links, "time", lambda now=1_200_000_000.0 + second: now)
        urls.append(data_of(owner.get(f"/files/{file['id']}"))["url"])

    assert urls[0] == urls[1] == file["url"] != urls[2]


@pytest.fixture
def learner(make, course):
    person = make.student()
    make.enrollment(course, person)
    return person


@pytest.fixture
def link_of(api, add):
    file = add()
    return lambda person: data_of(api.as_(person).get(f"/files/{file['id']}"))["url"]


DEATHS = {
    "left": "UPDATE enrollments SET status = 'CANCELLED', cancelled_at = now()",
    "deactivated": "UPDATE users SET is_active = false WHERE role = 'STUDENT'",
    "lesson deleted": "UPDATE lessons SET deleted_at = now(), position = NULL",
    "course deleted": "UPDATE courses SET deleted_at = now()",
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_link_is_dead_with_the_right_to_read(fetch, learner, link_of, _janitor, death):
    url = link_of(learner)
    assert fetch(url).status_code == 200

    with _janitor.connect() as connection:
        connection.execute(text(DEATHS[death]))

    assert_refused(fetch(url), 403, "link_invalid")
    assert_refused(fetch(url, Range="bytes=0-9"), 403, "link_invalid")


def test_a_link_is_dead_while_the_course_is_not_paid(fetch, learner, link_of, setting, _janitor):
    url = link_of(learner)
    setting(paid_enrollment="require")
    with _janitor.connect() as connection:
        connection.execute(text("UPDATE enrollments SET payment_status = 'UNPAID'"))

    assert_refused(fetch(url), 403, "link_invalid")


def test_a_link_is_as_good_as_the_right_to_read_the_lesson(app, api, make, instructor):
    """The one statement of the delivery decides as the services of the lesson do, for every reader and state."""
    people = {
        "owner": instructor,
        "admin": make.admin(),
        "other": make.instructor(),
        "student": make.student(),
    }
    learners = {state: make.student() for state in (*EnrollmentStatus, "unpaid")}
    found = []
    for status in CourseStatus:
        course = make.course(instructor=instructor, status=status)
        for name, person in learners.items():
            options = {"payment_status": PaymentStatus.UNPAID} if name == "unpaid" else {"status": name}
            if name == "COMPLETED":
                options |= {"completed_at": datetime.now(UTC), "completion_number": 1}
            if name == "CANCELLED":
                options |= {"cancelled_at": datetime.now(UTC)}
            make.enrollment(course, person, **options)
        section = make.section(course)
        for is_preview in (False, True):
            lesson = make.lesson(section, is_preview=is_preview)
            for kind in set(FileKind) - {FileKind.QUESTION_IMAGE}:  # those are linked in their questions
                file = make.file(lesson, uploaded_by=learners["ACTIVE"], kind=kind)
                for name, person in [*people.items(), *learners.items(), ("nobody", None)]:
                    client = api.as_(person) if person else api
                    is_linked = client.get(f"/files/{file.id}").status_code == 200
                    with app.app_context():
                        delivered = files_read.find_delivery(person.id if person else None, file.id)
                    found.append((is_linked, delivered is not None, status, is_preview, kind, name))

    assert [each for each in found if each[0] != each[1]] == []
    assert {True, False} == {each[0] for each in found}


def test_a_file_that_is_deleted_while_it_is_sent_is_sent_whole(app, owner, add):
    """On the server's own test client: the response is read after the file is gone."""
    file = add()
    client = app.test_client()
    response = client.get(file["url"].removeprefix(PUBLIC), buffered=False)
    assert owner.delete(f"/files/{file['id']}").status_code == 204

    assert response.data == CONTENT
    response.close()
    assert client.get(file["url"].removeprefix(PUBLIC)).status_code == 403


def test_files_are_deleted_while_they_are_sent(fetch, owner, add):
    files = [add() for _ in range(6)]

    def send(file):
        response = fetch(file["url"])
        return response.status_code, response.data if response.status_code == 200 else b""

    answers = at_once(
        *[lambda file=file: send(file) for file in files],
        *[lambda file=file: (owner.delete(f"/files/{file['id']}").status_code, b"") for file in files],
    )

    assert {status for status, _ in answers[6:]} == {204}
    for status, content in answers[:6]:
        assert (status, content) in ((200, CONTENT), (403, b""), (404, b""))


def test_a_record_without_its_file_is_404(fetch, url, config, stored):
    (file,) = stored(File.__table__.select().with_only_columns(File.stored_as))
    (Path(config.media_dir) / file).unlink()

    assert_refused(fetch(url), 404, "not_found")


def test_nginx_is_told_where_the_file_is(fetch, url, setting, stored):
    setting(media_accel_path="/stored")

    response = fetch(url, Range="bytes=0-9")

    (name,) = stored(File.__table__.select().with_only_columns(File.stored_as))
    assert response.headers["X-Accel-Redirect"] == f"/stored/{name}"
    assert response.data == b""
    assert response.headers["Content-Disposition"] == "attachment; filename=notes.bin"
