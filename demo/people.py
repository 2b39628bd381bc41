"""Nine people to log in as, in development only."""

from __future__ import annotations

from dataclasses import dataclass

from app.enums import Role

PASSWORD = "Rollcall-demo-1"


@dataclass(frozen=True)
class DemoPerson:
    name: str
    """the part of the address before `@example.org`, and the username"""
    first_name: str
    last_name: str
    role: Role

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"


ADMIN = DemoPerson("admin", "Alex", "Admin", Role.ADMIN)
INSTRUCTORS = (
    DemoPerson("instructor", "Ingrid", "Instructor", Role.INSTRUCTOR),
    DemoPerson("instructor2", "Ivan", "Instructor", Role.INSTRUCTOR),
    DemoPerson("instructor3", "Isla", "Instructor", Role.INSTRUCTOR),
)
STUDENTS = (
    DemoPerson("student", "Sam", "Student", Role.STUDENT),
    DemoPerson("student2", "Sara", "Student", Role.STUDENT),
    DemoPerson("student3", "Sean", "Student", Role.STUDENT),
    DemoPerson("student4", "Sofia", "Student", Role.STUDENT),
    DemoPerson("student5", "Silas", "Student", Role.STUDENT),
)
PEOPLE = (ADMIN, *INSTRUCTORS, *STUDENTS)
