"""The tables. Importing this package maps them all, which relationships by name and the migrations rely on."""

from app.models.assignment import Assignment
from app.models.assignment_item import AssignmentItem
from app.models.assignment_stage import AssignmentBatch, AssignmentCancellation, AssignmentCourse
from app.models.attempt import Attempts
from app.models.category import Category
from app.models.certificate import Certificate
from app.models.course import Course
from app.models.course_change import CourseChange
from app.models.course_name import CourseName
from app.models.course_version import CourseVersion
from app.models.email_change import EmailChange
from app.models.enrollment import Enrollment
from app.models.file import File
from app.models.idempotency_key import IdempotencyKey
from app.models.instructor_request import InstructorRequest
from app.models.known_place import KnownPlace
from app.models.lesson import Lesson
from app.models.mail_token import MailToken
from app.models.notice import Notice
from app.models.progress import LessonProgress
from app.models.question import Question, QuestionVersion
from app.models.quiz import Quiz
from app.models.quiz_attempt import QuizAttempt, QuizScore
from app.models.review import Review
from app.models.search_rebuild import SearchRebuild
from app.models.section import Section
from app.models.session import RefreshToken, Session
from app.models.submission import Submission
from app.models.tally import Tally
from app.models.user import User

__all__ = [
    "Assignment",
    "AssignmentBatch",
    "AssignmentCancellation",
    "AssignmentCourse",
    "AssignmentItem",
    "Attempts",
    "Category",
    "Certificate",
    "Course",
    "CourseChange",
    "CourseName",
    "CourseVersion",
    "EmailChange",
    "Enrollment",
    "File",
    "IdempotencyKey",
    "InstructorRequest",
    "KnownPlace",
    "Lesson",
    "LessonProgress",
    "MailToken",
    "Notice",
    "Question",
    "QuestionVersion",
    "Quiz",
    "QuizAttempt",
    "QuizScore",
    "RefreshToken",
    "Review",
    "SearchRebuild",
    "Section",
    "Session",
    "Submission",
    "Tally",
    "User",
]
