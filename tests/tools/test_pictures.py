"""`make pictures`: which pages are in the pictures, and that the files are small."""

import io
import re
import subprocess
import sys

from PIL import Image
from werkzeug.exceptions import NotFound

from tests.support.paths import ROOT
from tools.pictures import FIRST, HEIGHTS, PICTURES, compressed


def test_every_picture_is_of_a_page_that_exists_and_has_a_name_of_its_own(app):
    development = {"/sandbox"}
    pages = app.url_map.bind("")
    unknown = []
    for picture in PICTURES:
        path = re.sub(r"\{(\w+)\}", lambda found: FIRST[found[1]][0], picture.path)
        try:
            pages.match(path.partition("?")[0])
        except NotFound:
            unknown.append(path)

    assert set(unknown) == development
    assert len({picture.name for picture in PICTURES}) == len(PICTURES) >= 15
    assert {picture.width for picture in PICTURES} == set(HEIGHTS)


def test_a_picture_has_a_palette_and_keeps_a_small_mark():
    page = Image.radial_gradient("L").convert("RGB")
    page.paste("#f5bd2f", (10, 10, 14, 14))
    written = io.BytesIO()
    page.save(written, "PNG")

    with Image.open(io.BytesIO(compressed(written.getvalue()))) as small:
        assert (small.mode, small.size) == ("P", (256, 256))
        mark = small.convert("RGB").getpixel((12, 12))
    assert max(abs(ours - theirs) for ours, theirs in zip(mark, (0xF5, 0xBD, 0x2F), strict=True)) < 5


def test_an_unknown_picture_is_named():
    done = subprocess.run(
        [sys.executable, "-m", "tools.pictures", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "There is no picture nothing.\n")
