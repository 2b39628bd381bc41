"""The price of an enrollment and its payment status.

A free course is FREE. An enrollment that is PAID keeps its price and currency through every cancellation and return;
any other gets the course's current price.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, literal

from app.enums import PaymentStatus
from app.models.course import Course
from app.models.enrollment import Enrollment

Price = dict[str, ColumnElement[Any]]


def current(course: Course, *, is_waived: bool = False) -> Price:
    """The columns of a new enrollment: the course's current price, UNPAID unless it is free or waived."""
    return of(literal(course.price), literal(course.currency), is_waived=is_waived)


def status_of(course: Course, *, is_waived: bool) -> PaymentStatus:
    """The payment status of such an enrollment."""
    if course.price == 0:
        return PaymentStatus.FREE
    return PaymentStatus.WAIVED if is_waived else PaymentStatus.UNPAID


def of(price: ColumnElement[Any], currency: ColumnElement[Any], *, is_waived: bool = False) -> Price:
    """The same, with the price and currency of a course as columns."""
    priced = PaymentStatus.WAIVED if is_waived else PaymentStatus.UNPAID
    return {
        "price_at_enrollment": price,
        "currency": currency,
        "payment_status": case((price == 0, PaymentStatus.FREE.value), else_=priced.value),
    }


def keeping_paid(price: Price) -> Price:
    """The columns of an enrollment that is reactivated: this price, unless it is PAID."""
    is_paid = Enrollment.payment_status == PaymentStatus.PAID
    return {
        column: case((is_paid, getattr(Enrollment, column)), else_=value) for column, value in price.items()
    }
