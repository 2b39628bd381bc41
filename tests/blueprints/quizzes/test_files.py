"""Import and export of questions through the API."""

from base64 import b64encode
from io import BytesIO

import pytest
from sqlalchemy import select

from app.enums import FileKind
from app.models import File
from tests.support.declarations import PIXEL
from tests.support.http import assert_refused, data_of

GIFT = b"""::One::Water is wet.{T}

Write about it.{}

Which?{~%50%a ~%30%b ~c}
"""


@pytest.fixture
def quiz(make, teacher):
    return make.quiz(make.course(instructor=teacher), questions=0)


def send(client, quiz, content, **options):
    body = {"file": (BytesIO(content), "questions.gift"), **options}
    return client.post(f"/lessons/{quiz.id}/questions/import", data=body, content_type="multipart/form-data")


def test_a_file_is_looked_at_and_then_imported(api, quiz, teacher):
    client = api.as_(teacher)

    preview = data_of(send(client, quiz, GIFT, mode="preview"))
    untouched = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    run = data_of(send(client, quiz, GIFT))

    assert untouched == []
    assert [(each["outcome"], each["reason"]) for each in preview["results"]] == [
        ("created", None),
        ("unsupported", "essay"),
        ("invalid", "The credits of the correct answers must add up to 100."),
    ]
    assert (run["format"], run["created"], run["skipped"]) == ("gift", 1, 2)
    (made,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    assert (made["id"], made["name"], made["type"]) == (run["results"][0]["question_id"], "One", "TRUE_FALSE")


@pytest.mark.parametrize(("form", "kind"), [("gift", "text/plain"), ("moodle_xml", "application/xml")])
def test_what_is_exported_can_be_imported(api, make, quiz, teacher, form, kind):
    client = api.as_(teacher)
    data_of(send(client, quiz, GIFT))
    (before,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    other = make.quiz(make.course(instructor=teacher), questions=0)

    exported = client.get(f"/lessons/{quiz.id}/questions/export?format={form}")
    data_of(send(client, other, exported.data))

    assert exported.mimetype == kind
    assert "attachment" in exported.headers["Content-Disposition"]
    (after,) = data_of(client.get(f"/lessons/{other.id}/questions"))
    for name in ("type", "name", "text", "points", "answers", "explanation"):
        assert after[name] == before[name]


@pytest.mark.parametrize("number", ["1e999999999", "NaN", "1e999", "0.01000000000000000020816681711721685"])
def test_every_number_of_a_file_is_judged(api, quiz, teacher, number):
    answer = f"<answer fraction='100'><text>1</text><tolerance>{number}</tolerance></answer>"
    asked = f"<questiontext><text>Q</text></questiontext>{answer}"
    client = api.as_(teacher)

    report = data_of(
        send(client, quiz, f"<quiz><question type='numerical'>{asked}</question></quiz>".encode())
    )
    made = data_of(client.get(f"/lessons/{quiz.id}/questions"))

    assert (report["created"], report["skipped"]) == (len(made), 1 - len(made))
    assert [each["answers"][0]["tolerance"] for each in made] == ([0.01] if number[0] == "0" else [])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"<!DOCTYPE quiz><quiz/>", b"<quiz>", b"<html/>"])
def test_a_file_that_is_neither_is_refused(api, quiz, teacher, content):
    response = send(api.as_(teacher), quiz, content)

    assert set(assert_refused(response, 422, "invalid_request")) == {"file"}


@pytest.mark.parametrize("mode", ["preview", "run"])
def test_a_file_of_more_questions_than_the_quiz_has_room_for_is_refused(api, make, quiz, teacher, mode):
    make.question(quiz)
    client, left_out = api.as_(teacher), b"Write.{}\n\n" * 5

    refused = send(client, quiz, left_out + b"So?{T}\n\n" * 200, mode=mode)
    taken = send(client, quiz, left_out + b"So?{T}\n\n" * 199, mode=mode)

    assert_refused(refused, 422, "quiz_too_large")
    assert data_of(taken)["created"] == 199


IMAGED = b"""<quiz><question type="truefalse"><name><text>wet</text></name><questiontext format="html"><text><![CDATA[
<p>Is it <img class="x" src="@@PLUGINFILE@@/the%%20answer.png" alt="a &lt;drop&gt;"> wet?</p>]]></text>
<file name="the answer.png" path="/" encoding="base64">%b</file></questiontext>
<answer fraction="100"><text>true</text></answer></question></quiz>"""


@pytest.fixture
def stored_images(stored):
    return lambda: stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE))


def test_an_image_of_moodle_xml_is_imported_and_exported(api, make, quiz, teacher, stored_images):
    client = api.as_(teacher)
    content = IMAGED % b64encode(PIXEL)

    assert data_of(send(client, quiz, content, mode="preview"))["results"][0]["reason"] is None
    assert stored_images() == []
    assert data_of(send(client, quiz, content))["results"][0]["reason"] is None

    (made,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    assert (made["text"], made["image"]["alt"], made["image"]["width"]) == ("Is it wet?", "a <drop>", 1)
    assert len(stored_images()) == 1
    other = make.quiz(make.course(instructor=teacher), questions=0)
    exported = client.get(f"/lessons/{quiz.id}/questions/export?format=moodle_xml").data
    assert b"the answer" not in exported
    data_of(send(client, other, exported))
    (again,) = data_of(client.get(f"/lessons/{other.id}/questions"))
    assert (again["text"], again["image"]["alt"]) == ("Is it wet?", "a <drop>")
    assert again["image"]["url"] != made["image"]["url"]


@pytest.mark.parametrize("content", [b64encode(b"GIF89a"), b64encode(b"<svg/>")])
def test_a_question_is_imported_without_an_image_that_is_not_taken(
    api, quiz, teacher, content, stored_images
):
    (result,) = data_of(send(api.as_(teacher), quiz, IMAGED % content))["results"]

    assert (result["outcome"], "left out" in result["reason"]) == ("created", True)
    assert stored_images() == []


def test_what_is_no_base64_stays_the_text_of_its_image(api, quiz, teacher):
    client = api.as_(teacher)

    data_of(send(client, quiz, IMAGED % b"###"))

    (made,) = data_of(client.get(f"/lessons/{quiz.id}/questions"))
    assert (made["text"], made["image"]) == ("Is it a <drop> wet?", None)


def test_an_import_without_room_for_its_images_adds_nothing(api, quiz, teacher, setting, stored_images):
    setting(course_quota_mb=0)
    client = api.as_(teacher)

    assert_refused(send(client, quiz, IMAGED % b64encode(PIXEL)), 413, "quota_exceeded")

    assert data_of(client.get(f"/lessons/{quiz.id}/questions")) == []
    assert stored_images() == []
