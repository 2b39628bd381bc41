"""Rows for tests: one method per noun, every default valid, all of it committed."""

from __future__ import annotations

from itertools import count

from sqlalchemy import func, select

from app.adapters import passwords
from app.db import fulltext
from app.db.session import db, transaction
from app.enums import CourseStatus, EnrollmentStatus, LessonType, PaymentStatus, Role, Source
from app.models import Category, Course, Enrollment, Lesson, LessonProgress, Review, Section, User

_numbers = count(1)


class Factory:
    """`make.course(instructor=…)`: values override defaults; what a row needs is made with it."""

    def __init__(self, app):
        self.app = app

    def user(self, **values):
        number = next(_numbers)
        defaults = {
            "email": f"person{number}@example.org",
            "username": f"person{number}",
            "first_name": "Ada",
            "last_name": f"Number{number}",
            "email_verified": True,
        }
        if "password" in values:
            with self.app.app_context():
                values["password_hash"] = passwords.hash_of(values.pop("password"))
        return self._add(User(**{**defaults, **values}))

    def student(self, **values):
        return self.user(role=Role.STUDENT, **values)

    def instructor(self, **values):
        return self.user(role=Role.INSTRUCTOR, **values)

    def admin(self, **values):
        return self.user(role=Role.ADMIN, **values)

    def category(self, **values):
        number = next(_numbers)
        return self._add(Category(**{"name": f"Category {number}", "slug": f"category-{number}", **values}))

    def course(self, *, lessons=0, **values):
        """A published course; `lessons` required TEXT lessons stand in its first section."""
        number = next(_numbers)
        if "instructor_id" not in values:
            values["instructor_id"] = (values.pop("instructor", None) or self.instructor()).id
        if "category" in values:
            values["category_id"] = values.pop("category").id
        defaults = {
            "title": f"Course {number}",
            "slug": f"made-{number}",
            "short_description": "What it is about.",
            "currency": "USD",
            "status": CourseStatus.PUBLISHED,
        }
        course = self._add(Course(**{**defaults, **values}))
        if lessons:
            section = self.section(course)
            for _ in range(lessons):
                self.lesson(section)
        return self._fresh(Course, course.id)

    def section(self, course, **values):
        with self.app.app_context(), transaction():
            taken = (
                db.session.scalar(select(func.max(Section.position)).where(Section.course_id == course.id))
                or 0
            )
            section = Section(**{"course_id": course.id, "title": "Part", "position": taken + 1, **values})
            db.session.add(section)
            db.session.flush()
            db.session.refresh(section)
        return section

    def lesson(self, section, **values):
        with self.app.app_context(), transaction():
            taken = (
                db.session.scalar(select(func.max(Lesson.position)).where(Lesson.section_id == section.id))
                or 0
            )
            defaults = {
                "course_id": section.course_id,
                "section_id": section.id,
                "title": f"Lesson {next(_numbers)}",
                "type": LessonType.TEXT,
                "content": "Some *text*.",
                "position": taken + 1,
            }
            lesson = Lesson(**{**defaults, **values})
            db.session.add(lesson)
            course = db.session.get_one(Course, section.course_id)
            course.lesson_count = Course.lesson_count + 1
            db.session.flush()
            db.session.refresh(lesson)
        return lesson

    def lessons_of(self, course):
        """The lessons of a course in order."""
        with self.app.app_context():
            return db.session.scalars(
                select(Lesson)
                .join(Section, Section.id == Lesson.section_id)
                .where(Lesson.course_id == course.id, Lesson.deleted_at.is_(None))
                .order_by(Section.position, Lesson.position)
            ).all()

    def enrollment(self, course, user=None, **values):
        """A seat, counted; ACTIVE and of the learner's own making unless told otherwise."""
        user = user or self.student()
        with self.app.app_context(), transaction():
            defaults = {
                "course_id": course.id,
                "user_id": user.id,
                "status": EnrollmentStatus.ACTIVE,
                "source": Source.SELF,
                "price_at_enrollment": course.price,
                "currency": course.currency,
                "payment_status": PaymentStatus.UNPAID if course.price else PaymentStatus.FREE,
            }
            enrollment = Enrollment(**{**defaults, **values})
            db.session.add(enrollment)
            if enrollment.is_held:
                held = db.session.get_one(Course, course.id)
                held.enrollment_count = Course.enrollment_count + 1
            db.session.flush()
            db.session.refresh(enrollment)
        return enrollment

    def review(self, course, author=None, *, rating=5, **values):
        """Stars for a course, counted; from somebody who takes it unless an author is named."""
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

    def progress(self, enrollment, *lessons):
        """These lessons completed, as rows only: nothing is settled."""
        with self.app.app_context(), transaction():
            db.session.add_all(
                LessonProgress(enrollment_id=enrollment.id, lesson_id=lesson.id, completed_at=func.now())
                for lesson in lessons
            )

    def _add(self, row):
        with self.app.app_context(), transaction():
            db.session.add(row)
            db.session.flush()
            db.session.refresh(row)
        return row

    def _fresh(self, model, key):
        with self.app.app_context():
            return db.session.get_one(model, key)
