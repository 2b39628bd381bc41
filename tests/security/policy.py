"""The policy: one line for every operation of the API, in the module of its noun. What it does not allow is refused.

    POST /enrollments/{enrollment_id}/grade | IA | enrollment | owner+admin | enrollment_cancelled if CANCELLED

**Who** calls, as in docs/endpoints.md: P the public, E every caller whatever token they send, U every signed-in user,
S students, I instructors, A admins. **About** which kind of row, if any; `in body` if its id is sent there. **May**: the
relations of a caller to a row they see that allow the call (`stage.py` has the words); a row they do not see is 404, any
other relation 403. **Unless**: what the rules refuse to a caller who may, by caller and variant of the row.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.errors.base import catalogue
from tests.support.callers import CALLERS, REJECTED, ROLES, state_of
from tests.support.nouns import merged

SHORT = {
    "FROZEN": "course_under_review if PENDING",
    "CLOSED": "course_not_open if DRAFT PENDING APPROVED REJECTED ARCHIVED",
}
"""Names for exceptions that several nouns have."""

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
        """The status and, if a rule refuses the call, its code."""
        if self.who == "E":
            # The token is ignored.
            caller = "anonymous"
        if caller in REJECTED or (caller == "anonymous" and self.who not in ("P", "E")):
            return 401, None
        if self.who not in ("P", "U", "E") and ROLES[caller] not in {_ROLES[letter] for letter in self.who}:
            return 403, "forbidden"
        if self.kind and not stage.sees(self.about, variant, caller):
            return 404, "not_found"
        if self.kind and not stage.may(self.may, self.about, variant, caller):
            return (401 if caller == "anonymous" else 403), None
        return self._refusal(caller, variant) or OK

    def _refusal(self, caller, variant):
        for exception in filter(None, (each.strip() for each in self.unless.split(";"))):
            code, _, words = SHORT.get(exception, exception).partition(" if ")
            callers = set(words.split()) & set(CALLERS)
            states = set(words.split()) - callers
            named = {variant, state_of(variant)} if variant != "EMPTY" or "EMPTY" in states else {variant}
            if caller in (callers or CALLERS) and (not states or named & states):
                return catalogue()[code].status, code
        return None


def rules_in(table):
    """The rules by operation."""
    return {rule.operation: rule for rule in map(_rule, table.strip().splitlines())}


def _rule(line):
    call, *rest = (part.strip() for part in line.split("|"))
    return Rule(" ".join(call.split()), *rest)


POLICY = merged("POLICY", rules_in)
