"""Reviews: of courses in every state, by a learner who has left, and one's own."""

from app.db import fulltext
from app.db.session import db, transaction
from app.models import Course, Review
from tests.support.callers import HOLDERS, sees_course
from tests.support.declarations import Fault, request
from tests.support.rows import CommittedRows, add

AFTER = ("courses",)

POLICY = """
GET    /courses/{course_id}/reviews              | P  | course | seen
POST   /courses/{course_id}/reviews              | U  | course | enrolled
GET    /reviews                                  | P
POST   /reviews                                  | U  | course in body | enrolled
GET    /reviews/{review_id}                      | P  | review | seen
PUT    /reviews/{review_id}                      | U  | review | author
PATCH  /reviews/{review_id}                      | U  | review | author
DELETE /reviews/{review_id}                      | U  | review | author+admin
"""

WRITABLE = """
POST /courses/{course_id}/reviews: comment rating
POST /reviews: comment course_id rating
PUT /reviews/{review_id}: comment rating
PATCH /reviews/{review_id}: comment rating
"""

REQUESTS = {
    "GET /courses/{course_id}/reviews": request(course_id="course"),
    "POST /courses/{course_id}/reviews": request(course_id="course"),
    "GET /reviews": request(),
    "POST /reviews": request(ids={"course_id": "course"}),
    "GET /reviews/{review_id}": request(review_id="review"),
    "PUT /reviews/{review_id}": request(review_id="review"),
    "PATCH /reviews/{review_id}": request(review_id="review"),
    "DELETE /reviews/{review_id}": request(review_id="review"),
}

LISTS = {"/courses/{course}/reviews": "review", "/reviews": "review", "/reviews?search=stage": "review"}

VISIBLE = {"review": sees_course}

RELATIONS = {"author": lambda _kind, variant, caller: variant == "OWN" or caller == "left"}


class Make(CommittedRows):
    def review(self, course, author=None, *, rating=5, **values):
        """A counted review, by default of a student who is enrolled for it."""
        author_id = author.id if author else self.enrollment(course).user_id
        with self.app.app_context(), transaction():
            review = Review(course_id=course.id, author_id=author_id, rating=rating, **values)
            review.search_vector = fulltext.words_of(values.get("comment", ""))
            db.session.add(review)
            rated = db.session.get_one(Course, course.id)
            rated.rating_sum, rated.rating_count = Course.rating_sum + rating, Course.rating_count + 1
            rated.rating_counts = [
                number + (stars == rating) for stars, number in enumerate(rated.rating_counts, start=1)
            ]
            db.session.flush()
            db.session.refresh(review)
        return review


def add_to_scene(scene):
    scene.review = _row(scene.finished_course, scene.student)


def add_to_stage(stage):
    for variant, course in stage.courses.items():
        if variant != "EMPTY":
            stage.register("review", variant, _row(course, stage.people["left"]).id)
    for name in HOLDERS:
        stage.register_own("review", name, _row(stage.own_course, stage.people[name]).id)


def _row(course, author):
    course.rating_sum += 5
    course.rating_count += 1
    course.rating_counts = [0, 0, 0, 0, course.rating_count]
    return add(Review(course_id=course.id, author_id=author.id, rating=5))


FAULTS = [
    Fault("every user edits every review", "services/learning/reviews.py",
          "if review.author_id != author.id:", "if False:", "review_id"),
    Fault("every user deletes every review", "services/learning/reviews.py",
          "if not (actor.is_admin or review.author_id == actor.id):", "if False:", "review_id"),
    Fault("a review discloses a hidden course", "services/learning/reviews.py",
          "found = _shown().where(Review.id == review_id, course_visible_to(viewer))",
          "found = _shown().where(Review.id == review_id)", "review_id"),
    Fault("the list of reviews discloses hidden courses", "services/learning/reviews.py",
          "seen = course_visible_to(viewer)\n    if", "seen = Course.id.is_not(None)\n    if", "lists"),
]  # fmt: skip
