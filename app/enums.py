"""Enumerations: stored as text with a CHECK, shown as defined, read in any case."""

from enum import StrEnum


class Role(StrEnum):
    STUDENT = "STUDENT"
    INSTRUCTOR = "INSTRUCTOR"
    ADMIN = "ADMIN"


class CourseStatus(StrEnum):
    DRAFT = "DRAFT"
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PUBLISHED = "PUBLISHED"
    ARCHIVED = "ARCHIVED"


class Level(StrEnum):
    BEGINNER = "BEGINNER"
    INTERMEDIATE = "INTERMEDIATE"
    ADVANCED = "ADVANCED"


class LessonType(StrEnum):
    VIDEO = "VIDEO"
    TEXT = "TEXT"
    QUIZ = "QUIZ"
    ASSIGNMENT = "ASSIGNMENT"
    RESOURCE = "RESOURCE"


class SubmissionState(StrEnum):
    """REPLACED: the learner has submitted again before it was graded, or has to after a renewal of the course."""

    SUBMITTED = "SUBMITTED"
    GRADED = "GRADED"
    REPLACED = "REPLACED"


class FileKind(StrEnum):
    """What a file is to its lesson. Thumbnails and profile pictures are public and belong to their course and user."""

    LESSON_FILE = "LESSON_FILE"
    LESSON_VIDEO = "LESSON_VIDEO"
    SUBMISSION_FILE = "SUBMISSION_FILE"
    QUESTION_IMAGE = "QUESTION_IMAGE"


class QuestionType(StrEnum):
    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"
    TRUE_FALSE = "TRUE_FALSE"
    SHORT_TEXT = "SHORT_TEXT"
    NUMERIC = "NUMERIC"


class Reveal(StrEnum):
    """What a learner sees of a submitted attempt beside the score: nothing, which responses are right, or the answers too.

    With WHEN_DONE the answers follow once the learner has passed or has no attempt left.
    """

    SCORE = "SCORE"
    CORRECTNESS = "CORRECTNESS"
    WHEN_DONE = "WHEN_DONE"
    ANSWERS = "ANSWERS"


class QuestionFileFormat(StrEnum):
    GIFT = "gift"
    MOODLE_XML = "moodle_xml"


class QuestionOutcome(StrEnum):
    """The outcome of one question of an imported file."""

    CREATED = "created"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"


class QuizAttemptState(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    SUBMITTED = "SUBMITTED"


class CompletionRule(StrEnum):
    """How a lesson is completed: the learner marks it, passes its quiz, submits homework, or has it graded."""

    MARK = "MARK"
    PASS_QUIZ = "PASS_QUIZ"
    SUBMIT_HOMEWORK = "SUBMIT_HOMEWORK"
    GET_GRADE = "GET_GRADE"


class EnrollmentStatus(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class Source(StrEnum):
    """Why an enrollment exists: the learner enrolled, a bulk run assigned it, or a rule did."""

    SELF = "SELF"
    ASSIGNED = "ASSIGNED"
    RULE = "RULE"


class CancellationReason(StrEnum):
    """Why an enrollment was cancelled, where no user cancelled it. What was UNDONE counts as never begun."""

    USER_DELETED = "user_deleted"
    UNDONE = "undone"


class PaymentStatus(StrEnum):
    FREE = "FREE"
    UNPAID = "UNPAID"
    PAID = "PAID"
    WAIVED = "WAIVED"


class Grade(StrEnum):
    A_PLUS = "A+"
    A = "A"
    B_PLUS = "B+"
    B = "B"
    C = "C"
    F = "F"


class NoticeKind(StrEnum):
    COMPLETION = "COMPLETION"
    ASSIGNMENT = "ASSIGNMENT"
    ASSIGNMENT_UNDONE = "ASSIGNMENT_UNDONE"
    RENEWAL_REQUIRED = "RENEWAL_REQUIRED"
    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"
    SET_PASSWORD = "SET_PASSWORD"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"
    CONFIRM_EMAIL = "CONFIRM_EMAIL"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    INSTRUCTOR_REQUEST = "INSTRUCTOR_REQUEST"
    INSTRUCTOR_REQUEST_DECIDED = "INSTRUCTOR_REQUEST_DECIDED"
    COURSE_DECIDED = "COURSE_DECIDED"
    COURSE_CHANGED = "COURSE_CHANGED"
    SUBMISSION_GRADED = "SUBMISSION_GRADED"


class Lane(StrEnum):
    """The queues of mail, each with a worker of its own."""

    URGENT = "urgent"
    BULK = "bulk"


class Channel(StrEnum):
    EMAIL = "EMAIL"
    IN_APP = "IN_APP"


class MailTokenPurpose(StrEnum):
    """What the token of a mail allows, once. Named like the notice that carries it."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"
    SET_PASSWORD = "SET_PASSWORD"
    CONFIRM_EMAIL = "CONFIRM_EMAIL"


class NoticeState(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class AssignmentAction(StrEnum):
    ASSIGN = "ASSIGN"
    UNASSIGN = "UNASSIGN"
    UNDO = "UNDO"


class AssignmentState(StrEnum):
    APPLIED = "APPLIED"
    REFUSED = "REFUSED"
    PREVIEW = "PREVIEW"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    UNDONE = "UNDONE"


class CourseAction(StrEnum):
    """What was done to a course, as its history says it."""

    CREATED = "created"
    EDITED = "edited"
    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    REJECTED = "rejected"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    DELETED = "deleted"
    VERSION_PUBLISHED = "version_published"
    COMPLETIONS_VOIDED = "completions_voided"


class Outcome(StrEnum):
    """The outcome of one row of a bulk run. In lower case: outcomes are reasons, not states."""

    ASSIGNED = "assigned"
    REACTIVATED = "reactivated"
    ALREADY_ENROLLED = "already_enrolled"
    DUE_UPDATED = "due_updated"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    INACTIVE = "inactive"
    INELIGIBLE = "ineligible"
    NO_SEAT = "no_seat"
    INVALID = "invalid"
    SKIPPED = "skipped"
    UNASSIGNED = "unassigned"
    NOT_ENROLLED = "not_enrolled"
    KEPT_COMPLETED = "kept_completed"
    UNDONE = "undone"
    KEPT_STARTED = "kept_started"
    KEPT_CHANGED = "kept_changed"
    NOT_APPLIED = "not_applied"


OUTCOMES_OF_ASSIGNING = (
    Outcome.ASSIGNED,
    Outcome.REACTIVATED,
    Outcome.ALREADY_ENROLLED,
    Outcome.DUE_UPDATED,
    Outcome.DUPLICATE,
    Outcome.NOT_FOUND,
    Outcome.INACTIVE,
    Outcome.INELIGIBLE,
    Outcome.NO_SEAT,
    Outcome.INVALID,
    Outcome.SKIPPED,
)
OUTCOMES_OF_UNASSIGNING = (
    Outcome.UNASSIGNED,
    Outcome.NOT_ENROLLED,
    Outcome.KEPT_COMPLETED,
    Outcome.DUPLICATE,
    Outcome.NOT_FOUND,
    Outcome.INVALID,
)
OUTCOMES_OF_UNDOING = (
    Outcome.UNDONE,
    Outcome.KEPT_STARTED,
    Outcome.KEPT_COMPLETED,
    Outcome.KEPT_CHANGED,
    Outcome.NOT_APPLIED,
    Outcome.NO_SEAT,
)
"""What `counts` of a run always lists, zeros included; SKIPPED is added where lines were left out."""

ORDER_OF_OUTCOMES = (
    Outcome.ASSIGNED,
    Outcome.REACTIVATED,
    Outcome.ALREADY_ENROLLED,
    Outcome.DUE_UPDATED,
    Outcome.UNASSIGNED,
    Outcome.NOT_ENROLLED,
    Outcome.UNDONE,
    Outcome.KEPT_STARTED,
    Outcome.KEPT_COMPLETED,
    Outcome.KEPT_CHANGED,
    Outcome.NOT_APPLIED,
    Outcome.DUPLICATE,
    Outcome.NOT_FOUND,
    Outcome.INACTIVE,
    Outcome.INELIGIBLE,
    Outcome.NO_SEAT,
    Outcome.INVALID,
    Outcome.SKIPPED,
)
"""All of them, in the order of `counts` in every response."""


class OnExisting(StrEnum):
    """What an assignment does with users who are already enrolled."""

    KEEP = "keep"
    UPDATE_DUE = "update_due"


class NextStep(StrEnum):
    """What a learner can do next to complete an enrollment."""

    COMPLETE_LESSON = "complete_lesson"
    SUBMIT_HOMEWORK = "submit_homework"
    WAIT_FOR_GRADE = "wait_for_grade"
    PASS_QUIZ = "pass_quiz"
    PAY = "pay"
    WAIT_FOR_LESSONS = "wait_for_lessons"
    COMPLETED = "completed"
    COURSE_DELETED = "course_deleted"
    WAIT_UNTIL_OPEN = "wait_until_open"
    COME_BACK = "come_back"


class Mode(StrEnum):
    """Whether a bulk run writes, or only reports what it would write."""

    RUN = "run"
    PREVIEW = "preview"


class Redo(StrEnum):
    """Which lessons are completed again where a version of a course makes completions void."""

    CHANGED = "changed"
    ALL = "all"


class RequestStatus(StrEnum):
    """The state of an instructor request."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class DecisionOutcome(StrEnum):
    """The outcome of one instructor request in a bulk decision."""

    APPROVED = "approved"
    REJECTED = "rejected"
    ALREADY_DECIDED = "already_decided"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"


class ActivationOutcome(StrEnum):
    """The outcome of one account in a bulk activation or deactivation."""

    ACTIVATED = "activated"
    DEACTIVATED = "deactivated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    REFUSED = "refused"


class ImportOutcome(StrEnum):
    """The outcome of one row of an import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


class OnConflict(StrEnum):
    """What an import does with a row whose external id belongs to an account with another address and name."""

    REFUSE = "refuse"
    UPDATE = "update"


class ListFormat(StrEnum):
    """How a list is answered."""

    JSON = "json"
    CSV = "csv"
    NDJSON = "ndjson"
