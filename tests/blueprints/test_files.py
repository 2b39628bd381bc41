"""Files and videos of lessons: received, checked, recorded, and deleted."""

import errno
import io
import os
from datetime import timedelta
from pathlib import Path
from time import time

import pytest
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enums import CourseStatus, LessonType
from app.jobs import periodic
from app.models import Course, File
from tests.support.declarations import FILM
from tests.support.http import assert_refused, data_of
from tests.support.paths import ROOT
from tests.support.races import at_once

WEBM = (ROOT / "tests" / "files" / "film.webm").read_bytes()
MEGABYTE = 1024 * 1024
HTML = b"<!doctype html><script>alert(1)</script>"


def form_of(content, name):
    """Encoded here: the test client would keep a long one in a file that it never closes."""
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
    return {"data": form, "content_type": f"multipart/form-data; boundary={boundary}"}


@pytest.fixture
def instructor(make):
    return make.instructor()


@pytest.fixture
def lesson(make, instructor):
    course = make.course(instructor=instructor)
    return make.lesson(make.section(course), type=LessonType.VIDEO)


@pytest.fixture
def owner(api, instructor):
    return api.as_(instructor)


@pytest.fixture
def add(lesson):
    def post(client, content=b"Some notes.", name="notes.txt", to=None):
        return client.post(f"/lessons/{(to or lesson).id}/files", **form_of(content, name))

    return post


@pytest.fixture
def film(lesson):
    def put(client, content=FILM, name="film.mp4"):
        return client.put(f"/lessons/{lesson.id}/video", **form_of(content, name))

    return put


@pytest.fixture
def shelf(config):
    """The files that are kept, and those that are being received."""
    folders = [Path(config.media_dir) / name for name in ("files", "drafts")]

    def found():
        return {file for folder in folders for file in folder.rglob("*") if file.is_file()}

    before = found()
    return lambda: found() - before


def test_a_file_is_added_and_the_lesson_lists_it(api, make, owner, add, lesson, stored):
    file = data_of(add(owner), 201)

    assert (file["name"], file["media_type"], file["size"]) == ("notes.txt", "text/plain", 11)
    shown = {name: file[name] for name in ("id", "name", "media_type", "size", "duration_seconds")}
    learner = make.student()
    make.enrollment(stored(select(Course)).pop(), learner)
    assert data_of(api.as_(learner).get(f"/lessons/{lesson.id}"))["files"] == [shown]


def test_a_video_is_saved_and_says_how_long_it_plays(owner, film, lesson):
    for content, name, seconds in ((FILM, "a.mp4", 6), (WEBM, "b.webm", 20)):
        video = data_of(film(owner, content, name))

        assert video["duration_seconds"] == seconds
        assert data_of(owner.get(f"/lessons/{lesson.id}"))["video"]["id"] == video["id"]


def test_another_video_takes_the_place_of_the_first(owner, film, lesson, shelf):
    first, second = data_of(film(owner)), data_of(film(owner, WEBM, "b.webm"))

    assert_refused(owner.get(f"/files/{first['id']}"), 404, "not_found")
    assert data_of(owner.get(f"/lessons/{lesson.id}"))["video"]["id"] == second["id"]
    assert [file.read_bytes() for file in shelf()] == [WEBM]


def test_of_two_videos_sent_at_once_one_is_left(owner, film, stored, shelf):
    answers = at_once(*[lambda: film(owner)] * 4)

    assert [answer.status_code for answer in answers] == [200] * 4
    (kept,) = stored(select(File))
    assert [file.name for file in shelf()] == [kept.stored_as.rpartition("/")[2]]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("CON", "CON"),
        (".htaccess", ".htaccess"),
        ("  Résumé  ", "Résumé"),
        ("x" * 255, "x" * 255),
        ("..", ".."),
        ("a/", "file"),
    ],
)
def test_a_name_is_only_shown(owner, add, shelf, config, name, shown):
    assert data_of(add(owner, name=name), 201)["name"] == shown

    (kept,) = shelf()
    assert kept.parent.parent == Path(config.media_dir) / "files"
    assert kept.suffix == ".bin"
    assert kept.stat().st_mode & 0o111 == 0


@pytest.mark.parametrize("name", ["x" * 256, "a\u202egpj.exe", "a\x07b"])
def test_a_name_that_cannot_be_shown_is_refused(owner, add, shelf, name):
    assert list(assert_refused(add(owner, name=name), 422, "invalid_request")) == ["file"]
    assert shelf() == set()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"just words", "a.png"),
        (HTML, "a.jpg"),
        (HTML, "a.pdf"),
        (b"MZ\x90\0", "a.mp4"),
        (FILM, "a.pdf"),
        (b"<svg/>", "a.gif"),
    ],
)
def test_a_file_that_is_not_what_its_name_promises_is_refused(owner, add, shelf, content, name):
    assert_refused(add(owner, content, name), 415, "unsupported_media_type")
    assert shelf() == set()


@pytest.mark.parametrize(
    "content",
    [b"MZ\x90\0" + bytes(400), HTML, b"%PDF-1.7", b"\x1a\x45\xdf\xa3" + bytes(80), FILM[:-1], FILM[:2000], FILM + b"\0", FILM[:32], FILM[:32] + b"\0\0\0\1mdat"],
    ids=["exe", "html", "pdf", "matroska", "cut", "cut early", "longer", "head only", "cut in a length"],
)  # fmt: skip
def test_what_is_no_video_is_refused(owner, film, shelf, content):
    assert_refused(film(owner, content, "film"), 415, "unsupported_media_type")
    assert shelf() == set()


def test_an_empty_file_and_a_file_beside_another_are_refused(owner, add, lesson, shelf):
    two = {"file": [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}

    assert list(assert_refused(add(owner, b""), 422, "invalid_request")) == ["file"]
    response = owner.post(f"/lessons/{lesson.id}/files", data=two, content_type="multipart/form-data")
    assert list(assert_refused(response, 422, "invalid_request")) == ["file"]
    many = {f"file{number}": (io.BytesIO(b"a"), "a.txt") for number in range(30)}
    response = owner.post(f"/lessons/{lesson.id}/files", data=many, content_type="multipart/form-data")
    assert_refused(response, 413, "too_large")
    assert shelf() == set()


def test_a_form_that_ends_too_soon_is_refused(owner, lesson, shelf):
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nSome no'

    response = owner.post(
        f"/lessons/{lesson.id}/files", data=form, content_type="multipart/form-data; boundary=b"
    )

    assert_refused(response, 400, "invalid_request")
    assert shelf() == set()


def test_a_file_beyond_its_limit_is_refused(owner, add, shelf, setting):
    setting(file_max_mb=1)

    assert_refused(add(owner, bytes(MEGABYTE + 1)), 413, "too_large")
    assert_refused(add(owner, bytes(2 * MEGABYTE)), 413, "too_large")
    assert data_of(add(owner, bytes(MEGABYTE)), 201)["media_type"] == "application/octet-stream"
    assert len(shelf()) == 1


@pytest.mark.parametrize("whose", ["course", "user"])
def test_a_quota_is_kept_and_deleting_makes_room(owner, add, shelf, setting, whose):
    setting(**{f"{whose}_quota_mb": 2})
    first = data_of(add(owner, bytes(MEGABYTE)), 201)
    data_of(add(owner, bytes(MEGABYTE)), 201)

    assert_refused(add(owner, b"x"), 413, "quota_exceeded")
    assert len(shelf()) == 2
    assert owner.delete(f"/files/{first['id']}").status_code == 204
    data_of(add(owner, bytes(MEGABYTE)), 201)


@pytest.mark.parametrize("whose", ["course", "user"])
def test_the_last_of_a_quota_goes_to_one_of_those_who_race_for_it(
    api, make, instructor, lesson, add, shelf, setting, whose
):
    """By a course's quota two people, by a user's one person in two courses."""
    setting(**{f"{whose}_quota_mb": 1})
    if whose == "course":
        senders = [(api.as_(make.admin()), lesson) for _ in range(4)]
    else:
        courses = [make.course(instructor=instructor) for _ in range(4)]
        senders = [(api.as_(instructor), make.lesson(make.section(course))) for course in courses]

    answers = at_once(*[lambda who=who, to=to: add(who, bytes(MEGABYTE), to=to) for who, to in senders])

    assert sorted(answer.status_code for answer in answers) == [201, 413, 413, 413]
    assert len(shelf()) == 1


def test_the_video_that_is_replaced_still_counts_until_it_is_gone(owner, film, setting):
    setting(course_quota_mb=1)

    for _ in range(3):
        data_of(film(owner, FILM))


def test_a_lesson_has_a_limited_number_of_files(make, owner, instructor, add, lesson):
    for _ in range(100):
        make.file(lesson, uploaded_by=instructor)

    assert_refused(add(owner), 422, "too_many_files")


def test_a_file_is_deleted(owner, add, lesson, shelf):
    file = data_of(add(owner), 201)

    assert owner.delete(f"/files/{file['id']}").status_code == 204

    assert_refused(owner.get(f"/files/{file['id']}"), 404, "not_found")
    assert_refused(owner.delete(f"/files/{file['id']}"), 404, "not_found")
    assert shelf() == set()
    assert data_of(owner.get(f"/lessons/{lesson.id}"))["files"] == []


def test_files_are_part_of_the_course_that_is_reviewed(make, instructor, owner, add):
    courses = {
        status: make.course(instructor=instructor, status=status) for status in ("PENDING", "APPROVED")
    }
    lessons = {status: make.lesson(make.section(course)) for status, course in courses.items()}

    assert_refused(add(owner, to=lessons["PENDING"]), 409, "course_under_review")
    data_of(add(owner, to=lessons["APPROVED"]), 201)
    assert data_of(owner.get(f"/courses/{courses['APPROVED'].id}"))["status"] == CourseStatus.DRAFT


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("when", ["opened", "written", "synced"])
def test_a_full_disk_is_reported_and_leaves_nothing(owner, add, shelf, stored, monkeypatch, problem, when):
    def fail(*_args, **_options):
        raise OSError(problem, "full")

    if when == "opened":
        monkeypatch.setattr("app.adapters.storage.tempfile.mkstemp", fail)
    elif when == "written":
        monkeypatch.setattr("app.adapters.storage.Draft.write", fail)
    else:
        monkeypatch.setattr(os, "fsync", fail)

    assert_refused(add(owner, bytes(MEGABYTE)), 507, "storage_full")
    assert shelf() == set()
    assert stored(select(File)) == []


def test_what_a_failed_commit_left_is_swept(app, owner, add, shelf, failing_commits):
    kept = data_of(add(owner), 201)
    with failing_commits("INSERT ON files"):
        assert_refused(add(owner), 503, "unavailable")
    assert len(shelf()) == 2

    _sweep(app)
    assert len(shelf()) == 2, "it may be about to be committed"
    _sweep(app, *shelf())

    assert len(shelf()) == 1
    assert data_of(owner.get(f"/files/{kept['id']}"))["id"] == kept["id"]


def test_the_files_of_a_deleted_lesson_are_kept_for_a_while(app, owner, add, lesson, shelf, _janitor):
    file = data_of(add(owner), 201)
    assert owner.delete(f"/lessons/{lesson.id}").status_code == 204
    _sweep(app, *shelf())
    assert len(shelf()) == 1
    assert_refused(owner.get(f"/files/{file['id']}"), 404, "not_found")

    with _janitor.connect() as connection:
        connection.execute(text("UPDATE lessons SET deleted_at = deleted_at - interval '31 days'"))
    _sweep(app, *shelf())

    assert shelf() == set()


def test_so_are_the_files_of_a_deleted_course(app, api, make, owner, add, lesson, shelf, _janitor):
    data_of(add(owner), 201)
    assert api.as_(make.admin()).delete(f"/courses/{lesson.course_id}").status_code == 204
    _sweep(app, *shelf())
    assert len(shelf()) == 1

    with _janitor.connect() as connection:
        connection.execute(text("UPDATE courses SET deleted_at = deleted_at - interval '31 days'"))
    _sweep(app, *shelf())

    assert shelf() == set()


def test_the_files_of_a_deleted_course_leave_the_quota(api, make, owner, add, lesson, instructor, setting):
    """Their owner could not delete them one by one."""
    setting(user_quota_mb=1)
    data_of(add(owner, bytes(MEGABYTE)), 201)
    assert api.as_(make.admin()).delete(f"/courses/{lesson.course_id}").status_code == 204
    other = make.lesson(make.section(make.course(instructor=instructor)))

    data_of(add(owner, b"x", to=other), 201)


def _sweep(app, *files):
    """What the sweep does about files, some hours after these were written."""
    for file in files:
        os.utime(file, (time() - timedelta(hours=2).total_seconds(),) * 2)
    with app.app_context():
        next(chore for chore in periodic.CHORES if chore.name == "files").run()
