"""Faults of authorization that a developer could introduce, each as one replacement in one file of `app/`.

Those of a noun are in its module. `make mutants` plants them one by one in a copy of the tree and runs the tests of this
folder, which must fail.
"""

from __future__ import annotations

from tests.support.declarations import Fault
from tests.support.nouns import declared

GENERAL = [
    Fault("roles are not checked", "web/access.py",
          "if access.roles and about.caller.role not in access.roles:", "if False:", "POST and users"),
    Fault("every role may do what an admin may", "web/access.py",
          "about.caller.role not in access.roles", "not about.caller.role", "recalculate"),
    Fault("a refresh token is accepted as an access token", "web/access.py", 'kind="access"', 'kind=None', "auth and me"),
    Fault("unknown fields are ignored", "schemas/base.py", "unknown = ma.RAISE", "unknown = ma.EXCLUDE", "bodies"),
]  # fmt: skip

FAULTS = [*GENERAL, *(fault for faults in declared("FAULTS").values() for fault in faults)]
