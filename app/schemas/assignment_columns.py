"""The columns of a sheet of assignments, and their names in other systems and languages."""

from __future__ import annotations

from app.adapters.sheets import Column
from app.schemas.users_import_columns import PEOPLE

_OF_IMPORT = {column.name: column for column in PEOPLE}
_ELSEWHERE = {
    "email": ("e-mail-adresse", "mailadresse", "adresse e-mail", "courriel", "correo electrónico", "correo"),
    "username": (
        "user name",
        "benutzername",
        "nom d'utilisateur",
        "identifiant",
        "nombre de usuario",
        "usuario",
    ),
    "external_id": (
        *("external id", "hr id", "personnel id", "personalnummer", "mitarbeiternummer", "matrikelnummer"),
        *("matricule", "numéro employé", "numéro de matricule", "número de empleado", "id de empleado"),
    ),
}


def _column(name: str) -> Column:
    known = [alias for alias in _OF_IMPORT[name].aliases if alias != "user_id"]
    return Column(name, (name, *known, *_ELSEWHERE[name]), is_identifier=True)


DECIDING = ("user_id", "external_id", "email", "username")
"""The identifier columns: the first of them that a row fills in decides whom it means."""

TARGETS = (
    Column("user_id", ("user_id", "user uuid", "rollcall id"), is_identifier=True),
    _column("external_id"),
    _column("email"),
    _column("username"),
    Column(
        "course",
        (
            *("course", "course code", "course id", "course slug", "kurs", "kurscode", "kursnummer"),
            *("cours", "code du cours", "curso", "código del curso"),
        ),
    ),
    Column(
        "due_at",
        (
            *("due_at", "due", "due date", "due on", "due by", "deadline", "fällig", "fällig am"),
            *("frist", "fälligkeit", "échéance", "date limite", "fecha límite", "vencimiento"),
        ),
    ),
)
