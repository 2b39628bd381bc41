"""What containers of video say about themselves, and containers that say nothing or too much."""

import io
import struct

import pytest

from app.adapters import media_types, video_files
from tests.support.declarations import FILM
from tests.support.effort import seconds
from tests.support.paths import ROOT

WEBM = (ROOT / "tests" / "files" / "film.webm").read_bytes()


def box(name, content=b""):
    return struct.pack(">I4s", 8 + len(content), name) + content


TYPE = box(b"ftyp", b"isom" + bytes(4))
HEADER = box(b"mvhd", struct.pack(">B3xIIII", 0, 0, 0, 1_000, 6_000))
FRAGMENT = box(b"moof") + box(b"mdat", b"x")


def looked_at(content, kind=media_types.MP4):
    file = io.BytesIO(content)
    return video_files.is_whole(file, kind), video_files.seconds_of(file, kind)


@pytest.mark.parametrize(
    ("content", "is_whole", "plays"),
    [
        (TYPE + box(b"moov", HEADER), True, 6),
        (TYPE + box(b"moov", HEADER) + struct.pack(">I4sQ", 1, b"mdat", 16), True, 6),
        (TYPE + box(b"moov", HEADER) + box(b"mdat", b"x" * 99)[:-1], False, 6),
        (TYPE + box(b"moov", HEADER) + b"\0\0\0\1mdat", False, 6),
        (TYPE + b"\0\0\0\1moov" + b"\0" * 7, False, None),
        (TYPE + box(b"moov", box(b"mvhd")), True, None),
        (TYPE + box(b"moov", b"\0\0\0\1mvhd"), True, None),
        (TYPE + box(b"moov", HEADER)[:-4], False, None),
        (TYPE + struct.pack(">I4sQ", 1, b"moov", 2**64 - 1), False, None),
        (TYPE + struct.pack(">I4s", 0, b"moov") + HEADER, True, 6),
        (b"", False, None),
    ],
)
def test_a_film_is_whole_where_its_boxes_end_with_it(content, is_whole, plays):
    assert looked_at(content) == (is_whole, plays)


@pytest.mark.parametrize("fragments", [36_000, 100_000])
def test_a_long_film_in_fragments_is_whole(fragments):
    """Of ten hours, with one each second; and one of more boxes than are looked at."""
    film = TYPE + box(b"moov", HEADER) + FRAGMENT * fragments

    assert looked_at(film) == (True, 6)


def test_a_long_film_in_fragments_that_is_cut_off_is_not_whole():
    film = TYPE + box(b"moov", HEADER) + FRAGMENT * 36_000

    assert not looked_at(film[:-1])[0]


def test_no_number_of_boxes_takes_long():
    film = TYPE + box(b"free") * 500_000 + box(b"moov", HEADER)

    assert seconds(lambda: looked_at(film), enough=1) < 3
    assert looked_at(film) == (False, None)


@pytest.mark.parametrize(("whole", "kind"), [(FILM, media_types.MP4), (WEBM, media_types.WEBM)])
def test_a_film_that_ends_anywhere_is_looked_at(whole, kind):
    for length in [*range(min(len(whole), 400)), *range(400, len(whole), 997)]:
        looked_at(whole[:length], kind)


@pytest.mark.parametrize("name", [b"wide", b"mdat", b"moov", b"free", b"skip"])
def test_quicktime_without_a_type_is_recognised(name):
    assert media_types.of_beginning(box(name, b"x"), "mov") == media_types.QUICKTIME


@pytest.mark.parametrize("text", [b"The wide world", b"carefree", b"12. skip this", b"\nif free"])
def test_text_with_the_name_of_a_box_is_text(text):
    assert media_types.of_beginning(text, "txt") == media_types.TEXT
