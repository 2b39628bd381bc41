"""Notices of a run: who hears of it."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Notice
from tests.support.assigning import ids, left


def test_assigned_and_reactivated_people_hear_of_it(run, make, stored):
    course = make.course()
    gone, held, fresh = left(make, course), make.enrollment(course), make.student()

    run(course, user_ids=[str(gone.user_id), str(held.user_id), str(fresh.id)])

    told = stored(select(Notice.user_id).where(Notice.channel == "EMAIL"))
    assert set(told) == {gone.user_id, fresh.id}


def test_nobody_hears_of_it_when_told_not_to(run, make, stored):
    run(make.course(), user_ids=ids(make.student()), notify=False)

    assert stored(select(Notice)) == []
