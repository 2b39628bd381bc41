"""Every caller and everything that calls are about, once: the axes of the authorization matrix.

`owner` teaches a course in every state; `enrolled` takes each of them, `left` has left each, `student` and `unverified`
never joined. `other` teaches elsewhere. What is OWN belongs to the caller, in a course of a third instructor.
"""

from __future__ import annotations

import re
from uuid import uuid4

from app.db.session import db, transaction
from app.models import User
from app.models.session import Session
from app.services.auth import sessions
from tests.support.callers import ROLES
from tests.support.nouns import add_rows, merged
from tests.support.rows import THEN
from tests.support.world import World

HIDDEN = ("UNKNOWN", "GONE", "EXPIRED")
"""Variants that no caller sees."""

VISIBLE = merged("VISIBLE")
"""Which callers see a row of this kind, by its variant."""

RELATIONS = {
    "seen": lambda *_: True,
    "admin": lambda _kind, _variant, caller: caller == "admin",
    "owner": lambda _kind, variant, caller: caller == "owner" and variant != "OWN",
    "enrolled": lambda _kind, variant, caller: caller == "enrolled" and variant != "EMPTY",
    "self": lambda _kind, variant, _caller: variant == "OWN",
    **merged("RELATIONS"),
}
"""The relations of a caller to a row that they see."""

_UNKNOWN = uuid4()


class Stage(World):
    """`ids[kind][variant]`, `own[kind][caller]` and `tokens[caller]`; the nouns add rows with `register`."""

    def __init__(self, app):
        super().__init__(app)
        self.people: dict[str, User] = {}
        self.ids: dict[str, dict[str, object]] = {}
        self.own: dict[str, dict[str, object]] = {}
        self.unknown: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.secrets: dict[str, set[str]] = {"$argon2": set()}
        """Words that occur in one row each, with the callers who may read them; no caller reads the hash of a password."""
        with app.app_context(), transaction():
            add_rows("add_to_stage", self)
            self._sign_in()
        self.person = self.people["bystander"]
        self.emails = {name: person.email for name, person in self.people.items()}
        self.secret = re.compile("|".join(map(re.escape, self.secrets)))

    def register(self, kind, variant, key):
        """Have the matrix call about the row with this key."""
        self.ids.setdefault(kind, {})[variant] = key

    def register_own(self, kind, caller, key):
        """The same for a row that is this caller's own."""
        self.own.setdefault(kind, {})[caller] = key

    def sees(self, kind, variant, caller):
        """Whether this caller may know that the row exists."""
        if variant in HIDDEN or self.id_of(kind, variant, caller) is None:
            return False
        return VISIBLE[kind](variant, caller)

    def may(self, who, kind, variant, caller):
        """Whether the caller has one of the relations to the row that `who` names."""
        return any(RELATIONS[each](kind, variant, caller) for each in who.split("+"))

    def variants(self, kind, caller):
        """Every variant of the kind that there is for this caller."""
        own = ("OWN",) if self.id_of(kind, "OWN", caller) else ()
        return (*self.ids[kind], *own, "UNKNOWN")

    def id_of(self, kind, variant, caller):
        if variant == "UNKNOWN":
            return self.unknown.get(kind, _UNKNOWN)
        if variant == "OWN":
            return self.own.get(kind, {}).get(caller)
        return self.ids[kind][variant]

    def _sign_in(self):
        for name in (*ROLES, "deactivated"):
            self.tokens[name] = sessions.open_session(self.people[name]).access
        self.tokens["wrong_kind"] = sessions.open_session(self.people["admin"]).refresh
        self.tokens["ended"] = sessions.open_session(self.people["chief"]).access
        db.session.flush()
        for session in db.session.query(Session).filter_by(user_id=self.people["chief"].id):
            session.ended_at = THEN
