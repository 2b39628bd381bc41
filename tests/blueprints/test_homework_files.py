"""Files of homework: uploaded, handed in, moved to the next submission, read, and deleted."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enums import EnrollmentStatus, FileKind, LessonType, PaymentStatus, Role
from app.jobs import periodic
from app.models import File
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, at_once, holding, outcomes

MEGABYTE = 1024 * 1024
GRADE = {"points": 8.5, "max_points": 10, "feedback": "Right order."}


class Homework:
    """A course of one ASSIGNMENT lesson, with a learner and the instructor."""

    def __init__(self, api, make, *, state=None, before=(), **course):
        self.make, self.api = make, api
        self.owner = make.instructor()
        self.course = make.course(instructor=self.owner, **course)
        self.section = make.section(self.course)
        self.others = [make.lesson(self.section, type=kind) for kind in before]
        self.lesson = make.lesson(self.section, type=LessonType.ASSIGNMENT)
        self.student = make.student()
        self.enrollment = make.enrollment(self.course, self.student, **(state or {}))
        self.learner, self.grader = api.as_(self.student), api.as_(self.owner)
        self.path = f"/lessons/{self.lesson.id}/submissions"

    def upload(self, content=b"My notes.", name="notes.txt", *, by=None, to=None):
        boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
        return (by or self.learner).post(
            f"/lessons/{(to or self.lesson).id}/submissions/files",
            data=form,
            content_type=f"multipart/form-data; boundary={boundary}",
        )

    def file(self, *args, **options):
        return data_of(self.upload(*args, **options), 201)["id"]

    def submit(self, *file_ids, **body):
        return self.learner.post(self.path, json={"file_ids": file_ids, **body})

    def grade(self, submission):
        return data_of(self.grader.post(f"/submissions/{submission['id']}/grade", json=GRADE))

    def another_learner(self):
        student = self.make.student()
        self.make.enrollment(self.course, student)
        return self.api.as_(student)

    def refuses(self, *file_ids):
        details = assert_refused(self.submit(*file_ids, text="Mine."), 422, "invalid_request")
        return list(details) == ["file_ids"]


@pytest.fixture
def homework(api, make):
    return lambda **values: Homework(api, make, **values)


@pytest.fixture
def shelf(config):
    folder = Path(config.media_dir) / "files"

    def found():
        return {file for file in folder.rglob("*") if file.is_file()}

    before = found()
    return lambda: found() - before


def ids_in(submission):
    return [file["id"] for file in submission["files"]]


def test_homework_is_handed_in_as_files_alone_or_with_a_text(homework):
    task = homework()
    uploaded = data_of(task.upload(b"%PDF-1.7 An essay.", "essay.pdf"), 201)

    submission = data_of(task.submit(uploaded["id"]), 201)

    assert (uploaded["kind"], uploaded["lesson_id"]) == ("SUBMISSION_FILE", str(task.lesson.id))
    assert submission["text"] == ""
    assert submission["file_count"] == 1
    assert submission["files"] == [
        {"id": uploaded["id"], "name": "essay.pdf", "media_type": "application/pdf", "size": 18}
    ]
    second = task.file(b"More.", "more.txt")
    again = data_of(task.submit(second, text="And a text."), 201)
    assert (again["text"], ids_in(again)) == ("And a text.", [second])


def test_a_submission_without_text_and_files_is_refused(homework):
    task = homework()

    for body in ({}, {"text": " \n"}, {"file_ids": []}, {"text": "", "file_ids": []}):
        assert list(assert_refused(task.learner.post(task.path, json=body), 422, "invalid_request")) == [
            "text"
        ]


def test_files_stay_with_a_replaced_submission_unless_they_are_named_again(homework):
    task = homework()
    first, second = task.file(), task.file()
    data_of(task.submit(first, second), 201)

    replacing = data_of(task.submit(second, text="Shorter."), 201)

    newest, replaced = data_of(task.learner.get(task.path))
    assert ids_in(replacing) == ids_in(newest) == [second]
    assert ids_in(replaced) == [first]
    assert task.refuses(first), "it belongs to a submission that was replaced before"


def test_only_own_files_of_this_lesson_that_were_not_handed_in_are_taken(homework, make):
    task = homework()
    other = make.lesson(task.section, type=LessonType.ASSIGNMENT)
    foreign = task.file(by=task.another_learner())
    elsewhere = task.file(to=other)
    of_lesson = make.file(task.lesson, uploaded_by=task.student, kind=FileKind.LESSON_FILE)
    own = task.file()

    for file_id in (foreign, elsewhere, str(of_lesson.id), str(uuid4())):
        assert task.refuses(own, file_id)
    assert task.refuses(own, own)
    assert task.refuses(*[str(uuid4()) for _ in range(21)])
    assert data_of(task.learner.get(task.path)) == []
    assert ids_in(data_of(task.submit(own), 201)) == [own]


def test_of_submissions_at_once_with_one_file_the_last_has_it(homework):
    task = homework()
    file_id = task.file()

    answers = at_once(*[lambda: task.submit(file_id)] * 4)

    assert outcomes(answers) == {"201": 4}
    listed = data_of(task.learner.get(task.path))
    assert sorted((each["state"], ids_in(each)) for each in listed) == [
        *[("REPLACED", [])] * 3,
        ("SUBMITTED", [file_id]),
    ]


def test_a_file_that_is_being_handed_in_is_neither_deleted_nor_swept(homework, app, config, shelf, _janitor):
    task = homework()
    submission, file_id = data_of(task.submit(text="Mine."), 201), task.file()
    with _janitor.connect() as connection:
        forgotten = text("UPDATE files SET created_at = created_at - interval '25 hours' WHERE id = :id")
        connection.execute(forgotten, {"id": file_id})
    handing_in = "UPDATE files SET submission_id = :submission WHERE id = :id"

    with holding(config, handing_in, commits=True, submission=submission["id"], id=file_id) as wait_for:
        deleting = Started(lambda: task.learner.delete(f"/files/{file_id}"))
        wait_for(1)
        _sweep(app)

    assert_refused(deleting.finish(), 409, "file_submitted")
    assert ids_in(data_of(task.learner.get(f"/submissions/{submission['id']}"))) == [file_id]
    assert len(shelf()) == 1


def test_files_are_taken_as_homework_itself_is(homework, api, make, setting):
    setting(homework_completes="graded", paid_enrollment="require")
    locked = homework(before=[LessonType.TEXT], enforce_order=True)
    unpaid = homework(price=10, state={"payment_status": PaymentStatus.UNPAID})
    left = homework(
        state={"status": EnrollmentStatus.CANCELLED, "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
    )

    assert_refused(locked.upload(), 409, "lesson_locked")
    assert_refused(locked.upload(to=locked.others[0]), 409, "not_homework")
    assert_refused(unpaid.upload(), 402, "payment_required")
    assert_refused(left.upload(), 403, "not_enrolled")
    assert_refused(left.upload(by=api.as_(make.student())), 403, "not_enrolled")
    assert_refused(left.upload(by=left.grader), 403, "not_enrolled")


def test_once_homework_is_graded_it_takes_no_files_and_those_it_has_are_read(homework):
    task = homework()
    file_id = task.file()
    submission = data_of(task.submit(file_id), 201)

    graded = task.grade(submission)

    assert ids_in(graded) == [file_id]
    assert_refused(task.upload(), 409, "already_graded")
    link = data_of(task.learner.get(f"/files/{file_id}"))["url"]
    assert "/media/files/" in link


def test_a_file_is_read_by_its_learner_the_instructor_and_admins_alone(homework, api, make):
    task = homework()
    file_id = task.file()
    path = f"/files/{file_id}"

    for _ in range(2):
        for reader in (task.learner, task.grader, api.as_(make.admin())):
            assert data_of(reader.get(path))["id"] == file_id
        assert_refused(task.another_learner().get(path), 404, "not_found")
        assert_refused(api.as_(make.instructor()).get(path), 403, "not_enrolled")
        data_of(task.submit(file_id), 201)


def test_a_learner_deletes_a_file_until_it_is_handed_in(homework, api, make, shelf):
    task = homework()
    kept, dropped = task.file(), task.file()

    for stranger in (task.another_learner(), task.grader, api.as_(make.admin())):
        assert_refused(stranger.delete(f"/files/{dropped}"), 404, "not_found")
    assert task.learner.delete(f"/files/{dropped}").status_code == 204
    assert_refused(task.learner.delete(f"/files/{dropped}"), 404, "not_found")
    data_of(task.submit(kept), 201)

    assert_refused(task.learner.delete(f"/files/{kept}"), 409, "file_submitted")
    assert len(shelf()) == 1


def test_learners_and_demoted_instructors_delete_no_file_of_a_lesson(homework, make, _janitor):
    task = homework()
    file = make.file(task.lesson, uploaded_by=task.owner)

    assert_refused(task.learner.delete(f"/files/{file.id}"), 403, "forbidden")
    with _janitor.connect() as connection:
        demote = text("UPDATE users SET role = :role WHERE id = :id")
        connection.execute(demote, {"role": Role.STUDENT, "id": task.owner.id})
    assert_refused(task.grader.delete(f"/files/{file.id}"), 403, "forbidden")


def test_twenty_files_wait_to_be_handed_in(homework, make):
    task = homework()
    waiting = [
        str(make.file(task.lesson, uploaded_by=task.student, kind=FileKind.SUBMISSION_FILE).id)
        for _ in range(20)
    ]

    assert_refused(task.upload(), 422, "too_many_files")
    submission = data_of(task.submit(*waiting), 201)

    assert submission["file_count"] == 20
    assert len(task.file()) > 0


def test_files_count_towards_the_quota_of_the_learner_and_not_of_the_course(homework, setting, shelf):
    setting(user_quota_mb=2, course_quota_mb=1)
    task = homework()
    task.file(bytes(MEGABYTE), "a.bin")
    task.file(bytes(MEGABYTE), "b.bin")

    assert_refused(task.upload(b"x"), 413, "quota_exceeded")
    assert len(shelf()) == 2


def test_a_file_that_is_not_what_its_name_promises_or_too_large_is_refused(homework, setting, shelf):
    setting(file_max_mb=1)
    task = homework()

    assert_refused(task.upload(b"just words", "a.png"), 415, "unsupported_media_type")
    assert_refused(task.upload(bytes(MEGABYTE + 1)), 413, "too_large")
    assert shelf() == set()


def test_a_file_that_is_not_handed_in_for_a_day_is_swept(homework, app, shelf, stored, _janitor):
    task = homework()
    submitted, forgotten, fresh = task.file(), task.file(), task.file()
    data_of(task.submit(submitted), 201)
    with _janitor.connect() as connection:
        connection.execute(
            text("UPDATE files SET created_at = created_at - interval '25 hours' WHERE id IN (:a, :b)"),
            {"a": submitted, "b": forgotten},
        )

    _sweep(app)

    assert {str(file.id) for file in stored(select(File))} == {submitted, fresh}
    assert len(shelf()) == 2


def test_the_queue_and_the_own_list_take_as_many_statements_for_many_files_as_for_one(homework, statements):
    task = homework()
    data_of(task.submit(task.file()), 201)
    queue = f"/courses/{task.course.id}/submissions"
    with statements() as of_one:
        task.grader.get(queue)
        task.learner.get(task.path)
    data_of(task.submit(task.file(), task.file()), 201)
    with statements() as of_many:
        (row,) = data_of(task.grader.get(queue))
        task.learner.get(task.path)

    assert row["file_count"] == 2
    assert "files" not in row
    assert len(of_many) == len(of_one)


def test_homework_is_no_change_of_the_course(homework):
    task = homework()
    versions = f"/courses/{task.course.id}/versions"
    task.grader.post(versions, json={"note": "The first."})

    task.file()

    assert_refused(task.grader.post(versions, json={"note": "None."}), 409, "course_unchanged")


def _sweep(app):
    with app.app_context():
        next(chore for chore in periodic.CHORES if chore.name == "files").run()
