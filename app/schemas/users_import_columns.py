"""The columns of an import of users, and their names in other systems."""

from __future__ import annotations

from app.adapters.sheets import Column

PEOPLE = (
    Column(
        "email",
        (
            "email address",
            "work email",
            "work email address",
            "primary email",
            "business email",
            "company email",
            "mail",
        ),
        is_identifier=True,
    ),
    Column("first_name", ("given name", "forename", "legal first name")),
    Column("last_name", ("family name", "surname", "legal last name")),
    Column("full_name", ("name", "display name", "employee name")),
    Column("username", ("login_id", "login", "login name"), is_identifier=True),
    Column(
        "external_id",
        (
            "employee id",
            "employee number",
            "employee no",
            "employee code",
            "personnel number",
            "personnel no",
            "staff id",
            "staff number",
            "worker id",
            "person id",
            "person number",
            "student id",
            "student number",
            "sourcedId",
            "idnumber",
            "sis_user_id",
            "user_id",
        ),
        is_identifier=True,
    ),
    Column("department", ("dept", "department name")),
    Column("hired_on", ("hire date", "hired", "date hired", "date of hire", "start date", "joining date")),
    Column("role", ("user role",)),
    Column(
        "manager",
        (
            "manager email",
            "manager external id",
            "manager employee id",
            "manager id",
            "manager username",
            "manager",
            "line manager email",
            "line manager",
            "supervisor email",
            "supervisor id",
            "supervisor",
            "reports to",
        ),
        is_identifier=True,
    ),
    Column("is_active", ("active", "enabled", "is enabled", "account enabled", "enabledUser")),
    Column("status", ("account status", "user status", "employment status", "employee status")),
    Column("suspended", ("is suspended", "disabled", "is disabled", "deactivated")),
    Column("deleted", ("is deleted", "terminated")),
)
"""In the order in which they are documented. A name belongs to one column only."""
