"""Pictures that are small to send and large to read, or two things at once: refused, or neutralized, in little memory."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from tempfile import gettempdir

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.adapters import image_process, images
from tests.support.http import assert_refused, data_of

MEGABYTE = 1024 * 1024


MOST_GROWTH = 50 * MEGABYTE


MOST_CPU_SECONDS = 3


MARKER = b"<script>alert('stored')</script>"


def png(width, height, *chunks, color=6, depth=8, row=None):
    """A picture of zeros, compressed row by row so that building it takes no memory."""
    squeeze = zlib.compressobj(9)
    row = row or bytes(1 + width * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color] * depth // 8)
    pixels = b"".join(squeeze.compress(row) for _ in range(height)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    palette = [(b"PLTE", bytes(768))] if color == 3 else []
    parts = [(b"IHDR", header), *palette, *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def riff(*chunks):
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flat_webp(width, height):
    """One color without a bit for a pixel: 30 bytes for as many pixels as one likes."""
    bits = (width - 1) | (height - 1) << 14
    for code in range(5):
        bits |= 1 << 35 + 4 * code
    return riff((b"VP8L", b"\x2f" + bits.to_bytes(8, "little")))


def saved(kind, size=(64, 48), mode="RGB", **options):
    made = io.BytesIO()
    Image.new(mode, size, "red").save(made, kind, **options)
    return made.getvalue()


def gray(size):
    """A progressive JPEG, the largest for its memory."""
    made = io.BytesIO()
    Image.new("L", size, 0).save(made, "JPEG", progressive=True, quality=50)
    return made.getvalue()


def exif_that_repeats(tags, length):
    """A directory whose entries all point at the same bytes: read one by one they are tags × length."""
    start = 8 + 2 + 12 * tags + 4
    entries = b"".join(struct.pack(">HHII", 0x200 + tag, 7, length, start) for tag in range(tags))
    return b"MM\0*\0\0\0\x08" + struct.pack(">H", tags) + entries + b"\0" * (4 + length)


def segmented(jpeg, marker, content):
    """A JPEG with more after its first marker, cut into as many segments as that takes."""
    parts = [content[start : start + 65_000] for start in range(0, len(content), 65_000)]
    added = b"".join(
        b"\xff" + marker + struct.pack(">H", len(part) + 8) + b"Exif\0\0" + part for part in parts
    )
    return jpeg[:2] + added + jpeg[2:]


def text_bomb(chunks):
    return [(b"zTXt", b"k\0\0" + zlib.compress(bytes(MEGABYTE - 1), 9))] * chunks


def repeated_scans(jpeg, times):
    """A progressive picture whose shortest scan comes again and again: little to send, long to decode."""
    scans = [b"\xff\xda" + rest for rest in jpeg[:-2].split(b"\xff\xda")[1:]]
    return jpeg[:-2] + min(scans, key=len) * times + b"\xff\xd9"


def two_in_one(jpeg):
    """A picture that has another one behind it, as cameras make them."""
    first, made = Image.open(io.BytesIO(jpeg)), io.BytesIO()
    first.save(made, "MPO", save_all=True, append_images=[first], progressive=True)
    return made.getvalue()


BOMBS = {
    "png of 25 million pixels": lambda: png(5000, 5000),
    "gray png with alpha": lambda: png(5000, 5000, color=4),
    "png of 16 bits": lambda: png(5000, 5000, color=2, depth=16),
    "png that is one line": lambda: png(25_000_000, 1),
    "png beyond the limit": lambda: png(5001, 5000),
    "webp of 30 bytes": lambda: flat_webp(5000, 5000),
    "webp that is a line": lambda: flat_webp(16_383, 1_500),
    "webp beyond the limit": lambda: flat_webp(16_384, 16_384),
    "compressed texts": lambda: png(8, 8, *text_bomb(200)),
    "compressed color profile": lambda: png(8, 8, (b"iCCP", b"k\0\0" + zlib.compress(bytes(99 * MEGABYTE)))),
    "progressive jpeg": lambda: saved("JPEG", (4999, 4999), progressive=True, subsampling=0),
    "a thousand scans": lambda: repeated_scans(gray((512, 512)), 1_000),
    "a thousand scans of 10 million pixels": lambda: repeated_scans(gray((3100, 3100)), 1_000),
    "a thousand scans in two pictures": lambda: repeated_scans(two_in_one(gray((512, 512))), 1_000),
}
"""Each well formed, or nearly, and none larger than 500 kB."""


HEAVY = {
    "gray png of 16 bits": lambda: png(5000, 5000, color=0, depth=16),
    "palette of 25 million pixels": lambda: png(5000, 5000, color=3),
    "jpeg of 25 million pixels": lambda: saved("JPEG", (5000, 5000)),
    "jpeg that is a line": lambda: saved("JPEG", (60_000, 400)),
    "exif of 240 GB": lambda: segmented(saved("JPEG"), b"\xe1", exif_that_repeats(60_000, 4_000_000)),
    "as many scans as are read": lambda: repeated_scans(gray((4990, 4990)), image_process.MOST_SCANS - 10),
}
"""What may be taken or refused, as long as it costs little."""


MIXTURES = {
    "script behind a png": saved("PNG") + MARKER,
    "script behind a jpeg": saved("JPEG") + MARKER,
    "script behind a webp": saved("WEBP") + MARKER,
    "script in a jpeg comment": saved("JPEG", comment=MARKER),
    "script in exif": segmented(saved("JPEG"), b"\xe1", b"MM\0*\0\0\0\x08\0\0" + MARKER),
    "script in a png text": png(8, 8, (b"tEXt", b"Title\0" + MARKER)),
    "script in an unknown chunk": png(8, 8, (b"pwNd", MARKER)),
    "script in xmp": png(8, 8, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + MARKER)),
    "script in a color profile": saved("JPEG", icc_profile=MARKER * 10),
    "script in webp xmp": saved("WEBP", xmp=MARKER),
    "script as pixels": png(len(MARKER), 8, color=0, row=b"\0" + MARKER),
    "zip behind a png": saved("PNG") + b"PK\x03\x04" + MARKER,
    "pdf in a jpeg": saved("JPEG", comment=b"%PDF-1.7\n" + MARKER),
    "php behind a png": saved("PNG") + b"<?php system('id'); ?>" + MARKER,
    "moving png": saved("PNG", save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")] * 50),
    "moving webp": saved("WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48), "blue")] * 50),
}
"""Pictures that are something else as well."""


IMPOSTORS = {
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "svg behind a png's first bytes": b"\x89PNG\r\n\x1a\n<svg onload='alert(1)'/>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "html behind a jpeg's first bytes": b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
    "xhtml": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>",
    "gif and script": b"GIF89a/*" + bytes(30) + b"*/=1;alert(1)",
    "gif": saved("GIF"),
    "bmp": saved("BMP"),
    "tiff": saved("TIFF"),
    "ico": saved("ICO"),
    "ppm": saved("PPM"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run showpage\n",
    "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
    "zip": b"PK\x03\x04" + bytes(60),
    "program": b"\x7fELF" + bytes(60),
    "half a png": saved("PNG", (300, 300))[:-30],
    "half a jpeg": saved("JPEG", (300, 300))[:700],
    "half a webp": saved("WEBP", (300, 300))[:60],
    "png without pixels": png(0, 0),
    "one byte": b"x",
    "nothing": b"",
}


NAMES = [
    "../../../../tmp/climbed.png",
    "..\\..\\climbed.png",
    "/etc/cron.d/climbed",
    "C:\\climbed.png",
    "climbed.png/../../climbed.html",
    "..%2f..%2fclimbed.png",
    ".htaccess",
    "CON",
    "me.png.html",
    "me.svg",
    "me.php",
    "$(touch climbed)",
    "`touch climbed`",
    "-o climbed",
    "| touch climbed",
    "x" * 4_000,
]


@pytest.fixture
def client(api, make):
    return api.as_(make.student())


@pytest.fixture
def files(config):
    """Every file in and beside the folder of uploads, and where the tests run."""

    beside = Path(config.media_dir).parent

    def listing():
        return {*beside.rglob("*"), *Path.cwd().glob("*"), *Path(gettempdir()).glob("climbed*")}

    before = listing()
    return lambda: {path for path in listing() - before if path.is_file()}


def send(client, content, name="me.png", media_type="image/png"):
    return client.put("/auth/me/picture", **form_with(content, name, media_type))


def form_with(content, name, media_type=None):
    file = FileStorage(io.BytesIO(content), name, content_type=media_type)
    boundary, form = encode_multipart({"file": file})
    return {"data": form, "content_type": f"multipart/form-data; boundary={boundary}"}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_and_takes_little_memory(client, files, bomb, request):
    content = BOMBS[bomb]()
    growth = request.getfixturevalue("growth")

    response = send(client, content)

    assert len(content) < 500_000
    assert list(assert_refused(response, 422, "invalid_request")) == ["file"]
    assert growth() < MOST_GROWTH
    assert files() == set()


@pytest.mark.parametrize("heavy", HEAVY)
def test_what_is_heavy_takes_little_memory(client, heavy, request):
    content = HEAVY[heavy]()
    growth = request.getfixturevalue("growth")

    assert send(client, content).status_code in {200, 422}
    assert growth() < MOST_GROWTH


@pytest.mark.parametrize(
    "sizes", [["512"], ["1280x720", "640x360", "320x180"]], ids=["portrait", "thumbnail"]
)
@pytest.mark.parametrize("bomb", [*BOMBS, *HEAVY])
def test_the_process_that_draws_stays_within_its_own_limits(tmp_path, bomb, sizes):
    (tmp_path / "bomb").write_bytes((BOMBS | HEAVY)[bomb]())
    measure = (
        "import resource, subprocess, sys;"
        "subprocess.run([sys.executable, '-I', *sys.argv[1:]], stdin=sys.stdin, capture_output=True, env={});"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_maxrss, used.ru_utime + used.ru_stime)"
    )
    with (tmp_path / "bomb").open() as content:
        done = subprocess.run(
            [sys.executable, "-c", measure, image_process.__file__, *sizes],
            stdin=content,
            capture_output=True,
            check=True,
        )

    kilobytes, seconds = done.stdout.split()
    assert int(kilobytes) * 1024 < image_process.MOST_MEMORY + 20 * MEGABYTE
    assert float(seconds) < MOST_CPU_SECONDS


@pytest.mark.parametrize("scans", [1_000, image_process.MOST_SCANS + 1])
def test_a_picture_that_takes_long_is_refused_with_the_reason(client, scans):
    response = send(client, repeated_scans(gray((64, 64)), scans))

    assert "too long" in assert_refused(response, 422, "invalid_request")["file"][0]


def test_a_program_that_has_used_up_its_time_is_refused_with_the_reason(client, monkeypatch, tmp_path):
    """In place of the one that draws there is one that never comes to an end."""
    endless = tmp_path / "endless.py"
    endless.write_text("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass\n")
    monkeypatch.setattr(image_process, "__file__", str(endless))

    response = send(client, saved("PNG"))

    assert "too long" in assert_refused(response, 422, "invalid_request")["file"][0]


def test_a_photo_with_a_film_behind_it_is_taken(client):
    """In the bytes of a film what begins a scan comes up by chance."""
    film = random.Random(7).randbytes(4 * MEGABYTE)

    assert data_of(send(client, two_in_one(saved("JPEG", (640, 480), progressive=True)) + film))


@pytest.mark.parametrize("chunks", [[], [(b"tRNS", b"\0\0")]], ids=["opaque", "one gray transparent"])
@pytest.mark.parametrize(("gray", "shown"), [(0, 0), (1_000, 4), (32_768, 128), (65_535, 255)])
def test_gray_of_16_bits_keeps_its_shades(chunks, gray, shown):
    row = b"\0" + struct.pack(">H", gray) * 64
    (drawn,) = image_process.drawn(png(64, 64, *chunks, color=0, depth=16, row=row), [(32, 0)])

    assert Image.open(io.BytesIO(drawn)).convert("RGB").getpixel((9, 9)) == pytest.approx((shown,) * 3, abs=2)


def test_who_meets_another_picture_is_asked_to_come_back(client, files):
    """The pictures of many people must not take every thread of a web process."""
    with images._turn:
        response = send(client, saved("PNG"))

    assert_refused(response, 503, "unavailable")
    assert response.headers["Retry-After"] == "2"
    assert files() == set()
    assert data_of(send(client, saved("PNG")))


@pytest.mark.parametrize("mixture", MIXTURES)
def test_nothing_but_the_pixels_of_a_picture_is_kept(app, client, files, mixture):
    url = data_of(send(client, MIXTURES[mixture]))["profile_picture"]

    shown = app.test_client().get(url.removeprefix("http://rollcall.test"))
    (kept,) = files()
    assert shown.data == kept.read_bytes()
    assert MARKER not in shown.data
    assert b"<?php" not in shown.data
    assert Image.open(io.BytesIO(shown.data)).format == "WEBP"
    assert getattr(Image.open(io.BytesIO(shown.data)), "n_frames", 1) == 1
    assert shown.mimetype == "image/webp"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_what_is_no_picture_is_refused_whatever_it_is_called(client, files, impostor):
    for name, media_type in (("me.png", "image/png"), ("me.svg", "image/svg+xml"), ("me.html", "text/html")):
        response = send(client, IMPOSTORS[impostor], name, media_type)
        assert list(assert_refused(response, 422, "invalid_request")) == ["file"]

    assert files() == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_name_leads_nowhere(client, config, files, name):
    me = data_of(send(client, saved("PNG"), name))

    (kept,) = files()
    assert kept.is_relative_to(config.media_dir)
    assert re.fullmatch(r"[0-9a-f]{32}\.webp", kept.name)
    assert kept.stat().st_mode & 0o111 == 0
    assert me["profile_picture"].endswith(kept.name)


def test_who_decodes_knows_no_setting(monkeypatch):
    """The environment holds the passwords of the database and of the mail server."""
    seen = {}

    def look(command, **options):
        seen.update(options, command=command)
        return subprocess.CompletedProcess(command, 0, bytes(image_process.LENGTH_BYTES), b"")

    monkeypatch.setattr(subprocess, "run", look)
    images.portrait(b"")

    assert os.environ
    assert seen["env"] == {}
    assert "-I" in seen["command"]
