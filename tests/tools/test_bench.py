"""What a bench is wrong without."""

from sqlalchemy import text

from app.db.session import db
from bench import dataset


def test_a_platform_of_ten_million_enrollments_has_a_course_for_its_last_learner(app):
    size = dataset.Size(courses=1_000_000, enrollments=10_000_000)
    numbers = {"first": size.learners, "learners": size.learners, "courses": size.courses}
    others = {"seats": dataset.SEATS_A_LEARNER, "popular": dataset.POPULAR, "crowd": size.crowd}

    with app.app_context():
        found = db.session.execute(text(dataset.PAIRS), numbers | others).all()

    assert {learner for learner, _ in found} == {1_000_000}
    assert len(found) == dataset.SEATS_A_LEARNER
    assert all(1 <= course <= size.courses for _, course in found)
