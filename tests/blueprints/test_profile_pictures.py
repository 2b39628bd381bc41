"""Profile pictures: uploads are untrusted, drawn again, and public."""

import errno
import io
import os
import resource
import struct
import zlib
from pathlib import Path
from time import time

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.jobs import periodic
from tests.support.http import assert_refused, data_of
from tests.support.races import at_once

PUBLIC = "http://rollcall.test"


def picture(kind="PNG", size=(40, 30), mode="RGB", **options):
    drawn = io.BytesIO()
    Image.new(mode, size, "red").save(drawn, kind, **options)
    return drawn.getvalue()


def header_of_png(width, height):
    """What a PNG claims to be, without the pixels."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def send(client, content, name="me.png"):
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
    return client.put("/auth/me/picture", data=form, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.fixture
def client(api, make):
    return api.as_(make.student())


@pytest.fixture
def shelf(config):
    """The files that are kept."""
    before = set(Path(config.media_dir).rglob("*.*"))
    return lambda: set(Path(config.media_dir).rglob("*.*")) - before


def fetched(app, url, **headers):
    assert url.startswith(f"{PUBLIC}/media/")
    return app.test_client().get(url.removeprefix(PUBLIC), headers=headers)


def opened(response):
    return Image.open(io.BytesIO(response.data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_drawn_again_and_public(app, client, kind):
    me = data_of(send(client, picture(kind)))

    shown = fetched(app, me["profile_picture"])
    assert shown.status_code == 200
    assert shown.mimetype == "image/webp"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (opened(shown).format, opened(shown).size) == ("WEBP", (40, 30))
    assert data_of(client.get("/auth/me"))["profile_picture"] == me["profile_picture"]


def test_who_has_the_picture_is_not_sent_it_again(app, client):
    url = data_of(send(client, picture()))["profile_picture"]

    etag = fetched(app, url).headers["ETag"]

    assert fetched(app, url, **{"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("size", "expected"), [((2000, 1000), (512, 256)), ((600, 3000), (102, 512)), ((512, 512), (512, 512))]
)
def test_a_large_picture_is_made_small(app, client, size, expected):
    shown = fetched(app, data_of(send(client, picture("JPEG", size)))["profile_picture"])

    assert opened(shown).size == expected


def test_the_place_of_a_picture_is_removed_and_it_is_upright(app, client):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A telling camera"
    exif.get_ifd(0x8825)[1] = "N"

    sent = picture("JPEG", (40, 20), exif=exif, comment=b"A telling comment")
    shown = fetched(app, data_of(send(client, sent))["profile_picture"])

    assert b"telling" in sent
    assert b"telling" not in shown.data
    assert not opened(shown).getexif()
    assert opened(shown).size == (20, 40)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "1", "I;16"])
def test_pictures_of_every_kind_of_colour_are_taken(client, mode):
    assert data_of(send(client, picture("PNG", mode=mode if mode != "I;16" else "RGB")))


@pytest.mark.parametrize(
    "content",
    [
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        picture("JPEG", (300, 300), quality=95)[:700],
        picture()[:50],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"RIFF\xff\xff\xff\xffWEBPVP8 ",
        b"x",
    ],
    ids=[
        "cut gif",
        "svg",
        "html",
        "gif",
        "bmp",
        "tiff",
        "cut jpeg",
        "cut png",
        "bad png",
        "bad webp",
        "text",
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(client, shelf, content):
    response = send(client, content, name="me.png")

    assert list(assert_refused(response, 422, "invalid_request")) == ["file"]
    assert shelf() == set()


@pytest.mark.parametrize("size", [(5001, 5000), (65_000, 65_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(client, size):
    details = assert_refused(send(client, header_of_png(*size)), 422, "invalid_request")

    assert "25 million" in details["file"][0]


def test_a_file_that_is_too_large_is_refused(client):
    assert_refused(send(client, picture() + bytes(5 * 1024 * 1024)), 413, "too_large")
    assert_refused(send(client, bytes(6 * 1024 * 1024)), 413, "too_large")


def test_five_megabytes_are_taken(client):
    sent = picture()

    assert data_of(send(client, sent + bytes(5 * 1024 * 1024 - len(sent))))


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "file"),
        ({"file": "me.png"}, "file"),
        ({"file": (io.BytesIO(b""), "me.png")}, "file"),
        ({"file": (io.BytesIO(picture()), "me.png"), "name": "me"}, "name"),
        ({"file": [(io.BytesIO(picture()), "a.png"), (io.BytesIO(picture()), "b.png")]}, "file"),
    ],
    ids=["nothing", "text", "empty", "more", "twice"],
)
def test_what_is_wrong_with_a_form_is_named(client, form, field):
    response = client.put("/auth/me/picture", data=form, content_type="multipart/form-data")

    assert list(assert_refused(response, 422, "invalid_request")) == [field]


@pytest.mark.parametrize("media_type", ["image/png", "application/json", "text/plain", None])
def test_a_picture_comes_in_a_form(client, media_type):
    response = client.put("/auth/me/picture", data=picture(), content_type=media_type)

    assert_refused(response, 415, "unsupported_media_type")


def test_another_picture_takes_the_place_of_the_first(app, client, shelf):
    first = data_of(send(client, picture()))["profile_picture"]
    second = data_of(send(client, picture()))["profile_picture"]

    assert fetched(app, first).status_code == 404
    assert fetched(app, second).status_code == 200
    assert len(shelf()) == 1


def test_of_pictures_sent_at_once_one_is_kept(client, shelf, tidy):
    answers = at_once(*[lambda: send(client, picture())] * 4)

    # Each waits a moment for the others, and is asked to come back where that is not enough.
    assert 200 in {answer.status_code for answer in answers} <= {200, 503}
    tidy(*shelf())
    assert [file.name in data_of(client.get("/auth/me"))["profile_picture"] for file in shelf()] == [True]


def test_a_picture_is_removed_and_removing_none_is_fine(app, client, shelf):
    url = data_of(send(client, picture()))["profile_picture"]

    for _ in range(2):
        assert data_of(client.delete("/auth/me/picture"))["profile_picture"] is None
    assert fetched(app, url).status_code == 404
    assert shelf() == set()


def test_the_picture_of_a_deleted_person_is_gone(app, api, make, shelf):
    person = make.student()
    data_of(send(api.as_(person), picture()))

    assert api.as_(make.admin()).delete(f"/users/{person.id}").status_code == 204

    assert shelf() == set()


@pytest.fixture
def tidy(app):
    """What the sweep does about pictures, some hours after these files were written."""

    def run(*files):
        for file in files:
            os.utime(file, (time() - 7_200, time() - 7_200))
        with app.app_context():
            next(chore for chore in periodic.CHORES if chore.name == "pictures").run()

    return run


def test_a_picture_whose_commit_failed_is_found_and_removed(client, shelf, failing_commits, tidy):
    kept = data_of(send(client, picture()))["profile_picture"]
    with failing_commits("UPDATE ON users"):
        assert_refused(send(client, picture()), 503, "unavailable")
    assert len(shelf()) == 2

    tidy()
    assert len(shelf()) == 2, "who sends a picture just now has not committed it yet"
    tidy(*shelf())

    assert data_of(client.get("/auth/me"))["profile_picture"] == kept
    assert [file.name for file in shelf()] == [kept.rpartition("/")[2]]


def test_what_a_crash_left_half_written_is_removed(client, shelf, tidy):
    send(client, picture())
    (kept,) = shelf()
    torn = kept.with_name(".tmp1a2b")
    torn.write_bytes(b"RIFF")

    tidy(torn, kept)

    assert not torn.exists()
    assert kept.exists()


def test_a_database_that_names_no_picture_removes_none(api, make, shelf, tidy, config):
    """It is a new one, perhaps, beside the folder of an old one."""
    file = Path(config.media_dir) / "pictures" / "00" / f"{'0' * 32}.webp"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"RIFF")

    tidy(file)

    assert file.exists()
    file.unlink()


def test_the_public_sees_the_pictures_of_instructors(api, make):
    instructor = make.instructor()
    url = data_of(send(api.as_(instructor), picture()))["profile_picture"]
    course = make.course(instructor=instructor)

    assert data_of(api.get(f"/courses/{course.id}"))["instructor"]["profile_picture"] == url


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_reported_and_leaves_nothing_behind(client, shelf, monkeypatch, problem):
    kept = data_of(send(client, picture()))["profile_picture"]

    def fail(_):
        raise OSError(problem, "full")

    monkeypatch.setattr(os, "fsync", fail)

    assert_refused(send(client, picture()), 507, "storage_full")
    assert data_of(client.get("/auth/me"))["profile_picture"] == kept
    assert len(shelf()) == 1


def test_a_disk_with_room_for_a_part_of_a_picture_keeps_none_of_it(client, shelf):
    """A write without a buffer takes what there is room for, and only the next one fails."""
    kept = data_of(send(client, picture()))["profile_picture"]
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (40, unlimited[1]))
    try:
        refused = send(client, picture())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    assert_refused(refused, 507, "storage_full")
    assert data_of(client.get("/auth/me"))["profile_picture"] == kept
    assert len(shelf()) == 1


def test_no_request_waits_for_a_slow_disk(client, monkeypatch):
    answers = []
    fsync = os.fsync

    def slow_fsync(handle):
        answers.extend(at_once(lambda: client.patch("/auth/me", json={"bio": "Meanwhile."})))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", slow_fsync)

    shown = data_of(send(client, picture()))

    assert shown["bio"] == "Meanwhile."
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/pictures/",
        "/media/pictures/00",
        "/media/../config.py",
        "/media/..%2f..%2fconfig.py",
        "/media/pictures/00/..%2f..%2f..%2fconfig.py",
        "/media//etc/passwd",
        "/media/pictures/00/" + "0" * 32 + ".webp",
        "/media/pictures/00/" + "0" * 32 + ".html",
        "/media/pictures/00/%00.webp",
    ],
)
def test_nothing_else_is_to_be_had(api, path):
    response = api.app.test_client().get(path)

    assert_refused(response, 404, "not_found")
