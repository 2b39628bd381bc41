"""Reviews: who may write one, who sees them, and what a course's stars say after each."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from app.db.session import db
from app.enums import CourseStatus, EnrollmentStatus
from app.models import Course
from tests.support.http import assert_refused, data_of

COMPLETED = {
    "status": EnrollmentStatus.COMPLETED,
    "completed_at": datetime(2026, 1, 1, tzinfo=UTC),
    "completion_number": 1,
}
CANCELLED = {"status": EnrollmentStatus.CANCELLED, "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)}
NO_STARS = dict.fromkeys("12345", 0)


@pytest.fixture
def learning(api, make):
    """A course, and the client of a learner in it."""
    course, student = make.course(), make.student()
    make.enrollment(course, student)
    return course, api.as_(student)


@pytest.fixture
def stars(app):
    """Sum, count, counts by rating and last edit of a course."""

    def read(course):
        with app.app_context():
            found = db.session.get_one(Course, course.id)
            return found.rating_sum, found.rating_count, found.rating_counts, found.updated_at

    return read


def listed(response):
    body = response.get_json()
    assert response.status_code == 200, response.text
    return [review["id"] for review in body["data"]], body["breakdown"], body["average"]


def test_a_learner_reviews_a_course(api, make):
    course, student = make.course(), make.student()
    make.enrollment(course, student)

    review = data_of(
        api.as_(student).post(f"/courses/{course.id}/reviews", json={"rating": 4, "comment": " Good. "}), 201
    )

    assert set(review) == {
        "id",
        "course_id",
        "author",
        "rating",
        "comment",
        "is_completed",
        "created_at",
        "updated_at",
    }
    assert review["course_id"] == str(course.id)
    assert review["author"] == {"id": str(student.id), "full_name": student.full_name}
    assert (review["rating"], review["comment"], review["is_completed"]) == (4, "Good.", False)


def test_the_flat_path_reviews_alike(learning):
    course, client = learning

    review = data_of(client.post("/reviews", json={"course_id": str(course.id), "rating": 3}), 201)

    assert (review["course_id"], review["rating"], review["comment"]) == (str(course.id), 3, "")


@pytest.mark.parametrize("role", ["instructor", "admin"])
def test_reviewing_depends_on_the_enrollment_and_not_on_the_role(api, make, role):
    course, learner = make.course(), getattr(make, role)()
    make.enrollment(course, learner)

    response = api.as_(learner).post(f"/courses/{course.id}/reviews", json={"rating": 5})

    assert response.status_code == 201


def test_reviewing_without_being_enrolled_is_refused(api, make):
    course, outsider = make.course(), api.as_(make.student())

    response = outsider.post(f"/courses/{course.id}/reviews", json={"rating": 5})

    assert_refused(response, 403, "not_enrolled")


def test_reviewing_after_leaving_is_refused(api, make):
    course, student = make.course(), make.student()
    make.enrollment(course, student, **CANCELLED)

    response = api.as_(student).post(f"/courses/{course.id}/reviews", json={"rating": 5})

    assert_refused(response, 403, "not_enrolled")


@pytest.mark.parametrize(("values", "status"), [({}, 403), (COMPLETED, 201)], ids=["active", "completed"])
def test_reviews_may_be_for_those_who_completed(api, make, setting, values, status):
    setting(review_requires="completed")
    course, student = make.course(), make.student()
    make.enrollment(course, student, **values)

    response = api.as_(student).post(f"/courses/{course.id}/reviews", json={"rating": 5})

    assert response.status_code == status


def test_a_second_review_of_the_same_course_is_refused(learning, stars):
    course, client = learning
    data_of(client.post(f"/courses/{course.id}/reviews", json={"rating": 5}), 201)

    response = client.post("/reviews", json={"course_id": str(course.id), "rating": 1})

    assert_refused(response, 409, "already_reviewed")
    assert stars(course)[:3] == (5, 1, [0, 0, 0, 0, 1])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rating"),
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"rating": "5"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": None}, "rating"),
        ({"rating": 5, "comment": "x" * 2001}, "comment"),
        ({"rating": 5, "comment": None}, "comment"),
        ({"rating": 5, "author_id": str(uuid4())}, "author_id"),
    ],
)
def test_a_review_has_one_to_five_stars_and_a_comment_of_some_length(learning, body, field):
    course, client = learning

    for response in (
        client.post(f"/courses/{course.id}/reviews", json=body),
        client.post("/reviews", json={"course_id": str(course.id), **body}),
    ):
        assert field in assert_refused(response, 422, "invalid_request")


def test_the_longest_comment_is_kept_whole(learning):
    course, client = learning

    review = data_of(
        client.post(f"/courses/{course.id}/reviews", json={"rating": 5, "comment": "é" * 2000}), 201
    )

    assert review["comment"] == "é" * 2000


def test_a_course_that_one_may_not_see_cannot_be_reviewed(api, make):
    hidden, client = make.course(status=CourseStatus.DRAFT), api.as_(make.student())

    assert_refused(client.post(f"/courses/{hidden.id}/reviews", json={"rating": 5}), 404, "not_found")
    assert_refused(client.post("/reviews", json={"course_id": str(hidden.id), "rating": 5}), 404, "not_found")
    assert_refused(client.post("/reviews", json={"course_id": str(uuid4()), "rating": 5}), 404, "not_found")


def test_every_caller_reads_the_reviews_of_a_published_course_with_their_breakdown(api, make):
    course = make.course()
    first, second, third = (make.review(course, rating=rating) for rating in (5, 5, 3))
    make.review(make.course(), rating=1)

    for path in (f"/courses/{course.id}/reviews", f"/reviews?course_id={course.id}"):
        response = api.get(path)
        ids, breakdown, average = listed(response)

        assert ids == [str(third.id), str(second.id), str(first.id)]
        assert breakdown == {"1": 0, "2": 0, "3": 1, "4": 0, "5": 2}
        assert average == 4.33
        assert response.get_json()["count"] == 3
        assert "@" not in response.text


def test_all_reviews_are_summed_up_too(api, make):
    make.review(make.course(), rating=1)
    make.review(make.course(), rating=4)

    ids, breakdown, average = listed(api.get("/reviews"))

    assert len(ids) == 2
    assert breakdown == {**NO_STARS, "1": 1, "4": 1}
    assert average == 2.5


def test_a_course_without_reviews_has_no_average(api, make):
    course = make.course()

    assert listed(api.get(f"/courses/{course.id}/reviews")) == ([], NO_STARS, None)
    assert listed(api.get(f"/reviews?course_id={course.id}")) == ([], NO_STARS, None)
    assert listed(api.get("/reviews")) == ([], NO_STARS, None)


def test_a_list_too_long_to_count_says_so(api, make, set_limit):
    set_limit("app.services.learning.reviews.COUNT_CAP", 1)
    set_limit("app.db.pages.COUNT_CAP", 1)
    course = make.course()
    make.review(course)
    make.review(course)

    response = api.get("/reviews")

    assert listed(response)[1:] == (None, None)
    assert response.get_json()["count_is_exact"] is False
    assert listed(api.get(f"/courses/{course.id}/reviews"))[2] == 5.0


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["clear", "dull", "none"]),
        ("rating=5", ["clear"]),
        ("rating=2", []),
        ("search=explain", ["clear", "dull"]),
        ("search=explain+deprec", ["dull"]),
        ("search=explain&rating=5", ["clear"]),
        ("search=%25", []),
        ("ordering=rating", ["none", "dull", "clear"]),
        ("ordering=-rating", ["clear", "dull", "none"]),
        ("ordering=created_at", ["none", "dull", "clear"]),
    ],
)
def test_reviews_are_narrowed_and_ordered(api, make, query, expected):
    course = make.course()
    names = {
        str(make.review(course, rating=rating, comment=comment).id): name
        for name, rating, comment in (
            ("none", 1, ""),
            ("dull", 4, "Explains depreciation. At length."),
            ("clear", 5, "Well explained!"),
        )
    }

    for path in (f"/courses/{course.id}/reviews?{query}", f"/reviews?course_id={course.id}&{query}"):
        ids, breakdown, _ = listed(api.get(path))
        assert [names[each] for each in ids] == expected
        assert breakdown == {**NO_STARS, "1": 1, "4": 1, "5": 1}
        assert api.get(path).get_json()["count"] == len(expected)


def test_the_reviews_of_one_author_are_found(api, make):
    course, author = make.course(), make.student()
    own = [str(make.review(of, author).id) for of in (course, make.course())]
    make.review(course)

    in_course = api.get(f"/courses/{course.id}/reviews?author_id={author.id}")
    everywhere = api.get(f"/reviews?author_id={author.id}")

    assert listed(in_course)[0] == own[:1]
    assert sorted(listed(everywhere)[0]) == sorted(own)
    assert [answer.get_json()["count"] for answer in (in_course, everywhere)] == [1, 2]
    assert listed(api.get(f"/reviews?author_id={uuid4()}"))[0] == []


@pytest.mark.parametrize("query", ["rating=6", "author_id=me", "rating=x", "ordering=comment", "stars=5"])
def test_an_unknown_filter_is_refused(api, query):
    assert_refused(api.get(f"/reviews?{query}"), 422, "invalid_request")


def test_an_unknown_course_gives_an_empty_list(api, make):
    make.review(make.course(), make.student())

    assert data_of(api.get("/reviews?course_id=7")) == []


def test_the_mark_shows_who_has_completed_the_course(api, make):
    course, done, left = make.course(), make.student(), make.student()
    make.enrollment(course, done, **COMPLETED)
    make.enrollment(course, left, **{**COMPLETED, **CANCELLED})
    reviews = [make.review(course, author) for author in (None, done, left)]

    shown = {row["id"]: row["is_completed"] for row in data_of(api.get(f"/courses/{course.id}/reviews"))}

    assert [shown[str(review.id)] for review in reviews] == [False, True, True]


def test_reviews_of_an_invisible_course_are_invisible(api, make):
    course = make.course(status=CourseStatus.DRAFT)
    author = make.student()
    review = make.review(course, author)
    outsiders = [api, api.as_(author), api.as_(make.instructor())]

    for client in outsiders:
        assert_refused(client.get(f"/courses/{course.id}/reviews"), 404, "not_found")
        assert_refused(client.get(f"/reviews/{review.id}"), 404, "not_found")
        assert listed(client.get(f"/reviews?course_id={course.id}")) == ([], NO_STARS, None)
        assert listed(client.get("/reviews")) == ([], NO_STARS, None)
    assert_refused(api.as_(author).patch(f"/reviews/{review.id}", json={"rating": 1}), 404, "not_found")
    assert listed(api.as_(make.admin()).get("/reviews"))[0] == [str(review.id)]


def test_leaving_the_course_keeps_the_review(api, make, stars):
    course, student = make.course(), make.student()
    enrollment = make.enrollment(course, student)
    client = api.as_(student)
    review = data_of(client.post(f"/courses/{course.id}/reviews", json={"rating": 4}), 201)
    data_of(client.delete(f"/enrollments/{enrollment.id}"))

    assert listed(api.get(f"/courses/{course.id}/reviews"))[0] == [review["id"]]
    assert data_of(client.patch(f"/reviews/{review['id']}", json={"rating": 2}))["rating"] == 2
    assert stars(course)[:2] == (2, 1)


def test_a_deactivated_author_keeps_the_review(api, make):
    course, author = make.course(), make.student()
    review = make.review(course, author)
    data_of(api.as_(make.admin()).post(f"/users/{author.id}/deactivate"))

    shown = data_of(api.get(f"/reviews/{review.id}"))

    assert shown["author"] == {"id": str(author.id), "full_name": author.full_name}


@pytest.mark.parametrize(
    ("method", "body", "rating", "comment"),
    [
        ("PATCH", {"rating": 1}, 1, "Fine."),
        ("PATCH", {"comment": "Better."}, 5, "Better."),
        ("PATCH", {}, 5, "Fine."),
        ("PUT", {"rating": 2, "comment": "So so."}, 2, "So so."),
        ("PUT", {"rating": 2}, 2, ""),
    ],
)
def test_its_author_edits_a_review(api, make, stars, method, body, rating, comment):
    course, author = make.course(), make.student()
    make.review(course, rating=3)
    review = make.review(course, author, rating=5, comment="Fine.")
    client = api.as_(author)

    edited = data_of(client.request(method, f"/reviews/{review.id}", json=body))

    assert (edited["rating"], edited["comment"]) == (rating, comment)
    assert stars(course)[:2] == (3 + rating, 2)
    assert listed(api.get(f"/reviews?course_id={course.id}&search={comment[:4]}"))[0] == (
        [str(review.id)] if comment else listed(api.get(f"/reviews?course_id={course.id}"))[0]
    )


def test_an_edit_that_changes_nothing_is_none(api, make):
    author = make.student()
    review = make.review(make.course(), author, rating=5, comment="Fine.")

    edited = data_of(api.as_(author).put(f"/reviews/{review.id}", json={"rating": 5, "comment": "Fine."}))

    assert edited["updated_at"] == edited["created_at"]


def test_no_one_else_edits_a_review(api, make):
    course = make.course()
    review = make.review(course)
    owner = make._fresh(type(make.student()), course.instructor_id)

    for user in (make.student(), owner, make.admin()):
        for method, body in (("PUT", {"rating": 1}), ("PATCH", {"rating": 1})):
            response = api.as_(user).request(method, f"/reviews/{review.id}", json=body)
            assert_refused(response, 403, "forbidden")


def test_author_and_admin_delete_a_review_and_no_one_else(api, make, stars):
    course, author = make.course(), make.student()
    own, other = make.review(course, author, rating=2), make.review(course, rating=4)
    owner = make._fresh(type(author), course.instructor_id)

    for user in (owner, author):
        assert_refused(api.as_(user).delete(f"/reviews/{other.id}"), 403, "forbidden")
    assert api.as_(author).delete(f"/reviews/{own.id}").status_code == 204
    assert stars(course)[:3] == (4, 1, [0, 0, 0, 1, 0])
    assert api.as_(make.admin()).delete(f"/reviews/{other.id}").status_code == 204
    assert stars(course)[:3] == (0, 0, [0] * 5)
    assert_refused(api.get(f"/reviews/{own.id}"), 404, "not_found")


def test_a_deleted_review_may_be_written_again(learning):
    course, client = learning
    review = data_of(client.post(f"/courses/{course.id}/reviews", json={"rating": 1}), 201)
    client.delete(f"/reviews/{review['id']}")

    assert client.post(f"/courses/{course.id}/reviews", json={"rating": 5}).status_code == 201


def test_a_review_is_no_edit_of_the_course(learning, stars):
    course, client = learning
    *_, edited_at = stars(course)

    review = data_of(client.post(f"/courses/{course.id}/reviews", json={"rating": 1}), 201)
    client.patch(f"/reviews/{review['id']}", json={"rating": 2})
    client.delete(f"/reviews/{review['id']}")

    assert stars(course)[3] == edited_at


def test_the_course_shows_its_average(api, learning):
    course, client = learning
    client.post(f"/courses/{course.id}/reviews", json={"rating": 3})

    shown = data_of(api.get(f"/courses/{course.id}"))

    assert (shown["average_rating"], shown["total_reviews"]) == (3.0, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [("courses/{id}/reviews?", 2), ("reviews?course_id={id}&", 2), ("reviews?", 2)],
    ids=["nested", "of a course", "all"],
)
def test_a_list_of_reviews_takes_two_statements_however_long(api, make, statements, query, expected):
    course = make.course()
    for _ in range(3):
        make.review(course, comment="Word.")
    path = "/" + query.format(id=course.id)

    for more in ("", "rating=5", "search=word"):
        with statements() as seen:
            assert api.get(path + more).get_json()["count"] == 3
        assert len(seen) == expected, seen


def test_writing_a_review_takes_few_statements(learning, statements):
    course, client = learning

    with statements() as seen:
        data_of(client.post(f"/courses/{course.id}/reviews", json={"rating": 5}), 201)

    # Session, course, its lock, the enrollment, the review, the stars, the answer.
    assert len(seen) == 7
