"""Long forms that need no copy: which these are, and that they are what Werkzeug would make of them."""

import contextlib
import io
import itertools

import pytest

from app.adapters import storage
from app.web import spilled_forms
from app.web.application import StoringRequest
from deploy import web_intake
from deploy.web_intake import Incoming, Progress

HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\nContent-Type: x/y\r\n\r\n'
END = b"\r\n--b--\r\n"
CONTENT = bytes(range(256)) * 2_000 + b"\r\n-- b\r\n--\r\n"
FIELD = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n1\r\n'
PIECE = spilled_forms._AT_ONCE


@pytest.fixture
def received(app, monkeypatch):
    """A connection that has received a form into a draft, and the request, which Werkzeug can read as well."""
    monkeypatch.setattr(web_intake, "SPILLED_FROM", 0)

    @contextlib.contextmanager
    def of(form, media_type="multipart/form-data; boundary=b"):
        environ = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": media_type,
            "CONTENT_LENGTH": str(len(form)),
            "wsgi.input": io.BytesIO(form),
        }
        limit = 10 * len(form)
        with (
            app.app_context(),
            contextlib.closing(
                Incoming(bytearray(), lambda *_: limit, lambda *_: storage.open_draft())
            ) as incoming,
        ):
            for piece in (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(form), form):
                incoming.put(piece)
                progress = incoming.progress()
            assert progress is Progress.WHOLE
            yield incoming, StoringRequest({**environ, "gunicorn.socket": incoming}), StoringRequest(environ)

    return of


def parts_of(request):
    """The form as it is read."""
    files = []
    for name, file in request.files.items(multi=True):
        files.append((name, file.filename, list(file.headers), file.stream.read()))
        file.close()
    return files, list(request.form.items(multi=True))


@pytest.mark.parametrize(
    "form",
    [
        HEAD + CONTENT + END,
        HEAD + END,
        b"\r\n" + HEAD + CONTENT + END,
        b"preamble\r\n" + HEAD + CONTENT + END,
        HEAD + CONTENT + b"\r\n--b--",
        HEAD + CONTENT + b"\r\n--b-- \t\r\nepilogue",
        HEAD + CONTENT + b"\r" + END,
        HEAD + CONTENT + b"\n" + END,
        *[HEAD + b"x" * (PIECE - near) + END for near in range(-1, 9)],
        HEAD.replace(b"a.bin", "ä.bin".encode()) + CONTENT + END,
        HEAD.replace(b'"file"', b'"other"') + CONTENT + END,
    ],
    ids=itertools.count(),
)
def test_a_form_of_one_file_is_taken_as_werkzeug_reads_it(received, form):
    with received(form) as (incoming, request, plain):
        draft = spilled_forms.take(request, 10 * len(form))

        assert isinstance(draft, storage.Draft)
        assert parts_of(request) == parts_of(plain)
        assert incoming.take(100_000) == b""
        draft.close()
        assert not draft.path.exists()


@pytest.mark.parametrize(
    "form",
    [
        HEAD + CONTENT,
        HEAD + CONTENT + b"\r\n--b",
        HEAD + CONTENT + b"\r\n--b\r\n",
        HEAD + CONTENT + b"\n--b--\r\n",
        HEAD + CONTENT + b"\r\n--b--\r\n" + b"x" * 2_000,
        HEAD + CONTENT + b"--b" + CONTENT + END,
        HEAD + CONTENT + b"\r\n--bb" + END,
        HEAD + CONTENT + b"\r\n" + FIELD + b"--b--\r\n",
        HEAD + CONTENT + b"\r\n" + HEAD + CONTENT + END,
        FIELD + HEAD + CONTENT + END,
        b"pre\r\n\r\namble\r\n" + HEAD + CONTENT + END,
        b'--b\nContent-Disposition: form-data; name="file"; filename="a"\n\n' + CONTENT + b"\r\n\r\n" + END,
        b"--b\r\nContent-Type: x/y\r\n\r\n" + CONTENT + END,
        b'--b\r\nContent-Disposition: form-data; name="\xff"; filename="a"\r\n\r\n' + CONTENT + END,
        b"\r\n\r\n" + CONTENT,
    ],
    ids=itertools.count(),
)
def test_any_other_form_is_left_to_werkzeug_as_it_came(received, form):
    with received(form) as (incoming, request, _):
        assert spilled_forms.take(request, 10 * len(form)) is None
        taken = b"".join(iter(lambda: incoming.take(100_000), b""))

    assert taken.partition(b"\r\n\r\n")[2] == form


@pytest.mark.parametrize(
    ("media_type", "limit"),
    [
        ("multipart/form-data; boundary=b", 100),
        ("multipart/form-data", 10_000_000),
        ("multipart/form-data; boundary=c", 10_000_000),
        ("multipart/mixed; boundary=b", 10_000_000),
        ("text/csv", 10_000_000),
    ],
)
def test_a_form_that_is_too_long_or_none_is_not_taken(received, media_type, limit):
    with received(HEAD + CONTENT + END, media_type) as (_, request, _plain):
        assert spilled_forms.take(request, limit) is None
