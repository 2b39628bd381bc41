"""Progress through the lessons of a course."""

from sqlalchemy import func

from app.db.session import db, transaction
from app.models import LessonProgress
from tests.support.declarations import Fault, request
from tests.support.rows import CommittedRows

POLICY = """
POST   /lessons/{lesson_id}/complete             | U  | lesson | enrolled
DELETE /lessons/{lesson_id}/complete             | U  | lesson | enrolled
PUT    /lessons/{lesson_id}/progress             | U  | lesson | enrolled
GET    /enrollments/{enrollment_id}/progress     | U  | enrollment | seen
GET    /enrollments/{enrollment_id}/completion   | U  | enrollment | seen
GET    /courses/{course_id}/progress             | U  | course | enrolled
POST   /courses/{course_id}/recalculate          | A  | course | admin
"""

WRITABLE = """
PUT /lessons/{lesson_id}/progress: completed position_seconds watched
POST /courses/{course_id}/recalculate: notify
"""

REQUESTS = {
    "POST /lessons/{lesson_id}/complete": request(lesson_id="lesson"),
    "DELETE /lessons/{lesson_id}/complete": request(lesson_id="lesson"),
    "PUT /lessons/{lesson_id}/progress": request(lesson_id="lesson"),
    "GET /enrollments/{enrollment_id}/progress": request(enrollment_id="enrollment"),
    "GET /enrollments/{enrollment_id}/completion": request(enrollment_id="enrollment"),
    "GET /courses/{course_id}/progress": request(course_id="course"),
    "POST /courses/{course_id}/recalculate": request(course_id="course"),
}


class Make(CommittedRows):
    def progress(self, enrollment, *lessons):
        """These lessons completed, as rows only: whether the course is completed is not decided."""
        with self.app.app_context(), transaction():
            db.session.add_all(
                LessonProgress(enrollment_id=enrollment.id, lesson_id=lesson.id, completed_at=func.now())
                for lesson in lessons
            )


FAULTS = [
    Fault("progress is recorded for another user's enrollment", "services/learning/progress.py",
          "Enrollment.user_id == _USER, Enrollment.holds_seat(), completion.is_paid_under(paid_enrollment)\n        )",
          "Enrollment.holds_seat(), completion.is_paid_under(paid_enrollment)\n        )\n        .limit(1)", "complete"),
    Fault("learners who have left record progress", "services/learning/progress.py",
          "Enrollment.user_id == _USER, Enrollment.holds_seat(), completion.is_paid_under",
          "Enrollment.user_id == _USER, completion.is_paid_under", "complete"),
]  # fmt: skip
