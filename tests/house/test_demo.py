"""The import of real records keeps its promises: it adds up, continues where it stopped, and leaves no way in."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, update

from app.db.session import db, transaction
from app.enums import CourseStatus, Level, NoticeState
from app.models import Assignment, Course, CourseChange, Notice, User
from demo import load, people, records
from demo.records import LearnerRecord
from demo.reviews import reviews_of
from tests.support.http import assert_refused, data_of

EXAMPLES = 14
"""Courses of `demo/examples.py`."""


@pytest.fixture
def load_demo(app):
    def run(*arguments):
        return app.test_cli_runner().invoke(args=["demo", "load", *arguments])

    return run


@pytest.fixture
def of_one_course(monkeypatch):
    """The smaller of the small courses: 365 people."""
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J",))


def test_the_small_import_adds_up_to_its_records(load_demo):
    result = load_demo("--size", "small")

    assert result.exit_code == 0, result.output
    assert "DIFFERS" not in result.output
    assert "completed lessons: 15,312 of 15,312" in result.output


def test_loading_twice_changes_nothing(app, load_demo, of_one_course):
    load_demo()
    before = _counts(app)

    result = load_demo()

    assert "AAA-2014J: 365 people (already loaded)" in result.output
    assert _counts(app) == before


def test_whatever_people_do_to_the_demo_it_is_not_loaded_again(app, api, load_demo):
    load_demo()
    login = api.post("/auth/login", json={"email": people.ADMIN.email, "password": people.PASSWORD})
    admin = api.with_token(data_of(login)["tokens"]["access"])
    course, other = (data_of(admin.get(f"/courses/{code}")) for code in ("AAA-2014J", "CCC-2014J"))
    left, *_ = data_of(admin.get(f"/courses/{course['id']}/enrollments?status=ACTIVE"))
    learner, *_ = data_of(admin.get(f"/courses/{other['id']}/enrollments"))
    (fire,) = data_of(admin.get("/courses?search=fire"))
    newcomer = {"user_id": learner["user_id"]}
    data_of(admin.post(f"/courses/{course['id']}/assign", json=newcomer), 201)
    data_of(admin.delete(f"/enrollments/{left['id']}"))
    data_of(admin.patch(f"/courses/{course['id']}", json={"title": "Mine"}))
    data_of(admin.patch(f"/courses/{fire['id']}", json={"title": "Water"}))
    with app.app_context(), transaction():
        db.session.execute(update(User).values(email=User.username + "@example.com"))
    before = _counts(app)

    result = load_demo()

    assert result.exit_code == 0, result.output
    assert _counts(app) == before


def test_records_without_learners_are_refused_with_the_reason(app, load_demo, of_one_course, monkeypatch):
    load_demo()
    monkeypatch.setattr(load, "SMALL", ("AAA-2014J", "CCC-2014J"))
    with app.app_context(), transaction():
        db.session.execute(update(User).values(email=User.username + "@example.com"))

    result = load_demo()

    assert result.exit_code == 1
    assert "No account has the address admin@example.org any more" in result.output
    assert "DEMO_DATA=0" in result.output


def test_the_logins_are_those_that_open(app, load_demo, of_one_course):
    load_demo()
    with app.app_context(), transaction():
        db.session.execute(update(User).where(User.username == "student4").values(is_active=False))
        db.session.execute(update(User).where(User.username == "student5").values(password_hash=None))

    result = app.test_cli_runner().invoke(args=["demo", "logins"])

    names = [person.email for person in people.PEOPLE if person.name not in {"student4", "student5"}]
    *logins, password, courses = result.output.splitlines()
    assert [line.split()[0] for line in logins] == names
    assert people.PASSWORD in password
    assert courses.split() == ["courses:", "1", "of", "22"]


def test_an_import_that_was_stopped_goes_on_where_it_was(app, load_demo, of_one_course, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(load.completion, "settle", _stop)
        load_demo()
        assert _counts(app)[Course] == 0

    load_demo()

    assert _counts(app)[Course] == 3 + EXAMPLES


def test_an_imported_course_went_through_the_real_workflow(app, load_demo, of_one_course):
    load_demo()

    with app.app_context():
        course = db.session.scalars(select(Course).where(Course.code == "AAA-2014J")).one()
        steps = db.session.scalars(
            select(CourseChange.to_status)
            .where(CourseChange.course_id == course.id, CourseChange.to_status.is_not(None))
            .order_by(CourseChange.id)
        ).all()
        run = db.session.scalars(select(Assignment).where(Assignment.course_id == course.id)).one()
    assert [step for step in steps if step != CourseStatus.DRAFT] == ["PENDING", "APPROVED", "PUBLISHED"]
    assert (run.requested, run.counts["assigned"]) == (365, 365)


def test_no_user_is_notified_about_imported_completions(app, load_demo, of_one_course):
    load_demo()

    with app.app_context():
        imported = (
            select(Notice.state, Notice.reason)
            .join(Notice.course)
            .where(Course.code == "AAA-2014J")
            .distinct()
        )
        assert db.session.execute(imported).all() == [(NoticeState.SUPPRESSED, load.IMPORTED)]


def test_imported_courses_were_reviewed_when_they_had_ended_by_people_who_passed(
    api, load_demo, of_one_course
):
    load_demo()

    (record,) = records.read_courses(["AAA-2014J"])
    course = data_of(api.get("/courses/AAA-2014J"))
    reviews = data_of(api.get(f"/courses/{course['id']}/reviews"))
    written = [each.rating for each in reviews_of(record)]
    assert sorted(review["rating"] for review in reviews) == sorted(written) != []
    assert course["average_rating"] == round(sum(written) / len(written), 2)
    assert all(review["is_completed"] for review in reviews)
    assert min(review["created_at"] for review in reviews) > record.moment(record.length).isoformat()


def test_learners_who_have_finished_the_course_of_today_have_reviewed_it(api, load_demo, of_one_course):
    load_demo()

    (course,) = data_of(api.get("/courses?search=fire"))
    (review,) = data_of(api.get(f"/courses/{course['id']}/reviews"))
    assert (review["author"]["full_name"], course["average_rating"]) == ("Sam Student", 5.0)


def test_the_filters_of_the_catalogue_find_something_and_not_everything(api, load_demo, of_one_course):
    load_demo()

    everything = data_of(api.get("/courses?page_size=100"))
    found = {
        query: len(data_of(api.get(f"/courses?{query}&page_size=100")))
        for query in (*(f"level={level}" for level in Level), "is_free=true", "is_free=false", "min_price=30")
    }

    assert all(0 < number < len(everything) for number in found.values()), found
    assert not [each["title"] for each in everything if "API" in each["short_description"]]


def test_demo_people_log_in_and_imported_learners_cannot(api, app, load_demo, of_one_course):
    loaded = load_demo()
    assert loaded.exit_code == 0, loaded.output
    with app.app_context():
        learner = db.session.scalars(
            select(User.username).where(User.external_id.is_not(None)).limit(1)
        ).one()

    for person in people.PEOPLE:
        login = api.post("/auth/login", json={"email": person.email, "password": people.PASSWORD})
        user = data_of(login)["user"]
        assert (user["role"], user["username"]) == (person.role, person.name)
    refused = api.post("/auth/login", json={"username": learner, "password": people.PASSWORD})
    assert_refused(refused, 401, "invalid_credentials")


def test_a_production_installation_gets_no_demo_people(load_demo, setting):
    setting(app_env="production")

    result = load_demo()

    assert result.exit_code != 0
    assert "not in production" in result.output


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ({"registered": -20}, -20),
        ({"registered": None}, 0),
        ({"registered": 10, "submissions": {"1": 3}}, 3),
        ({"registered": 10, "unregistered": 4}, 4),
    ],
)
def test_people_enrolled_before_anything_they_did(told, day):
    assert LearnerRecord("1", "Pass", **told).enrolled == day


def test_all_records_add_up_before_they_are_loaded():
    courses = records.read_courses()
    learners = [(course, learner) for course in courses for learner in course.learners.values()]

    assert len(courses) == 22
    assert len({learner.external_id for _, learner in learners}) == 28_785
    assert sum(learner.is_cancelled for _, learner in learners) == 10_165
    assert sum(1 for course, learner in learners for _ in course.completions(learner)) == 192_317


def _counts(app):
    with app.app_context():
        return {
            model: db.session.scalar(select(func.count()).select_from(model))
            for model in (Assignment, Course, Notice, User)
        }


def _stop(*_, **__):
    raise KeyboardInterrupt


def test_an_imported_course_begins_with_a_text_a_guide_and_a_film(app, api, load_demo, of_one_course):
    load_demo()
    login = api.post("/auth/login", json={"email": people.ADMIN.email, "password": people.PASSWORD})
    admin = api.with_token(data_of(login)["tokens"]["access"])
    first, *_ = data_of(admin.get("/courses/AAA-2014J"))["sections"]

    text, film = (data_of(admin.get(f"/lessons/{each['id']}")) for each in first["lessons"][:2])
    (guide,) = text["files"]
    sent = {}
    for file in (guide, film["video"]):
        url = urlsplit(data_of(admin.get(f"/files/{file['id']}"))["url"])
        with app.test_client().get(f"{url.path}?{url.query}") as response:
            sent[file["name"]] = response.data

    assert "Module AAA" in text["content"]
    assert sent["study-guide.pdf"].startswith(b"%PDF-")
    assert sent["film.mp4"][4:8] == b"ftyp"
    assert not {each["is_required"] for each in (text, film)} - {False}
