"""Files in a bucket: against a server that speaks S3, on this machine.

moto needs an older python-dateutil than the platform has, so `requirements-s3.txt` is installed into an environment of its
own.
"""

from __future__ import annotations

import io
import re
import socket
import subprocess
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

import dev
from app.adapters import s3_store, storage
from app.errors.requests import Unavailable
from tests.support.http import assert_refused, data_of
from tests.support.waiting import until
from tools.environments import install

PUBLIC = "http://rollcall.test"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def endpoint():
    install(dev.S3_LOCKS, dev.S3_VENV)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    # moto.server is a threaded server of development; it keeps everything in memory.
    command = [
        dev.S3_VENV / "bin" / "python",
        "-W",
        "ignore",
        "-m",
        "moto.server",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    until(answers, seconds=120)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def bucket(endpoint, setting, app, tmp_path):
    """A private bucket, with the application's files in it."""
    name = f"rollcall-{uuid4()}"
    assert fetched(f"{endpoint}/{name}?", "PUT")[0] == 200
    setting(
        media_store="s3",
        s3_bucket=name,
        s3_prefix="school",
        s3_endpoint_url=endpoint,
        s3_access_key_id="a",
        s3_secret_access_key="b",
        media_dir=str(tmp_path),
    )
    before = app.extensions["rollcall-storage"]
    storage.init_app(app)
    yield f"{endpoint}/{name}"
    app.extensions["rollcall-storage"] = before


def keys_in(bucket):
    return re.findall(r"<Key>([^<]+)</Key>", fetched(f"{bucket}?list-type=2")[2].decode())


@pytest.fixture
def kept(bucket):
    return lambda: keys_in(bucket)


@pytest.fixture
def instructor(make):
    return make.instructor()


@pytest.fixture
def owner(api, instructor):
    return api.as_(instructor)


@pytest.fixture
def add(bucket, make, owner, instructor):
    lesson = make.lesson(make.section(make.course(instructor=instructor)))

    def post(content, name="notes.txt"):
        boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(content), name)})
        kind = f"multipart/form-data; boundary={boundary}"
        return owner.post(f"/lessons/{lesson.id}/files", data=form, content_type=kind)

    return post


def linked(app, url, method="GET"):
    """Where a link of ours leads."""
    response = app.test_client().open(url.removeprefix(PUBLIC), method=method)
    assert response.status_code == 302
    assert response.headers["Cache-Control"] == "no-store"
    return response.headers["Location"]


def fetched(url, method="GET", **headers):
    parts = urlsplit(url)
    client = HTTPConnection(parts.netloc, timeout=60)
    client.request(method, f"{parts.path}?{parts.query}", headers=headers)
    response = client.getresponse()
    content = response.read()
    client.close()
    return response.status, response.headers, content


def test_a_file_is_in_the_bucket_and_nothing_is_left_on_the_disk(app, add, kept, tmp_path):
    file = data_of(add(b"Some notes."), 201)

    (key,) = kept()
    assert key.startswith("school/files/")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
    status, headers, content = fetched(linked(app, file["url"]))
    assert (status, content) == (200, b"Some notes.")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename=notes.txt"


def test_a_link_to_the_bucket_is_signed_short_and_takes_ranges(app, add):
    file = data_of(add(bytes(range(256)) * 100), 201)

    url = linked(app, file["url"])
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=" in url
    status, headers, content = fetched(url, Range="bytes=256-511")
    assert (status, content) == (206, bytes(range(256)))
    assert headers["Content-Range"] == "bytes 256-511/25600"
    status, headers, _ = fetched(linked(app, file["url"], "HEAD"), "HEAD")
    assert (status, headers["Content-Length"]) == (200, "25600")


def test_a_long_file_is_sent_in_parts(app, add, kept):
    content = bytes(range(256)) * (20 * MEGABYTE // 256)

    file = data_of(add(content, "long.bin"), 201)

    assert len(kept()) == 1
    assert fetched(linked(app, file["url"]))[2] == content


def test_a_deleted_file_is_gone_from_the_bucket(app, owner, add, kept):
    file = data_of(add(b"Some notes."), 201)
    url = linked(app, file["url"])

    assert owner.delete(f"/files/{file['id']}").status_code == 204

    assert kept() == []
    assert_refused(app.test_client().get(file["url"].removeprefix(PUBLIC)), 403, "link_invalid")
    assert fetched(url)[0] == 404


def test_pictures_are_in_the_bucket_and_shown_at_our_address(app, api, make, bucket):
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "PNG")
    boundary, form = encode_multipart({"file": FileStorage(io.BytesIO(drawn.getvalue()), "me.png")})
    client = api.as_(make.student())

    response = client.put(
        "/auth/me/picture", data=form, content_type=f"multipart/form-data; boundary={boundary}"
    )

    url = data_of(response)["profile_picture"]
    shown = app.test_client().get(url.removeprefix(PUBLIC))
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert app.test_client().get("/media/pictures/00/" + "0" * 32 + ".webp").status_code == 404


def test_what_no_row_names_is_found_and_removed(app, add, kept):
    data_of(add(b"Some notes."), 201)
    with app.app_context():
        orphan = storage.keep("files", b"orphan", suffix="bin")
        (name,) = {key.removeprefix("school/") for key in kept()} - {orphan}

        removed = storage.remove_all_but({name}, "files", older_than=timedelta(seconds=-60))

    assert removed == 1
    assert kept() == [f"school/{name}"]


def test_a_bucket_that_is_not_there_is_503_and_leaves_nothing(app, add, bucket, setting, tmp_path, stored):
    setting(s3_bucket="another")
    storage.init_app(app)

    assert_refused(add(b"Some notes."), 503, "unavailable")

    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_what_was_never_there_is_nothing(app, bucket):
    with app.app_context():
        assert storage.read("files/00/" + "0" * 32 + ".bin") is None
        storage.remove("files/00/" + "0" * 32 + ".bin")


def test_a_service_that_does_not_answer_is_503(app, setting):
    setting(media_store="s3", s3_bucket="rollcall", s3_endpoint_url="http://127.0.0.1:9")
    before = app.extensions["rollcall-storage"]
    with app.app_context(), pytest.raises(Unavailable):
        s3_store.Bucket(app.extensions["rollcall-settings"]).put("files/00/a.bin", b"a")
    assert app.extensions["rollcall-storage"] is before
