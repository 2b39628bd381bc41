"""The twin's models: what it takes in, and what its responses are checked against and written by."""

from __future__ import annotations

from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

Data = TypeVar("Data")


class Category(BaseModel):
    id: UUID
    name: str
    slug: str


class Person(BaseModel):
    id: UUID
    username: str
    full_name: str


class Instructor(Person):
    bio: str | None
    profile_picture: str | None


class DisplayPrice(BaseModel):
    amount: str
    currency: str


class Course(BaseModel):
    id: UUID
    code: str
    slug: str
    title: str
    short_description: str
    category: Category | None
    instructor: Person
    level: str
    price: str
    currency: str
    display_price: DisplayPrice
    is_free: bool
    thumbnail: str | None
    duration_hours: float | None
    class_starts: date | None
    admission_deadline: date | None
    is_admission_open: bool
    schedule: str
    venue: str
    total_seats: int | None
    available_seats: int | None
    is_full: bool
    is_enrolled: bool
    enforce_order: bool
    status: str
    enrollment_count: int
    average_rating: float | None
    total_reviews: int
    lesson_count: int
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Lesson(BaseModel):
    id: UUID
    title: str
    type: str
    duration_seconds: int | None
    is_preview: bool
    is_required: bool
    position: int


class Section(BaseModel):
    id: UUID
    title: str
    description: str
    position: int
    lessons: list[Lesson]


class Changes(BaseModel):
    added: list[str]
    removed: list[str]
    changed: list[str]


class Version(BaseModel):
    number: int
    note: str
    changes: Changes
    published_at: str


class CoursePage(Course):
    instructor: Instructor
    description: str
    preview_video: str | None
    requirements: str
    learning_outcomes: str
    target_audience: str
    who_can_join: str
    review_notes: str | None
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    changed_since_review: bool | None
    version: Version | None
    sections: list[Section]


class EnrolledCourse(BaseModel):
    id: UUID
    code: str
    title: str
    slug: str
    thumbnail: str | None


class Enrollment(BaseModel):
    id: UUID
    course_id: UUID
    course: EnrolledCourse
    user_id: UUID
    user: Person
    status: str
    source: str
    assigned_by: UUID | None
    enrolled_at: datetime
    completed_at: datetime | None
    completion_number: int
    course_version: int | None
    renewal_required_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str | None
    reactivated_at: datetime | None
    due_at: datetime | None
    grade: str | None
    price_at_enrollment: str
    currency: str
    payment_status: str
    total_lessons: int
    completed_lessons: int
    completion_percentage: float
    optional_total: int
    optional_completed: int
    is_completed: bool
    last_accessed: datetime | None
    resume_lesson_id: UUID | None
    certificate_number: str | None


class Assigned(Enrollment):
    assignment_id: UUID


class Stats(BaseModel):
    as_of: datetime
    total_users: int
    total_courses: int
    total_enrollments: int


class User(BaseModel):
    id: UUID
    email: str
    username: str
    first_name: str
    last_name: str
    full_name: str
    phone_number: str | None
    bio: str | None
    profile_picture: str | None
    role: str
    is_active: bool
    email_verified: bool
    can_self_publish: bool
    external_id: str | None
    department: str | None
    hired_on: date | None
    manager_id: UUID | None
    created_at: datetime


class Tokens(BaseModel):
    access: str
    refresh: str
    token_type: str = "Bearer"
    expires_in: int = 3_600


class LoggedIn(BaseModel):
    user: User
    tokens: Tokens


class Answer(BaseModel, Generic[Data]):
    success: bool = True
    message: str = "OK."
    data: Data


class Page(Answer[list[Data]], Generic[Data]):
    count: int
    count_is_exact: bool
    next: str | None
    previous: str | None
    page: int
    page_size: int


class Login(BaseModel):
    username: str
    password: str


class Chosen(BaseModel):
    user_id: UUID


class Caller(BaseModel):
    id: UUID
    role: str
