"""Faults of authorization that somebody could make, each as one replacement in one file of `app/`.

`make mutants` plants them one by one in a copy of the tree and sees whether the tests of this folder notice.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    name: str
    path: str
    old: str
    new: str
    near: str = ""
    """What pytest's -k selects to be tried first; the rest of the folder follows where that does not notice."""


FAULTS = [
    Fault("roles are not looked at", "web/access.py",
          "if access.roles and g.caller.role not in access.roles:", "if False:", "POST and users"),
    Fault("any signed-in role is an admin's", "web/access.py",
          "g.caller.role not in access.roles", "not g.caller.role", "recalculate"),
    Fault("a refresh token opens the door", "web/access.py", 'kind="access"', 'kind=None', "auth and me"),
    Fault("the deactivated stay in", "services/auth/sessions.py",
          "Session.is_alive(), User.is_active)", "Session.is_alive())", "auth and me"),
    Fault("ended sessions live on", "services/auth/sessions.py",
          "Session.id == session_id, Session.is_alive(), User.is_active", "Session.id == session_id, User.is_active",
          "auth and me"),
    Fault("sessions of others can be ended", "services/auth/sessions.py",
          "Session.id == session_id, Session.user_id == user.id, Session.is_alive()",
          "Session.id == session_id, Session.is_alive()", "session_id"),
    Fault("sessions of others are listed", "services/auth/sessions.py",
          "where(Session.user_id == user.id, Session.is_alive())", "where(Session.is_alive())", "lists"),
    Fault("drafts are everybody's", "models/visibility.py",
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
    Fault("deleted courses come back", "models/visibility.py",
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
""", "courses"),
    Fault("every instructor sees every draft", "models/visibility.py",
          "Course.instructor_id == viewer.id,\n            course_held_by(viewer),",
          'literal(viewer.role == "INSTRUCTOR"),\n            course_held_by(viewer),', "courses"),
    Fault("who left keeps seeing the course", "models/visibility.py",
          "and_(Enrollment.user_id == viewer.id, Enrollment.holds_seat())", "Enrollment.user_id == viewer.id",
          "courses"),
    Fault("every instructor manages every course", "models/course.py",
          "return user.is_admin or self.instructor_id == user.id", 'return user.role != "STUDENT"', "sections"),
    Fault("seeing is managing", "services/catalogue/courses.py",
          "course = get_visible(user, ref)\n    if not course.managed_by(user):\n        raise Forbidden\n",
          "course = get_visible(user, ref)\n", "history"),
    Fault("enrollments are everybody's", "models/visibility.py",
          "return or_(Enrollment.user_id == viewer.id, Enrollment.course.has(Course.instructor_id == viewer.id))", "return true()",
          "enrollment_id"),
    Fault("instructors see all enrollments", "models/visibility.py",
          "if viewer.is_admin:\n        return true()", 'if viewer.role != "STUDENT":\n        return true()',
          "enrollment_id"),
    Fault("learners grade themselves", "services/learning/enrollments.py",
          "    if not course.managed_by(manager):\n        raise Forbidden\n", "", "grade"),
    Fault("enrollments of others are listed", "services/learning/enrollments_read.py",
          "if user_id is not None and user_id != user.id and not user.is_admin:", "if False:", "bodies"),
    Fault("the roster is every instructor's", "services/learning/enrollments_read.py",
          "courses.get_managed(manager, ref)", "courses.get_visible(manager, ref)", "course_id and enrollments"),
    Fault("applications are everybody's", "models/visibility.py",
          "return true() if viewer.is_admin else InstructorRequest.user_id == viewer.id", "return true()", "request_id"),
    Fault("runs are every instructor's", "models/visibility.py",
          "return present if viewer.is_admin else and_(present, Assignment.created_by_id == viewer.id)", "return present",
          "assignments"),
    Fault("expired plans come back", "models/visibility.py",
          "present = or_(Assignment.expires_at.is_(None), Assignment.expires_at > func.now())",
          "present = or_(Assignment.expires_at.is_(None), Assignment.expires_at < func.now())", "assignment_id"),
    Fault("any instructor assigns to any course", "services/assigning/assignments.py",
          "courses.lock_managed(actor, ref)", "courses.lock(ref)", "assign"),
    Fault("instructors exceed the seats", "services/assigning/assignments.py",
          "if override_seats and not actor.is_admin:", "if False:", "bodies and seats"),
    Fault("any instructor unassigns", "services/assigning/assignments_unassign.py",
          "courses.lock_managed(actor, ref)", "courses.lock(ref)", "unassign"),
    Fault("hidden categories are shown", "models/visibility.py",
          "return or_(Category.is_active, literal(viewer is not None and viewer.is_admin))", "return literal(True)", "categories"),
    Fault("bodies of lessons are everybody's", "services/content/lessons_read.py",
          "if enrollment_id is None:\n        raise NotEnrolled", "if False:\n        raise NotEnrolled", "lesson_id"),
    Fault("who left keeps reading", "services/content/lessons_read.py",
          "        Enrollment.user_id == (viewer.id if viewer else None),\n        Enrollment.holds_seat(),\n",
          "        Enrollment.user_id == (viewer.id if viewer else None),\n", "lesson_id"),
    Fault("progress without an enrollment of one's own", "services/learning/progress.py",
          ".where(Enrollment.user_id == user.id, Enrollment.holds_seat())\n        .with_for_update",
          ".where(Enrollment.holds_seat())\n        .limit(1)\n        .with_for_update", "complete"),
    Fault("who left goes on learning", "services/learning/progress.py",
          ".where(Enrollment.user_id == user.id, Enrollment.holds_seat())\n        .with_for_update",
          ".where(Enrollment.user_id == user.id)\n        .with_for_update", "complete"),
    Fault("reviews are everybody's to edit", "services/learning/reviews.py",
          "if review.author_id != author.id:", "if False:", "review_id"),
    Fault("reviews are everybody's to delete", "services/learning/reviews.py",
          "if not (actor.is_admin or review.author_id == actor.id):", "if False:", "review_id"),
    Fault("reviews tell of hidden courses", "services/learning/reviews.py",
          "found = _shown().where(Review.id == review_id, course_visible_to(viewer))",
          "found = _shown().where(Review.id == review_id)", "review_id"),
    Fault("the list of reviews tells of hidden courses", "services/learning/reviews.py",
          "seen = course_visible_to(viewer)\n    if", "seen = Course.id.is_not(None)\n    if", "lists"),
    Fault("certificates are everybody's", "services/learning/certificates.py",
          "true() if user.is_admin else _belongs_to(user)", "true()", "certificate_id"),
    Fault("notifications of others can be read", "models/visibility.py",
          "Notice.user_id == reader.id, Notice.channel == Channel.IN_APP, Notice.state == NoticeState.SENT",
          "Notice.channel == Channel.IN_APP, Notice.state == NoticeState.SENT", "notifications"),
    Fault("admins submit what is not theirs", "services/catalogue/courses_workflow.py",
          "if course.instructor_id != owner.id:", "if False:", "submit"),
    Fault("instructors decide about courses", "blueprints/courses.py",
          "@requires(Role.ADMIN)\n@blp.arguments(DecisionSchema)",
          "@requires(Role.INSTRUCTOR, Role.ADMIN)\n@blp.arguments(DecisionSchema)", "review"),
    Fault("everybody lists people", "blueprints/users.py",
          '@blp.get("/users")\n@requires(Role.ADMIN)', '@blp.get("/users")\n@requires()', "users"),
    Fault("students record their payment", "blueprints/enrollments.py",
          '/payment")\n@requires(Role.ADMIN)', '/payment")\n@requires()', "payment"),
    Fault("the waiting list is public", "blueprints/courses.py",
          '@blp.get("/courses/review-queue")\n@requires(Role.ADMIN)', '@blp.get("/courses/review-queue")\n@requires()',
          "queue"),
    Fault("instructors give their course away", "services/catalogue/courses_write.py",
          '_refuse_for_others(actor, changed, "instructor_id")', "pass", "bodies and instructor"),
    Fault("instructors choose who teaches", "services/catalogue/courses_write.py",
          '_refuse_for_others(actor, values, "code", "instructor_id")', "pass", "bodies and somebody"),
    Fault("a lesson moves into another course", "services/content/lessons.py",
          "Section.id == section_id, Section.course_id == course_id, Section.deleted_at.is_(None)",
          "Section.id == section_id, Section.deleted_at.is_(None)", "bodies and moves"),
    Fault("a lesson is put into another course", "services/content/lessons.py",
          "if ref is not None and courses.find_id(ref) != section.course_id:", "if False:", "POST and lessons or bodies"),
    Fault("deleted sections come back", "services/content/sections.py",
          "found.where(Section.id == section_id, Section.deleted_at.is_(None), course_visible_to(viewer))",
          "found.where(Section.id == section_id, course_visible_to(viewer))", "section_id"),
    Fault("unknown fields are swallowed", "schemas/base.py", "unknown = ma.RAISE", "unknown = ma.EXCLUDE", "bodies"),
    Fault("people change their own role", "schemas/users.py",
          "    SOME_OF = ()\n\n    username = Username()\n    phone_number = Phone()\n",
          "    SOME_OF = ()\n\n    username = Username()\n    role = fields.Flag()\n    phone_number = Phone()\n", "bodies"),
    Fault("a course takes its status from the body", "schemas/courses.py",
          '    """A whole course. What is left out', '    status = fields.Flag()\n    """A whole course. What is left out',
          "bodies"),
    Fault("notes are told to everybody", "schemas/courses.py",
          "return shown if course.is_managed else", "return shown if shown else", "courses and ref"),
    Fault("email stands beside every name", "schemas/courses.py",
          "    username = fields.Text(max_length=60)\n    full_name = fields.Text(max_length=201)\n",
          "    username = fields.Text(max_length=60)\n    full_name = fields.Text(max_length=201)\n    email = fields.Email()\n",
          "courses"),
]  # fmt: skip
