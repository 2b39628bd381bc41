"""The policy: one line for every operation of the API. What it does not allow is refused.

**Who** calls, as in docs/endpoints.md: P everybody, E everybody whatever token they send, U whoever is signed in,
S students, I instructors, A admins. **About** an object, if any; `in body` where its id is sent there. **May**: how the
caller has to stand to an object that they see (`stage.py` says who sees what, and what the words mean); unseen is 404,
any other standing is 403. **Unless**: what the rules refuse to somebody who may, by caller and state of the object.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.errors.base import catalogue
from tests.security.stage import CALLERS, NOBODY, ROLES, state_of

FROZEN = "course_under_review if PENDING"
CLOSED = "course_not_open if DRAFT PENDING APPROVED REJECTED ARCHIVED"
JOINED = "already_enrolled if enrolled PUBLISHED"

TABLE = f"""
GET    /                                         | P
POST   /auth/register                            | E
POST   /auth/verify-email                        | E
POST   /auth/resend-verification                 | E
POST   /auth/forgot-password                     | E
POST   /auth/reset-password                      | E
POST   /auth/login                               | E
POST   /auth/refresh                             | E
POST   /auth/verify                              | E
POST   /auth/logout                              | U
POST   /auth/logout-all                          | U
GET    /auth/sessions                            | U
DELETE /auth/sessions/{{session_id}}               | U  | session | self
POST   /auth/change-password                     | U
POST   /auth/change-email                        | U
POST   /auth/confirm-email                       | E
GET    /auth/me                                  | U
PATCH  /auth/me                                  | U
PUT    /auth/me                                  | U
PUT    /auth/me/picture                          | U
DELETE /auth/me/picture                          | U
GET    /users                                    | A
POST   /users                                    | A
GET    /users/{{user_id}}                          | A  | user | admin
PATCH  /users/{{user_id}}                          | A  | user | admin
POST   /users/{{user_id}}/role                     | A  | user | admin
POST   /users/{{user_id}}/activate                 | A  | user | admin | invalid_transition if OTHERS OWN
POST   /users/{{user_id}}/deactivate               | A  | user | admin | invalid_transition if INACTIVE
POST   /users/{{user_id}}/grant-self-publish       | A  | user | admin | invalid_transition if INACTIVE
POST   /users/{{user_id}}/revoke-self-publish      | A  | user | admin | invalid_transition if OTHERS OWN
DELETE /users/{{user_id}}                          | A  | user | admin
POST   /users/import                             | A
POST   /users/activate-multiple                  | A
POST   /users/deactivate-multiple                | A
GET    /users/{{user_id}}/enrollments              | A  | record | admin
GET    /instructor-requests                      | U
POST   /instructor-requests                      | U  |  |  | request_pending if enrolled; invalid_transition if other owner admin
GET    /instructor-requests/{{request_id}}         | U  | request | seen
PATCH  /instructor-requests/{{request_id}}         | U  | request | seen | already_decided if DECIDED
DELETE /instructor-requests/{{request_id}}         | U  | request | seen | already_decided if DECIDED
POST   /instructor-requests/{{request_id}}/review  | A  | request | admin | already_decided if DECIDED
POST   /instructor-requests/review-multiple      | A
GET    /categories                               | P
POST   /categories                               | A
GET    /categories/{{ref}}                         | P  | category | seen
PUT    /categories/{{ref}}                         | A  | category | admin
PATCH  /categories/{{ref}}                         | A  | category | admin
DELETE /categories/{{ref}}                         | A  | category | admin | category_in_use if USED
GET    /courses                                  | P
POST   /courses                                  | IA
GET    /courses/mine                             | IA
GET    /courses/review-queue                     | A
GET    /courses/{{ref}}                            | P  | course | seen
PUT    /courses/{{ref}}                            | IA | course | owner+admin | {FROZEN}
PATCH  /courses/{{ref}}                            | IA | course | owner+admin | {FROZEN}
DELETE /courses/{{ref}}                            | IA | course | owner+admin | {FROZEN}; course_in_use if DRAFT APPROVED REJECTED PUBLISHED ARCHIVED
POST   /courses/{{course_id}}/submit               | IA | course | owner | invalid_transition if PENDING APPROVED PUBLISHED EMPTY ARCHIVED
POST   /courses/{{course_id}}/withdraw             | IA | course | owner | invalid_transition if DRAFT APPROVED REJECTED PUBLISHED EMPTY ARCHIVED
POST   /courses/{{course_id}}/review               | A  | course | admin | invalid_transition if DRAFT APPROVED REJECTED PUBLISHED EMPTY ARCHIVED
POST   /courses/{{course_id}}/publish              | IA | course | owner+admin | invalid_transition if PUBLISHED EMPTY ARCHIVED; approval_required if owner DRAFT PENDING REJECTED
POST   /courses/{{course_id}}/unpublish            | IA | course | owner+admin | invalid_transition if DRAFT PENDING APPROVED REJECTED ARCHIVED
POST   /courses/{{course_id}}/archive              | IA | course | owner+admin | invalid_transition if PENDING APPROVED REJECTED ARCHIVED
POST   /courses/{{course_id}}/unarchive            | IA | course | owner+admin | invalid_transition if DRAFT PENDING APPROVED REJECTED PUBLISHED EMPTY
GET    /courses/{{course_id}}/history              | IA | course | owner+admin
GET    /courses/{{course_id}}/analytics            | IA | course | owner+admin
POST   /courses/{{course_id}}/recalculate          | A  | course | admin
GET    /courses/{{course_id}}/sections             | P  | course | seen
POST   /courses/{{course_id}}/sections             | IA | course | owner+admin | {FROZEN}
POST   /courses/{{course_id}}/sections/reorder     | IA | course | owner+admin | {FROZEN}
GET    /sections/{{section_id}}                    | P  | section | seen
PUT    /sections/{{section_id}}                    | IA | section | owner+admin | {FROZEN}
PATCH  /sections/{{section_id}}                    | IA | section | owner+admin | {FROZEN}
DELETE /sections/{{section_id}}                    | IA | section | owner+admin | {FROZEN}
GET    /courses/{{course_id}}/lessons              | P  | course | seen
POST   /courses/{{course_id}}/lessons              | IA | course | owner+admin | {FROZEN}
GET    /sections/{{section_id}}/lessons            | P  | section | seen
POST   /lessons                                  | IA | section in body | owner+admin | {FROZEN}
POST   /lessons/bulk                             | IA | section in body | owner+admin | {FROZEN}
POST   /sections/{{section_id}}/lessons/reorder    | IA | section | owner+admin | {FROZEN}
GET    /lessons/{{lesson_id}}                      | P  | lesson | owner+admin+enrolled+preview
PUT    /lessons/{{lesson_id}}                      | IA | lesson | owner+admin | {FROZEN}
PATCH  /lessons/{{lesson_id}}                      | IA | lesson | owner+admin | {FROZEN}
DELETE /lessons/{{lesson_id}}                      | IA | lesson | owner+admin | {FROZEN}
POST   /lessons/{{lesson_id}}/complete             | U  | lesson | enrolled
DELETE /lessons/{{lesson_id}}/complete             | U  | lesson | enrolled
PUT    /lessons/{{lesson_id}}/progress             | U  | lesson | enrolled
POST   /courses/{{course_id}}/enroll               | S  | course | seen | {JOINED}; {CLOSED}
POST   /enrollments                              | S  | course in body | seen | {JOINED}; {CLOSED}
GET    /enrollments                              | U
GET    /courses/{{course_id}}/enrollments          | IA | course | owner+admin
GET    /enrollments/{{enrollment_id}}              | U  | enrollment | seen
DELETE /enrollments/{{enrollment_id}}              | U  | enrollment | seen | invalid_transition if CANCELLED
POST   /enrollments/{{enrollment_id}}/grade        | IA | enrollment | owner+admin | enrollment_cancelled if CANCELLED
POST   /enrollments/{{enrollment_id}}/payment      | A  | enrollment | admin | enrollment_cancelled if CANCELLED
GET    /enrollments/{{enrollment_id}}/progress     | U  | enrollment | seen
GET    /enrollments/{{enrollment_id}}/completion   | U  | enrollment | seen
GET    /courses/{{course_id}}/progress             | U  | course | enrolled
GET    /certificates                             | U
GET    /certificates/{{certificate_id}}            | U  | certificate | seen
GET    /certificates/verify/{{number}}             | P  | number | seen
POST   /certificates/{{certificate_id}}/revoke     | A  | certificate | admin | invalid_transition if REVOKED
GET    /courses/{{course_id}}/reviews              | P  | course | seen
POST   /courses/{{course_id}}/reviews              | U  | course | enrolled
GET    /reviews                                  | P
POST   /reviews                                  | U  | course in body | enrolled
GET    /reviews/{{review_id}}                      | P  | review | seen
PUT    /reviews/{{review_id}}                      | U  | review | author
PATCH  /reviews/{{review_id}}                      | U  | review | author
DELETE /reviews/{{review_id}}                      | U  | review | author+admin
POST   /courses/{{course_id}}/assign               | IA | course | owner+admin | {CLOSED}
POST   /courses/{{course_id}}/assign-multiple      | IA | course | owner+admin | {CLOSED}
POST   /courses/{{course_id}}/unassign-multiple    | IA | course | owner+admin
GET    /assignments                              | IA
GET    /assignments/{{assignment_id}}              | IA | run | seen
GET    /assignments/{{assignment_id}}/items        | IA | run | seen
GET    /notices                                  | A
POST   /notices/{{notice_id}}/resend               | A  | notice | admin
GET    /notifications                            | U
GET    /notifications/unread-count               | U
POST   /notifications/{{notification_id}}/read     | U  | notification | self
POST   /notifications/read-all                   | U
GET    /dashboard                                | U
GET    /dashboard/stats                          | U
GET    /dashboard/admin                          | A
GET    /dashboard/instructor                     | IA
GET    /dashboard/student                        | U
POST   /dashboard/verify                         | A
"""

_ROLES = {"S": "STUDENT", "I": "INSTRUCTOR", "A": "ADMIN"}
OK = (0, "ok")
"""The answer that the OpenAPI document promises for a success."""


@dataclass(frozen=True)
class Rule:
    operation: str
    who: str
    kind: str = ""
    may: str = ""
    unless: str = ""

    @property
    def about(self):
        return self.kind.removesuffix(" in body")

    def answer(self, stage, caller, variant):
        """The status and, where it is the rules that refuse, the code."""
        if self.who == "E":
            return OK
        if caller in NOBODY or (caller == "anonymous" and self.who != "P"):
            return 401, None
        if self.who not in ("P", "U") and ROLES[caller] not in {_ROLES[letter] for letter in self.who}:
            return 403, "forbidden"
        if self.kind and not stage.sees(self.about, variant, caller):
            return 404, "not_found"
        if self.kind and not stage.may(self.may, self.about, variant, caller):
            return (401 if caller == "anonymous" else 403), None
        return self._refusal(caller, variant) or OK

    def _refusal(self, caller, variant):
        for exception in filter(None, (each.strip() for each in self.unless.split(";"))):
            code, _, words = exception.partition(" if ")
            callers = set(words.split()) & set(CALLERS)
            states = set(words.split()) - callers
            named = {variant, state_of(variant)} if variant != "EMPTY" or "EMPTY" in states else {variant}
            if caller in (callers or CALLERS) and (not states or named & states):
                return catalogue()[code].status, code
        return None


def _rule(line):
    call, *rest = (part.strip() for part in line.split("|"))
    return Rule(" ".join(call.split()), *rest)


POLICY = {rule.operation: rule for rule in map(_rule, TABLE.strip().splitlines())}
