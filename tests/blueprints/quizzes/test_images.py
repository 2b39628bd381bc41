"""Images of questions: re-encoded and described, shown to those who have the question, and kept while an attempt has them."""

import io
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlalchemy import select, text

from app.db.session import db, transaction
from app.enums import FileKind
from app.jobs import periodic
from app.models import File
from tests.support.http import assert_refused, data_of
from tests.support.quizzes import begin

SECRET = b"the answer is debit"


def picture(size=(2000, 1000), kind="PNG", color="red"):
    drawn = io.BytesIO()
    Image.new("RGB", size, color).save(drawn, kind, **({"comment": SECRET} if kind == "JPEG" else {}))
    return drawn.getvalue()


@pytest.fixture
def quiz(make, course):
    return make.quiz(course)


@pytest.fixture
def owner(api, teacher):
    return api.as_(teacher)


@pytest.fixture
def question(owner, quiz):
    (only,) = data_of(owner.get(f"/lessons/{quiz.id}/questions"))
    return only["id"]


@pytest.fixture
def learner(api, make, course):
    student = make.student()
    learner = api.as_(student)
    learner.enrollment = make.enrollment(course, student)
    return learner


@pytest.fixture
def put(owner, question):
    def send(content=None, name="answer is debit.png", alt="A red field", client=owner):
        form = {"alt": alt} if content is None else {"alt": alt, "file": (io.BytesIO(content), name)}
        return client.put(f"/questions/{question}/image", data=form, content_type="multipart/form-data")

    return send


@pytest.fixture
def fetch(app):
    def get(image):
        url = urlsplit(image["url"])
        return app.test_client().get(f"{url.path}?{url.query}", buffered=True)

    return get


@pytest.fixture
def sweep(app):
    """Sweeps, as if the questions had been edited so many hours ago."""

    def run(hours):
        with app.app_context():
            with transaction():
                db.session.execute(text("ALTER TABLE questions DISABLE TRIGGER USER"))
                edited = text("UPDATE questions SET updated_at = now() - make_interval(hours => :hours)")
                db.session.execute(edited, {"hours": hours})
                db.session.execute(text("ALTER TABLE questions ENABLE TRIGGER USER"))
            next(chore for chore in periodic.CHORES if chore.name == "question images").run()

    return run


def test_an_image_is_re_encoded_and_shown_with_the_question(put, owner, question, fetch, quiz):
    shown = data_of(put(picture(kind="JPEG")))["image"]

    assert (shown["alt"], shown["width"], shown["height"]) == ("A red field", 1600, 800)
    sent = fetch(shown)
    assert (sent.status_code, sent.mimetype) == (200, "image/webp")
    assert Image.open(io.BytesIO(sent.data)).size == (1600, 800)
    assert SECRET not in sent.data
    assert data_of(owner.get(f"/questions/{question}"))["image"] == shown
    assert data_of(owner.get(f"/lessons/{quiz.id}/questions"))[0]["image"] == shown


@pytest.mark.parametrize("color", [(255, 0, 0, 0), (1, 2, 3, 255)])
def test_the_size_of_pictures_with_transparency_is_right(put, color):
    drawn = io.BytesIO()
    Image.new("RGBA", (31, 17), color).save(drawn, "PNG")

    shown = data_of(put(drawn.getvalue()))["image"]

    assert (shown["width"], shown["height"]) == (31, 17)


def test_a_learner_gets_the_image_with_the_attempt_and_nothing_of_its_file(
    put, quiz, learner, fetch, api, make, stored
):
    data_of(put(picture()))

    response = learner.post(f"/lessons/{quiz.id}/attempts")
    (asked,) = data_of(response, 201)["questions"]

    assert fetch(asked["image"]).status_code == 200
    assert b"debit" not in response.data
    (row,) = stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE))
    assert row.name == "image.webp"
    assert_refused(learner.get(f"/files/{row.id}"), 404, "not_found")
    assert_refused(api.as_(make.student()).get(f"/files/{row.id}"), 403, "not_enrolled")


def test_the_link_ends_with_the_enrollment(put, quiz, learner, fetch):
    data_of(put(picture()))
    (asked,) = begin(learner, quiz)["questions"]

    learner.delete(f"/enrollments/{learner.enrollment.id}")

    assert_refused(fetch(asked["image"]), 403, "link_invalid")


def test_an_image_of_a_preview_lesson_is_not_public(put, owner, quiz, fetch, api):
    data_of(owner.patch(f"/lessons/{quiz.id}", json={"is_preview": True}))
    image = data_of(put(picture()))["image"]
    forged = {"url": image["url"].replace(image["url"].partition("user=")[2][:36], "-")}

    assert_refused(fetch(forged), 403, "link_invalid")


def test_another_text_needs_no_file_and_a_first_image_needs_both(put, owner, question):
    assert list(assert_refused(put(None), 422, "invalid_request")) == ["file"]
    first = data_of(put(picture()))["image"]

    second = data_of(put(None, alt="A red rectangle"))["image"]

    assert second == {**first, "alt": "A red rectangle"}
    bare = owner.put(
        f"/questions/{question}/image",
        data={"file": (io.BytesIO(picture()), "a.png")},
        content_type="multipart/form-data",
    )
    assert list(assert_refused(bare, 422, "invalid_request")) == ["alt"]
    assert list(assert_refused(put(picture(), alt=" "), 422, "invalid_request")) == ["alt"]


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", picture()[:200]]
)
def test_what_is_no_picture_is_refused_and_not_kept(put, content, stored):
    assert list(assert_refused(put(content), 422, "invalid_request")) == ["file"]
    assert stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE)) == []


def test_images_count_towards_the_quotas(put, setting):
    setting(course_quota_mb=0)

    assert_refused(put(picture()), 413, "quota_exceeded")


def test_an_attempt_keeps_the_image_that_it_began_with(
    put, owner, question, quiz, learner, fetch, sweep, stored
):
    data_of(put(picture()))
    attempt = begin(learner, quiz)
    data_of(put(picture(color="blue"), alt="A blue field"))
    data_of(owner.delete(f"/questions/{question}/image"))
    sweep(2)

    (asked,) = data_of(learner.get(f"/attempts/{attempt['id']}"))["questions"]
    assert asked["image"]["alt"] == "A red field"
    assert fetch(asked["image"]).status_code == 200
    assert len(stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE))) == 1
    assert data_of(owner.get(f"/questions/{question}"))["image"] is None


@pytest.mark.parametrize("ending", ["question", "image"])
def test_an_image_that_nobody_sees_is_swept(put, owner, question, sweep, stored, ending):
    data_of(put(picture()))
    owner.delete(f"/questions/{question}" + ("/image" if ending == "image" else ""))
    sweep(0)
    assert len(stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE))) == 1

    sweep(2)

    assert stored(select(File).where(File.kind == FileKind.QUESTION_IMAGE)) == []


def test_a_patch_leaves_the_image_alone(put, owner, question):
    image = data_of(put(picture()))["image"]

    assert data_of(owner.patch(f"/questions/{question}", json={"points": 3}))["image"] == image
