"""What an enrollment costs whoever takes it.

A free course is FREE. What somebody has paid stays paid, with its price and currency, however often they leave and come
back; all else has the price of the day.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, literal

from app.enums import PaymentStatus
from app.models.course import Course
from app.models.enrollment import Enrollment

Terms = dict[str, ColumnElement[Any]]


def todays(course: Course, *, is_waived: bool = False) -> Terms:
    """The columns of a new enrollment: the price of today, not paid yet unless it is waived."""
    priced = PaymentStatus.WAIVED if is_waived else PaymentStatus.UNPAID
    return {
        "price_at_enrollment": literal(course.price),
        "currency": literal(course.currency),
        "payment_status": literal((PaymentStatus.FREE if course.is_free else priced).value),
    }


def renewed(terms: Terms) -> Terms:
    """These terms for an enrollment that is there already: nobody buys twice what was PAID once."""
    is_paid = Enrollment.payment_status == PaymentStatus.PAID
    return {
        column: case((is_paid, getattr(Enrollment, column)), else_=term) for column, term in terms.items()
    }
