"""Watched video: ranges are merged, no call claims more than could be played, and enough of them completes the lesson."""

from time import monotonic

import pytest
from sqlalchemy import text

from app.enums import FileKind, LessonType
from tests.support.http import assert_refused, data_of
from tests.support.races import Started, at_once, holding


@pytest.fixture
def course(make):
    return make.course()


@pytest.fixture
def lesson(make, course):
    """A video of 100 seconds."""
    made = make.lesson(make.section(course), type=LessonType.VIDEO)
    make.file(
        made,
        uploaded_by=make.instructor(),
        kind=FileKind.LESSON_VIDEO,
        media_type="video/mp4",
        duration_seconds=100,
    )
    return made


@pytest.fixture
def learner(make, course):
    person = make.student()
    make.enrollment(course, person)
    return person


@pytest.fixture
def client(api, learner):
    return api.as_(learner)


@pytest.fixture
def report(client, lesson):
    return lambda *watched, **more: client.put(
        f"/lessons/{lesson.id}/progress", json={"watched": [list(each) for each in watched], **more}
    )


@pytest.fixture
def row(client, course):
    return lambda: data_of(client.get(f"/courses/{course.id}/progress"))[0]


@pytest.fixture
def wait(_janitor):
    """Let the database believe that the last report is so many seconds older."""

    def let_pass(seconds):
        with _janitor.connect() as connection:
            connection.execute(
                text("UPDATE lesson_progress SET watched_at = watched_at - make_interval(secs => :n)"),
                {"n": seconds},
            )

    return let_pass


def test_what_is_watched_twice_counts_once(report, row):
    data_of(report((0, 10), position_seconds=10))
    data_of(report((5, 10)))

    assert (row()["watched_seconds"], row()["watched_percent"], row()["position_seconds"]) == (10, 10, 10)


def test_one_call_cannot_claim_the_film(report, row):
    data_of(report((0, 100)))

    assert row()["watched_seconds"] == 30
    assert row()["is_completed"] is False


def test_calls_at_once_cannot_either(report, row):
    at_once(*[lambda begin=begin: report((begin, begin + 25)) for begin in range(0, 100, 25)])

    assert row()["watched_seconds"] < 60
    assert row()["is_completed"] is False


def test_what_counts_is_bounded_by_the_time_that_passed(report, row, wait):
    began = monotonic()
    data_of(report())
    for seconds, expected in ((10, 25), (4, 35), (0, 35)):
        wait(seconds)
        data_of(report((0, 100)))
        really = 2.5 * (monotonic() - began)
        assert expected <= row()["watched_seconds"] <= expected + really, "the calls take time themselves"


def test_a_long_absence_is_not_time_to_watch(report, row, wait, _janitor):
    with _janitor.connect() as connection:
        connection.execute(text("UPDATE files SET duration_seconds = 100000"))
    data_of(report())
    wait(1_000_000)

    data_of(report((0, 50_000)))

    assert row()["watched_seconds"] == 1_500


def test_enough_of_it_completes_the_lesson_and_the_course(report, row, wait):
    data_of(report((0, 30)))
    wait(30)
    assert data_of(report((30, 89)))["completion_percentage"] == 0
    wait(30)

    enrollment = data_of(report((89, 90)))

    assert (enrollment["status"], enrollment["completion_percentage"]) == ("COMPLETED", 100)
    assert enrollment["certificate_number"]
    assert row()["is_completed"] is True


def test_what_is_beyond_the_end_does_not_count(report, row, wait):
    data_of(report())
    wait(600)

    data_of(report((95, 5_000)))

    assert row()["watched_seconds"] == 5


def test_a_lesson_that_comes_later_is_watched_and_not_completed(
    make, client, course, lesson, wait, row, _janitor
):
    with _janitor.connect() as connection:
        connection.execute(text("UPDATE courses SET enforce_order = true"))
        connection.execute(text("UPDATE lessons SET position = 2"))
        first = connection.execute(
            text(
                "INSERT INTO lessons (course_id, section_id, title, type, position)"
                " SELECT course_id, section_id, 'First', 'TEXT', 1 FROM lessons RETURNING id"
            )
        ).scalar_one()
        connection.execute(text("UPDATE courses SET lesson_count = 2"))
    data_of(client.put(f"/lessons/{lesson.id}/progress", json={"watched": []}))
    wait(600)

    data_of(client.put(f"/lessons/{lesson.id}/progress", json={"watched": [[0, 95]]}))
    rows = data_of(client.get(f"/courses/{course.id}/progress"))
    assert [(each["watched_seconds"], each["is_completed"]) for each in rows] == [(0, False), (95, False)]

    data_of(client.post(f"/lessons/{first}/complete"))
    assert (
        data_of(client.put(f"/lessons/{lesson.id}/progress", json={"watched": []}))["status"] == "COMPLETED"
    )


def test_by_default_a_learner_may_mark_the_lesson(client, lesson):
    assert data_of(client.post(f"/lessons/{lesson.id}/complete"))["status"] == "COMPLETED"


def test_where_it_has_to_be_watched_it_cannot_be_marked(client, lesson, report, wait, setting):
    setting(video_completion="watched")

    assert_refused(client.post(f"/lessons/{lesson.id}/complete"), 409, "not_watched")
    assert_refused(report(completed=True), 409, "not_watched")
    body = {"completed": True, "position_seconds": 3}
    assert_refused(client.put(f"/lessons/{lesson.id}/progress", json=body), 409, "not_watched")
    data_of(report((0, 30)))
    wait(60)
    data_of(report((30, 90)))
    assert data_of(client.post(f"/lessons/{lesson.id}/complete"))["status"] == "COMPLETED"


def test_a_lesson_without_an_uploaded_video_is_marked_as_ever(make, client, course, setting):
    setting(video_completion="watched")
    other = make.lesson(make.section(course), type=LessonType.VIDEO)

    data_of(client.put(f"/lessons/{other.id}/progress", json={"watched": [[0, 20]]}))
    data_of(client.post(f"/lessons/{other.id}/complete"))


def test_an_undone_lesson_keeps_what_was_watched(client, lesson, report, row):
    data_of(report((0, 20)))
    data_of(client.post(f"/lessons/{lesson.id}/complete"))
    data_of(client.delete(f"/lessons/{lesson.id}/complete"))

    assert (row()["watched_seconds"], row()["is_completed"]) == (20, False)


@pytest.mark.parametrize(
    "watched",
    [[[5, 5]], [[9, 3]], [[-1, 3]], [[1]], [[1, 2, 3]], [1, 2], "0-10", [["0", 5]], [[0, 1.5]], [[0, 2**31]], [[0, 1]] * 101],
)  # fmt: skip
def test_what_is_no_range_is_refused(client, lesson, watched):
    response = client.put(f"/lessons/{lesson.id}/progress", json={"watched": watched})

    assert any(path.startswith("watched") for path in assert_refused(response, 422, "invalid_request"))


def test_who_is_not_enrolled_watches_nothing(api, make, lesson):
    stranger = api.as_(make.student())

    assert_refused(
        stranger.put(f"/lessons/{lesson.id}/progress", json={"watched": [[0, 5]]}), 403, "not_enrolled"
    )


def test_of_two_reports_at_once_the_first_is_not_lost(report, wait, config, _janitor):
    """The one on pause and the one on leaving the page. The second adds little: hardly any time has passed since."""
    report((0, 1))
    wait(100)

    with holding(config, "SELECT id FROM enrollments FOR UPDATE") as wait_for:
        first = Started(lambda: report((10, 20)))
        wait_for(1)
        second = Started(lambda: report((30, 40)))
        wait_for(2)

    data_of(first.finish())
    data_of(second.finish())
    with _janitor.connect() as connection:
        watched = connection.scalar(text("SELECT watched @> '[10,20)'::int4range FROM lesson_progress"))
    assert watched
