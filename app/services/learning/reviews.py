"""Reviews: one per learner and course, with counter caches of ratings on the course.

A course counts its reviews by rating. The counters are incremented and decremented in the transaction of the review,
under the course's row lock, so concurrent writes, edits and deletions keep them exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, false, func, literal, select, true, update
from sqlalchemy.orm import contains_eager

from app.db.fulltext import asking, words_of
from app.db.keyset import SortKey
from app.db.listings import Listing, ordered_by
from app.db.page_statements import COUNT_CAP
from app.db.session import db, refusing
from app.enums import EnrollmentStatus
from app.errors.base import Forbidden, NotFound
from app.errors.learning import AlreadyReviewed, NotEnrolled
from app.models import Course, Review, User
from app.models.caller import Actor
from app.models.course_name import CourseName
from app.models.visibility import course_visible_to
from app.services.catalogue import courses
from app.services.learning import enrollments_read
from app.settings import settings

RATINGS = range(1, 6)
_NONE = [0] * len(RATINGS)
_ORDERINGS = {"created_at": Review.created_at, "rating": Review.rating}
_AUTHOR = (User.first_name, User.last_name)


def list_of_course(viewer: Actor | None, ref: str | UUID, **query: Any) -> Listing:
    course = courses.get_visible(viewer, ref)
    return _listing(true(), course.rating_counts, course_id=course.id, **query)


def list_visible(viewer: Actor | None, *, course_id: str | None = None, **query: Any) -> Listing:
    """The reviews of all courses that are visible to the viewer, or of one of them."""
    seen = course_visible_to(viewer)
    if course_id is None:
        return _listing(seen, _count_capped(seen), **query)
    found = db.session.execute(
        select(Course.id, Course.rating_counts).where(Course.id == CourseName.id_of(course_id), seen)
    ).one_or_none()
    if found is None:
        return _listing(false(), _NONE, **query)
    return _listing(seen, found.rating_counts, course_id=found.id, **query)


def get_visible(viewer: Actor | None, review_id: UUID) -> Review:
    """A review, for every viewer to whom its course is visible."""
    found = _shown().where(Review.id == review_id, course_visible_to(viewer))
    review = db.session.scalar(found.execution_options(populate_existing=True))
    if review is None:
        raise NotFound
    return review


def get_own(author: Actor, review_id: UUID) -> Review:
    """A review, for its author only."""
    review = get_visible(author, review_id)
    if review.author_id != author.id:
        raise Forbidden("Only the author can edit a review.")
    return review


def write(
    author: Actor, course_id: str | UUID, *, rating: int, comment: str = "", at: datetime | None = None
) -> Review:
    """Review a course as an enrolled learner, or as one who has completed it where that is required; `at` dates it."""
    course = courses.lock(courses.get_visible(author, course_id).id)
    _refuse_outsider(author, course)
    review = Review(
        course_id=course.id,
        author_id=author.id,
        rating=rating,
        comment=comment,
        search_vector=words_of(comment),
        created_at=at or func.now(),
        updated_at=at or func.now(),
    )
    with refusing({Review.ONE_PER_PERSON: AlreadyReviewed()}):
        db.session.add(review)
    _count(course.id, {rating: 1})
    return get_visible(author, review.id)


def revise(author: Actor, review_id: UUID, **changes: Any) -> Review:
    """Edit the author's own review, also after they have left the course."""
    review = _lock(get_own(author, review_id))
    before = review.rating
    if changes.get("comment", review.comment) != review.comment:
        review.search_vector = words_of(changes["comment"])
    for name, value in changes.items():
        setattr(review, name, value)
    db.session.flush()
    if review.rating != before:
        _count(review.course_id, {before: -1, review.rating: 1})
    return get_visible(author, review_id)


def delete(actor: Actor, review_id: UUID) -> None:
    """Delete a review, as its author or an admin."""
    review = get_visible(actor, review_id)
    if not (actor.is_admin or review.author_id == actor.id):
        raise Forbidden("Only the author and admins can delete a review.")
    review = _lock(review)
    db.session.delete(review)
    db.session.flush()
    _count(review.course_id, {review.rating: -1})


def _refuse_outsider(author: Actor, course: Course) -> None:
    enrollment = enrollments_read.get_held(author, course.id)
    if enrollment is None:
        raise NotEnrolled
    if settings().review_requires == "completed" and enrollment.status != EnrollmentStatus.COMPLETED:
        raise NotEnrolled("Complete the course before you review it.")


def _lock(review: Review) -> Review:
    """The review, read again under the course's lock, which every write of a review takes."""
    courses.lock(review.course_id)
    found = select(Review).where(Review.id == review.id).execution_options(populate_existing=True)
    current = db.session.scalar(found)
    if current is None:
        raise NotFound
    return current


def _count(course_id: UUID, moves: Mapping[int, int]) -> None:
    """Add to the course's counters by rating; negative numbers subtract."""
    moved: dict[Any, Any] = {
        Course.rating_counts[rating]: Course.rating_counts[rating] + more for rating, more in moves.items()
    }
    db.session.execute(
        update(Course)
        .where(Course.id == course_id)
        .values(
            {
                **moved,
                Course.rating_sum: Course.rating_sum + sum(rating * more for rating, more in moves.items()),
                Course.rating_count: Course.rating_count + sum(moves.values()),
                # A review is no edit of the course.
                Course.updated_at: Course.updated_at,
            }
        )
        .execution_options(synchronize_session=False)
    )


def _shown() -> Any:
    return (
        select(Review)
        .join(Course, Course.id == Review.course_id)
        .join(User, User.id == Review.author_id)
        .options(contains_eager(Review.author).load_only(*_AUTHOR))
    )


def _listing(
    seen: ColumnElement[bool],
    counts: list[int] | None,
    *,
    course_id: UUID | None = None,
    author_id: UUID | None = None,
    rating: int | None = None,
    search: str | None = None,
    ordering: str = "-created_at",
) -> Listing:
    """A list of reviews. `counts` are those of the whole list by rating; None where it is too long to count."""
    wanted = [
        column == value
        for column, value in (
            (Review.course_id, course_id),
            (Review.author_id, author_id),
            (Review.rating, rating),
        )
        if value is not None
    ]
    if search:
        wanted.append(_mentions(search, *wanted))
    keys = ordered_by(ordering, _ORDERINGS, Review.id)
    if keys[0].column is Review.rating:
        # Within a rating by time, along the index that also serves the filter by rating.
        keys.insert(1, SortKey(Review.created_at, keys[0].descending))
    return Listing(
        _shown().where(seen, *wanted),
        keys,
        total=None if search or author_id else _total(counts, rating),
        is_total_exact=counts is not None,
        matching=select(Review.id).where(*wanted, _is_of(seen)),
        summary=_summary(counts),
    )


def _total(counts: list[int] | None, rating: int | None) -> int | None:
    """The total if it is known without a query. Where there are too many to count: COUNT_CAP, or None for one rating."""
    if counts is None:
        return COUNT_CAP if rating is None else None
    return sum(counts) if rating is None else counts[rating - 1]


def _is_of(seen: ColumnElement[bool]) -> ColumnElement[bool]:
    """A subquery by course: with a join the planner would read far too many rows of both tables."""
    return select(seen).where(Course.id == Review.course_id).correlate(Review).scalar_subquery()


def _mentions(question: str, *among: ColumnElement[bool]) -> ColumnElement[bool]:
    """A review among these that contains every word of the search.

    The matches are gathered first, as an array: the planner overestimates how common a word is, and would read whole
    tables, or walk an index of the ordering until enough rows match.
    """
    asked = Review.search_vector.bool_op("@@")(asking(question))
    found = select(Review.id).where(asked, *among).correlate(None).scalar_subquery()
    return Review.id == any_(func.array(found, type_=ARRAY(Uuid)))


def _count_capped(seen: ColumnElement[bool]) -> list[int] | None:
    """The number of visible reviews by rating, or None for more than COUNT_CAP."""
    some = select(Review.rating).where(_is_of(seen)).order_by(Review.course_id)
    some_rows = some.limit(COUNT_CAP + 1).subquery()
    by_rating = select(some_rows.c.rating, func.count(literal(1))).group_by(some_rows.c.rating)
    found: dict[int, int] = dict(map(tuple, db.session.execute(by_rating)))
    return None if sum(found.values()) > COUNT_CAP else [found.get(rating, 0) for rating in RATINGS]


def _summary(counts: list[int] | None) -> dict[str, Any]:
    if counts is None:
        return {"breakdown": None, "average": None}
    total = sum(counts)
    stars = Decimal(sum(rating * number for rating, number in zip(RATINGS, counts, strict=True)))
    average = (stars / total).quantize(Decimal("0.01"), ROUND_HALF_UP) if total else None
    breakdown = {str(rating): number for rating, number in zip(RATINGS, counts, strict=True)}
    return {"breakdown": breakdown, "average": average}
