"""A chapter of the quiz: a question with an image, which the learner sees with the attempt."""

from __future__ import annotations

from app.web.collections.documented import Document
from app.web.collections.parts import Body, Check, CollectionRequest

_INSTRUCTOR, _STUDENT = "{{instructor_token}}", "{{student_token}}"
_QUIZ = {"lesson_id": "{{quiz_id}}"}
_ATTEMPT = {"attempt_id": "{{attempt_id}}"}

_FILE = "illustrated.xml"
ILLUSTRATED = """\
<quiz>
  <question type="truefalse">
    <name><text>Sign</text></name>
    <questiontext format="html">
      <text><![CDATA[<p><img src="@@PLUGINFILE@@/sign.png" alt="A green sign"> Does this sign show a way out?</p>]]></text>
      <file name="sign.png" encoding="base64">
        iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC
      </file>
    </questiontext>
    <answer fraction="100"><text>true</text></answer>
    <answer fraction="0"><text>false</text></answer>
  </question>
</quiz>
"""
"""Moodle XML has the image as text: a file that every tool can hold."""

_IMPORTED = {"question_id": "{{image_question_id}}"}
_WITHOUT_IMAGE = {"question_id": "{{question_id}}"}
_WORDS = "A white arrow on green"
_IS_DESCRIBED = Check("It is described in these words", "answer.data.image.alt", _WORDS)


def showing(document: Document) -> tuple[CollectionRequest, ...]:
    return (*_uploading(document), *_looking(document), *_removing(document))


def _uploading(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "replace_question_image",
            "Describe an image that the question does not have",
            token=_INSTRUCTOR,
            path=_WITHOUT_IMAGE,
            body=Body("", fields={"alt": _WORDS}),
            status=422,
            code="invalid_request",
        ),
        document.request(
            "import_questions",
            "Import a question with its image",
            token=_INSTRUCTOR,
            path=_QUIZ,
            body=Body(ILLUSTRATED, "text/xml", _FILE),
            about="Moodle XML has the image in the file.",
            checks=[
                Check("It is created", "answer.data.created", 1),
                Check("Its image is, too", "answer.data.results[0].reason === null"),
            ],
            saves={"image_question_id": "answer.data.results[0].question_id"},
        ),
        document.request(
            "replace_question_image",
            "Upload another image",
            token=_INSTRUCTOR,
            path=_IMPORTED,
            about="In Hoppscotch choose a picture first; without one it answers 422, and the imported image stays.",
        ),
        document.request(
            "replace_question_image",
            "Describe the image in other words",
            token=_INSTRUCTOR,
            path=_IMPORTED,
            body=Body("", fields={"alt": _WORDS}),
            about="A form without a file changes the text alone.",
            checks=[_IS_DESCRIBED],
        ),
    )


def _looking(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "start_attempt",
            "As the student: start the last attempt",
            token=_STUDENT,
            path=_QUIZ,
            checks=[
                Check("The first question has no image", "answer.data.questions[0].image === null"),
                Check("The second has one", "answer.data.questions[1].image.alt", _WORDS),
                Check("Its size is known before it is loaded", "answer.data.questions[1].image.width", 1),
            ],
            saves={
                "attempt_id": "answer.data.id",
                "image_link": "answer.data.questions[1].image.url.split('/media/')[1]",
            },
        ),
        CollectionRequest(
            name="Load the image",
            method="GET",
            path="/media/{{image_link}}",
            about="The link is for this student alone and is signed, so that it needs no token.",
            checks=(
                Check("Status is 200", "status", 200),
                Check("It was re-encoded", "header('Content-Type')", "image/webp"),
                Check("No shared cache keeps it", "header('Cache-Control')", "private, no-cache"),
            ),
        ),
    )


def _removing(document: Document) -> tuple[CollectionRequest, ...]:
    return (
        document.request(
            "remove_question_image",
            "As the instructor: remove the image",
            token=_INSTRUCTOR,
            path=_IMPORTED,
            checks=[Check("There is none", "answer.data.image === null")],
        ),
        document.request(
            "show_attempt",
            "As the student: see that the attempt keeps its image",
            token=_STUDENT,
            path=_ATTEMPT,
            checks=[Check("It is still described", "answer.data.questions[1].image.alt", _WORDS)],
        ),
    )
