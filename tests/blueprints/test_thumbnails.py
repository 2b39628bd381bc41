"""Thumbnails of courses: three sizes of one picture, public, for those who manage the course to set."""

import io
import os
from pathlib import Path
from time import time

import pytest
from PIL import Image

from app.enums import CourseStatus
from app.jobs import periodic
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

PUBLIC = "http://rollcall.test"


def picture(size=(1600, 1200), kind="PNG", **options):
    drawn = io.BytesIO()
    Image.new("RGB", size, "red").save(drawn, kind, **options)
    return drawn.getvalue()


@pytest.fixture
def instructor(make):
    return make.instructor()


@pytest.fixture
def course(make, instructor):
    return make.course(instructor=instructor, lessons=1)


@pytest.fixture
def owner(api, instructor):
    return api.as_(instructor)


@pytest.fixture
def send(course):
    def put(client, content=None, to=course):
        form = {"file": (io.BytesIO(picture() if content is None else content), "cover.png")}
        return client.put(f"/courses/{to.id}/thumbnail", data=form, content_type="multipart/form-data")

    return put


@pytest.fixture
def shelf(config):
    """The files that are kept."""
    folder = Path(config.media_dir) / "thumbnails"
    before = set(folder.rglob("*.*"))
    return lambda: set(folder.rglob("*.*")) - before


def shown(app, url):
    response = app.test_client().get(url.removeprefix(PUBLIC))
    assert (response.status_code, response.mimetype) == (200, "image/webp")
    return Image.open(io.BytesIO(response.data))


def test_a_thumbnail_has_three_sizes_of_one_proportion(app, owner, send):
    thumbnail = data_of(send(owner))["thumbnail"]

    assert {name: shown(app, url).size for name, url in thumbnail.items()} == {
        "small": (320, 180),
        "medium": (640, 360),
        "large": (1280, 720),
    }


def test_what_a_camera_wrote_into_a_thumbnail_is_gone_and_it_is_upright(app, owner, send):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A telling camera"
    exif.get_ifd(0x8825)[1] = "N"
    sideways = Image.new("RGB", (900, 1600), "red")
    sideways.paste("blue", (0, 800, 900, 1600))
    sent = io.BytesIO()
    sideways.save(sent, "JPEG", exif=exif)

    large = shown(app, data_of(send(owner, sent.getvalue()))["thumbnail"]["large"])

    assert large.size == (1280, 720)
    assert not large.getexif()
    left, right = (large.convert("RGB").getpixel((x, 360)) for x in (100, 1180))
    assert left[2] > 200 > right[2], "turned by 90 degrees, the lower half is on the left"


def test_a_small_picture_is_not_enlarged(app, owner, send):
    thumbnail = data_of(send(owner, picture((400, 400))))["thumbnail"]

    assert [shown(app, url).size for url in thumbnail.values()] == [(320, 180), (400, 225), (400, 225)]


def test_lists_and_enrollments_show_the_thumbnail(api, make, owner, send, course):
    thumbnail = data_of(send(owner))["thumbnail"]
    student = api.as_(make.student())
    data_of(student.post(f"/courses/{course.id}/enroll"), 201)

    assert data_of(api.get("/courses"))[0]["thumbnail"] == thumbnail
    assert data_of(student.get("/enrollments"))[0]["course"]["thumbnail"] == thumbnail
    recent = data_of(student.get("/dashboard/student"))["recent_courses"]
    assert recent[0]["course"]["thumbnail"] == thumbnail


def test_another_thumbnail_takes_the_place_of_the_first(app, owner, send, shelf):
    first = data_of(send(owner))["thumbnail"]
    data_of(send(owner))

    assert app.test_client().get(first["small"].removeprefix(PUBLIC)).status_code == 404
    assert len(shelf()) == 3


def test_a_thumbnail_is_removed_and_removing_none_is_fine(owner, send, course, shelf):
    data_of(send(owner))

    for _ in range(2):
        assert data_of(owner.delete(f"/courses/{course.id}/thumbnail"))["thumbnail"] is None

    assert shelf() == set()
    history = data_of(owner.get(f"/courses/{course.id}/history"))
    assert [each["fields"] for each in history] == [["thumbnail"], ["thumbnail"]]


def test_a_new_thumbnail_of_an_approved_course_makes_it_a_draft(make, instructor, owner, send):
    approved = make.course(instructor=instructor, status=CourseStatus.APPROVED)

    assert data_of(send(owner, to=approved))["status"] == "DRAFT"


@pytest.mark.parametrize("content", [b"<svg onload='alert(1)'/>", b"<!doctype html>", picture()[:50], b""])
def test_what_is_no_picture_is_refused(owner, send, shelf, content):
    assert list(assert_refused(send(owner, content), 422, "invalid_request")) == ["file"]
    assert shelf() == set()


def test_of_thumbnails_sent_at_once_one_is_kept(app, owner, send, course, shelf):
    answers = at_once(*[lambda: send(owner)] * 4)

    # Each waits a moment for the others, and is asked to come back where that is not enough.
    assert 200 in {answer.status_code for answer in answers} <= {200, 503}
    _sweep(app, shelf())
    kept = {
        url.rpartition("/")[2] for url in data_of(owner.get(f"/courses/{course.id}"))["thumbnail"].values()
    }
    assert {file.name for file in shelf()} == kept


def test_what_no_course_names_is_removed_after_an_hour(app, owner, send, shelf):
    data_of(send(owner))
    (some, *_), kept = sorted(shelf()), shelf()
    orphan = some.with_name(f"{'0' * 32}-small.webp")
    orphan.write_bytes(b"RIFF")

    _sweep(app, ())
    assert orphan.exists(), "it may belong to a request that is about to commit"
    _sweep(app, [*kept, orphan])

    assert shelf() == kept


def _sweep(app, files):
    """What the sweep does about thumbnails, some hours after these files were written."""
    for file in files:
        os.utime(file, (time() - 7_200, time() - 7_200))
    with app.app_context():
        next(chore for chore in periodic.CHORES if chore.name == "thumbnails").run()
