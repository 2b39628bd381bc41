"""Users: the callers, and those whom calls are about: active, inactive, and deleted."""

from app.adapters import passwords
from app.enums import Role
from app.models import User
from tests.support.callers import ROLES
from tests.support.declarations import Fault, request
from tests.support.rows import PASSWORD, THEN, CommittedRows, add

POLICY = """
GET    /users                                    | A
POST   /users                                    | A
GET    /users/{user_id}                          | A  | user | admin
PATCH  /users/{user_id}                          | A  | user | admin
POST   /users/{user_id}/role                     | A  | user | admin
POST   /users/{user_id}/activate                 | A  | user | admin | invalid_transition if OTHERS OWN
POST   /users/{user_id}/deactivate               | A  | user | admin | invalid_transition if INACTIVE
POST   /users/{user_id}/grant-self-publish       | A  | user | admin | invalid_transition if INACTIVE
POST   /users/{user_id}/revoke-self-publish      | A  | user | admin | invalid_transition if OTHERS OWN
DELETE /users/{user_id}                          | A  | user | admin
POST   /users/import                             | A
POST   /users/activate-multiple                  | A
POST   /users/deactivate-multiple                | A
"""

WRITABLE = """
POST /users: department email external_id first_name full_name hired_on last_name manager_id password
    phone_number role username
PATCH /users/{user_id}: bio department email external_id first_name full_name hired_on last_name manager_id
    phone_number username
POST /users/{user_id}/role: role
POST /users/import: file
POST /users/activate-multiple: user_ids
POST /users/deactivate-multiple: user_ids
"""

REQUESTS = {
    "GET /users": request(),
    "POST /users": request(),
    "GET /users/{user_id}": request(user_id="person"),
    "PATCH /users/{user_id}": request(user_id="person"),
    "POST /users/{user_id}/role": request(user_id="person"),
    "POST /users/{user_id}/activate": request(user_id="sleeper"),
    "POST /users/{user_id}/deactivate": request(user_id="person"),
    "POST /users/{user_id}/grant-self-publish": request(user_id="person"),
    "POST /users/{user_id}/revoke-self-publish": request(user_id="other"),
    "DELETE /users/{user_id}": request(user_id="person"),
    "POST /users/import": request(file=b"email,first_name\nnew@example.org,New\n"),
    "POST /users/activate-multiple": request(),
    "POST /users/deactivate-multiple": request(),
}

LISTS = {"/users": "user"}

VISIBLE = {"user": lambda variant, caller: caller == "admin" and variant != "FORGOTTEN"}


class Make(CommittedRows):
    def user(self, **values):
        number = next(self.numbers)
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


def add_to_scene(scene):
    hashed = passwords.hash_of(PASSWORD)
    for name, role in {
        "admin": Role.ADMIN,
        "owner": Role.INSTRUCTOR,
        "other": Role.INSTRUCTOR,
        "student": Role.STUDENT,
        "person": Role.STUDENT,
        "sleeper": Role.STUDENT,
    }.items():
        user = User(
            email=f"{name}-{scene.mark}@example.org",
            username=f"{name}-{scene.mark}",
            first_name=name.title(),
            last_name="Example",
            role=role,
            email_verified=True,
            is_active=name != "sleeper",
            can_self_publish=name == "other",
            password_hash=hashed,
        )
        setattr(scene, name, add(user))


_OTHERS = {
    "third": Role.INSTRUCTOR,
    "chief": Role.ADMIN,
    "deactivated": Role.ADMIN,
    "bystander": Role.STUDENT,
    "inactive": Role.STUDENT,
    "forgotten": Role.STUDENT,
}


def add_to_stage(stage):
    hashed = passwords.hash_of(PASSWORD)
    for number, (name, role) in enumerate({**ROLES, **_OTHERS}.items()):
        user = User(
            email=f"{name}@stage.example.org",
            username=f"{name}-stage",
            first_name=name.title(),
            last_name="Stage",
            phone_number=f"+1555{number:07}",
            external_id=f"hr-{name}",
            role=role,
            email_verified=name != "unverified",
            is_active=name not in ("deactivated", "inactive", "forgotten"),
            deleted_at=THEN if name == "forgotten" else None,
            can_self_publish=name == "inactive",
            password_hash=hashed,
        )
        stage.people[name] = add(user)
        for word in (user.email, user.phone_number, user.external_id):
            stage.secrets[word] = {name, "admin"}
    for name in ROLES:
        stage.register_own("user", name, stage.people[name].id)
    stage.register("user", "OTHERS", stage.people["bystander"].id)
    stage.register("user", "INACTIVE", stage.people["inactive"].id)
    stage.register("user", "FORGOTTEN", stage.people["forgotten"].id)


FAULTS = [
    Fault("every user lists the users", "blueprints/users.py",
          '@blp.get("/users")\n@requires(Role.ADMIN)', '@blp.get("/users")\n@requires()', "users"),
    Fault("users change their own role", "schemas/users.py",
          "    SOME_OF = ()\n\n    username = Username()\n    phone_number = Phone()\n",
          "    SOME_OF = ()\n\n    username = Username()\n    role = fields.Flag()\n    phone_number = Phone()\n", "bodies"),
]  # fmt: skip
