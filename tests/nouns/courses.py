"""Courses: in every state of the workflow, deleted, and empty."""

from app.enums import CourseStatus
from app.models import Course
from tests.support.callers import HOLDERS, STATES, sees_course
from tests.support.declarations import PIXEL, Fault, request
from tests.support.rows import THEN, CommittedRows, add

AFTER = ("users", "categories")

POLICY = """
GET    /courses                                  | P
POST   /courses                                  | IA
GET    /courses/mine                             | IA
GET    /courses/review-queue                     | A
GET    /courses/{ref}                            | P  | course | seen
PUT    /courses/{ref}                            | IA | course | owner+admin | FROZEN
PATCH  /courses/{ref}                            | IA | course | owner+admin | FROZEN
DELETE /courses/{ref}                            | IA | course | owner+admin | FROZEN; course_in_use if DRAFT APPROVED REJECTED PUBLISHED ARCHIVED
POST   /courses/{course_id}/submit               | IA | course | owner | invalid_transition if PENDING APPROVED PUBLISHED EMPTY ARCHIVED
POST   /courses/{course_id}/withdraw             | IA | course | owner | invalid_transition if DRAFT APPROVED REJECTED PUBLISHED EMPTY ARCHIVED
POST   /courses/{course_id}/review               | A  | course | admin | invalid_transition if DRAFT APPROVED REJECTED PUBLISHED EMPTY ARCHIVED
POST   /courses/{course_id}/publish              | IA | course | owner+admin | invalid_transition if PUBLISHED EMPTY ARCHIVED; approval_required if owner DRAFT PENDING REJECTED
POST   /courses/{course_id}/unpublish            | IA | course | owner+admin | invalid_transition if DRAFT PENDING APPROVED REJECTED ARCHIVED
POST   /courses/{course_id}/archive              | IA | course | owner+admin | invalid_transition if PENDING APPROVED REJECTED ARCHIVED
POST   /courses/{course_id}/unarchive            | IA | course | owner+admin | invalid_transition if DRAFT PENDING APPROVED REJECTED PUBLISHED EMPTY
PUT    /courses/{course_id}/thumbnail            | IA | course | owner+admin | FROZEN
DELETE /courses/{course_id}/thumbnail            | IA | course | owner+admin | FROZEN
GET    /courses/{course_id}/history              | IA | course | owner+admin
"""

WRITABLE = """
POST /courses: admission_deadline category_id class_starts code currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price publish requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
PUT /courses/{ref}: admission_deadline category_id class_starts currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
PATCH /courses/{ref}: admission_deadline category_id class_starts currency description duration_hours
    enforce_order instructor_id learning_outcomes level preview_video price requirements schedule
    short_description slug target_audience title total_seats venue who_can_join
POST /courses/{course_id}/review: review_notes status
POST /courses/{course_id}/publish: override_reason
PUT /courses/{course_id}/thumbnail: file
"""

REQUESTS = {
    "GET /courses": request(),
    "POST /courses": request(),
    "GET /courses/mine": request(),
    "GET /courses/review-queue": request(),
    "GET /courses/{ref}": request(ref="course"),
    "PUT /courses/{ref}": request(ref="course"),
    "PATCH /courses/{ref}": request(ref="course"),
    "DELETE /courses/{ref}": request(ref="free_course"),
    "POST /courses/{course_id}/submit": request(course_id="course", course_is=CourseStatus.DRAFT),
    "POST /courses/{course_id}/withdraw": request(course_id="course", course_is=CourseStatus.PENDING),
    "POST /courses/{course_id}/review": request(course_id="course", course_is=CourseStatus.PENDING),
    "POST /courses/{course_id}/publish": request(course_id="course", course_is=CourseStatus.APPROVED),
    "POST /courses/{course_id}/unpublish": request(course_id="course"),
    "POST /courses/{course_id}/archive": request(course_id="course"),
    "POST /courses/{course_id}/unarchive": request(course_id="course", course_is=CourseStatus.ARCHIVED),
    "PUT /courses/{course_id}/thumbnail": request(course_id="course", file=PIXEL),
    "DELETE /courses/{course_id}/thumbnail": request(course_id="course"),
    "GET /courses/{course_id}/history": request(course_id="course"),
}

LISTS = {
    "/courses": "course",
    "/courses?search=stage": "course",
    "/courses/mine": "course",
    "/courses/review-queue": "course",
}

VISIBLE = {"course": sees_course}


class Make(CommittedRows):
    def course(self, *, lessons=0, **values):
        """A published course with so many required TEXT lessons in its first section."""
        number = next(self.numbers)
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


def add_to_scene(scene):
    """The course that requests are about, one to join, and one that `student` has completed."""

    def row(name, status):
        return add(
            Course(
                title=f"{name.title()} {scene.mark}",
                slug=f"{name}-{scene.mark}",
                code=f"{name.upper()}-{scene.mark}",
                short_description="What it is about.",
                currency="USD",
                category_id=scene.category.id,
                instructor_id=scene.owner.id,
                status=status,
                lesson_count=1,
                enrollment_count=0 if name == "free" else 1,
            )
        )

    scene.course = row("taken", scene.status)
    scene.free_course = row("free", CourseStatus.PUBLISHED)
    scene.finished_course = row("finished", CourseStatus.PUBLISHED)


def add_to_stage(stage):
    """`courses` by variant, `own_course` where callers have rows of their own, `finished_courses` by who completed them."""
    stage.courses = {str(variant): _row(stage, variant, "owner") for variant in (*STATES, "DELETED", "EMPTY")}
    for variant, course in stage.courses.items():
        stage.register("course", variant, course.id)
    for state in STATES:
        stage.secrets[f"notes-on-{state.lower()}-course"] = {"owner", "admin"}
    stage.own_course = _row(stage, "OWN", "third")
    stage.foreign = {"course": stage.own_course.id}
    stage.finished_courses = {
        name: _row(stage, f"finished-by-{name}", "third") for name in (*HOLDERS, "bystander", "chief")
    }


def _row(stage, variant, teacher):
    name = str(variant).lower()
    return add(
        Course(
            title=f"Stage {name}",
            slug=f"stage-{name}",
            code=f"STAGE-{name.upper()}",
            short_description="What it is about.",
            review_notes=f"notes-on-{name}-course",
            currency="USD",
            category_id=stage.ids["category"]["USED"],
            instructor_id=stage.people[teacher].id,
            status=variant if variant in STATES else CourseStatus.PUBLISHED,
            deleted_at=THEN if variant == "DELETED" else None,
            lesson_count=1,
        )
    )


FAULTS = [
    Fault("drafts are public", "models/visibility.py",
          """    if viewer is None:
        return and_(present, Course.status == CourseStatus.PUBLISHED)
    if viewer.is_admin:
        return present
    return and_(
        present,
        or_(
""",
          """    if viewer is None:
        return present
    if viewer.is_admin:
        return present
    return and_(
        present,
        or_(
""", "courses"),
    Fault("deleted courses are visible", "models/visibility.py",
          """    present = Course.deleted_at.is_(None)
    if viewer is None:
        return and_(present, Course.status == CourseStatus.PUBLISHED)
    if viewer.is_admin:
        return present
    return and_(
        present,
        or_(
""",
          """    present = true()
    if viewer is None:
        return and_(present, Course.status == CourseStatus.PUBLISHED)
    if viewer.is_admin:
        return present
    return and_(
        present,
        or_(
""",
          "courses"),
    Fault("every instructor sees every draft", "models/visibility.py",
          "Course.instructor_id == viewer.id,\n            course_held_by(viewer),", 'literal(viewer.role == "INSTRUCTOR"),\n            course_held_by(viewer),',
          "courses"),
    Fault("learners who have left see the course", "models/visibility.py",
          "and_(Enrollment.user_id == viewer.id, Enrollment.holds_seat())", "Enrollment.user_id == viewer.id",
          "courses"),
    Fault("every instructor manages every course", "models/course.py",
          "return user.is_admin or self.instructor_id == user.id", 'return user.role != "STUDENT"', "sections"),
    Fault("a visible course may be managed", "services/catalogue/courses.py",
          "course = get_visible(user, ref)\n    if not course.managed_by(user):\n        raise NotCourseManager\n",
          "course = get_visible(user, ref)\n", "history"),
    Fault("admins submit other users' courses", "services/catalogue/courses_workflow.py",
          "if course.instructor_id != owner.id:", "if False:", "submit"),
    Fault("instructors decide about courses", "blueprints/courses.py",
          "@requires(Role.ADMIN)\n@blp.arguments(DecisionSchema)",
          "@requires(Role.INSTRUCTOR, Role.ADMIN)\n@blp.arguments(DecisionSchema)", "review"),
    Fault("every user reads the review queue", "blueprints/courses.py",
          '@blp.get("/courses/review-queue")\n@requires(Role.ADMIN)', '@blp.get("/courses/review-queue")\n@requires()',
          "queue"),
    Fault("instructors hand over their course", "services/catalogue/courses_write.py",
          '_refuse_for_others(actor, changed, "instructor_id")', "pass", "bodies and instructor"),
    Fault("instructors choose who teaches", "services/catalogue/courses_write.py",
          '_refuse_for_others(actor, values, "code", "instructor_id")', "pass", "bodies and another"),
    Fault("a course takes its status from the body", "schemas/courses.py",
          '    """A whole course. Fields that are left out', '    status = fields.Flag()\n    """A whole course. Fields that are left out',
          "bodies"),
    Fault("review notes are public", "schemas/courses.py",
          "return shown if course.is_managed else", "return shown if shown else", "courses and ref"),
    Fault("email addresses of instructors are public", "schemas/courses.py",
          "    username = fields.Text(max_length=60)\n    full_name = fields.Text(max_length=201)\n",
          "    username = fields.Text(max_length=60)\n    full_name = fields.Text(max_length=201)\n    email = fields.Email()\n",
          "courses"),
]  # fmt: skip
