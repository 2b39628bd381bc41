"""What a course is called: an id, one slug, one code, and the slugs that it had. No name means two courses."""

import re

import pytest
from sqlalchemy import text

from app.db.session import db, transaction
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.races import Started, at_once, holding

NEW = {"title": "Ledgers", "short_description": "What they are."}


@pytest.fixture
def admin(api, make):
    return api.as_(make.admin())


@pytest.fixture
def next_code(app):
    """Let the next automatic code be this number."""

    def run(number):
        with app.app_context(), transaction():
            db.session.execute(text("SELECT setval('course_codes', :number, false)"), {"number": number})

    yield run
    run(1)


def create(client, **values):
    return client.post("/courses", json={**NEW, **values})


def found_by(client, ref):
    return data_of(client.get(f"/courses/{ref}"))["id"]


def test_a_slug_is_never_another_courses_code(api, make, admin, next_code):
    first = data_of(create(api.as_(make.instructor()), slug="course-4481"), 201)
    next_code(4481)

    second = data_of(create(admin), 201)

    assert second["code"] == "COURSE-4482"
    assert found_by(admin, "course-4481") == first["id"]
    assert found_by(admin, "COURSE-4482") == second["id"]


def test_a_code_of_ones_choice_is_no_other_courses_slug(admin):
    data_of(create(admin, slug="fin-2026"), 201)

    assert_refused(create(admin, code="FIN-2026"), 409, "code_taken")


def test_a_slug_of_ones_choice_is_no_other_courses_code(admin):
    data_of(create(admin, code="FIN-2026"), 201)
    other = data_of(create(admin), 201)

    assert_refused(create(admin, slug="fin-2026"), 409, "slug_taken")
    assert_refused(admin.patch(f"/courses/{other['id']}", json={"slug": "fin-2026"}), 409, "slug_taken")


def test_a_course_may_have_its_own_code_as_its_slug(admin):
    course = data_of(create(admin, code="FIN-2026", slug="fin-2026"), 201)

    assert found_by(admin, "fin-2026") == found_by(admin, "FIN-2026") == course["id"]


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Course 4481", "course-4481-2"),  # a code that may be given one day
        ("Course 12", "course-12"),
        ("Fin 2026", "fin-2026-2"),  # a code that is taken
    ],
)
def test_an_automatic_slug_is_no_code_of_today_or_later(admin, title, slug):
    data_of(create(admin, code="FIN-2026"), 201)

    assert data_of(create(admin, title=title), 201)["slug"] == slug


def test_a_former_slug_finds_its_course_until_another_takes_it(admin):
    course = data_of(create(admin, slug="ledgers"), 201)
    for slug in ("journals", "books"):
        data_of(admin.patch(f"/courses/{course['id']}", json={"slug": slug}))

    assert (
        found_by(admin, "ledgers") == found_by(admin, "journals") == found_by(admin, "books") == course["id"]
    )

    by_slug = data_of(create(admin, slug="ledgers"), 201)
    by_code = data_of(create(admin, code="JOURNALS"), 201)

    assert found_by(admin, "ledgers") == by_slug["id"]
    assert found_by(admin, "journals") == by_code["id"]
    assert found_by(admin, "books") == course["id"]


def test_a_slug_can_be_had_back(admin):
    course = data_of(create(admin, slug="ledgers"), 201)
    for slug in ("journals", "ledgers"):
        data_of(admin.patch(f"/courses/{course['id']}", json={"slug": slug}))

    assert_refused(create(admin, slug="ledgers"), 409, "slug_taken")
    assert data_of(create(admin, slug="journals"), 201)["slug"] == "journals"


def test_an_automatic_slug_leaves_former_ones_alone(admin):
    course = data_of(create(admin, slug="ledgers"), 201)
    data_of(admin.patch(f"/courses/{course['id']}", json={"slug": "books"}))

    assert data_of(create(admin), 201)["slug"] == "ledgers-2"
    assert found_by(admin, "ledgers") == course["id"]


@pytest.mark.parametrize("attempt", range(3))
def test_of_a_slug_and_a_code_at_once_one_is_given(admin, attempt):
    names = [{"slug": "fin-2026"}, {"code": "FIN-2026"}] * 3

    answers = at_once(*(lambda name=name: create(admin, **name) for name in names))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    (winner,) = [data_of(answer, 201)["id"] for answer in answers if answer.status_code == 201]
    assert found_by(admin, "fin-2026") == winner


@pytest.mark.parametrize("attempt", range(3))
def test_an_automatic_code_gives_way_to_a_slug_that_is_chosen_at_once(admin, next_code, attempt):
    next_code(7001)
    chosen = [lambda n=n: create(admin, slug=f"course-{n}") for n in range(7001, 7005)]
    automatic = [lambda: create(admin) for _ in range(4)]

    answers = at_once(*chosen, *automatic)

    made = [data_of(answer, 201) for answer in answers if answer.status_code == 201]
    assert [answer.status_code for answer in answers[4:]] == [201] * 4
    for course in made:
        assert found_by(admin, course["slug"]) == found_by(admin, course["code"]) == course["id"]


@pytest.mark.parametrize("attempt", range(6))
def test_courses_that_want_each_others_names_do_not_deadlock(admin, make, config, attempt):
    taken = "INSERT INTO course_names (name, course_id) VALUES ('two', :id)"

    with holding(config, taken, id=make.course().id) as wait_for:
        one = Started(lambda: create(admin, slug="one", code="TWO"))
        wait_for(1)
        other = Started(lambda: create(admin, slug="two", code="ONE"))
        wait_for(2)

    assert sorted(each.finish().status_code for each in (one, other)) == [201, 409]


def paths_with_a_course(document):
    for path, item in document["paths"].items():
        short = path.removeprefix(PREFIX)
        if short.startswith("/courses/{"):
            yield from ((method.upper(), short) for method in item if method != "parameters")


def test_every_path_with_a_course_takes_its_slug_and_its_code(app, api, make, _witness):
    operations = list(paths_with_a_course(_witness.document))

    for method, path in operations:
        answers = []
        for kind in ("id", "slug", "code", "former"):
            owner = make.instructor()
            course = make.course(instructor=owner, slug="now", code="CCC-2014J")
            with app.app_context(), transaction():
                db.session.execute(text("UPDATE courses SET slug = 'before'"))
                db.session.execute(text("UPDATE courses SET slug = 'now'"))
            ref = {"id": course.id, "slug": "now", "code": "ccc-2014j", "former": "before"}[kind]
            client = api.as_(make.student() if path.endswith("/enroll") else make.admin())
            answer = client.request(method, re.sub(r"{\w+}", str(ref), path))
            answers.append((answer.status_code, (answer.get_json(silent=True) or {}).get("message")))
            with app.app_context(), transaction():
                db.session.execute(text("TRUNCATE courses CASCADE"))
        assert len(set(answers)) == 1, (method, path, answers)
        assert answers[0][0] != 404, (method, path, answers)
    assert len(operations) > 20


@pytest.mark.parametrize("ref", ["{id}", "{slug}", "{code}"])
def test_a_body_or_a_filter_names_a_course_by_any_of_its_names(api, make, ref):
    owner, student = make.instructor(), make.student()
    course = make.course(instructor=owner, code="CCC-2014J", lessons=1)
    name = ref.format(id=course.id, slug=course.slug, code="ccc-2014j")
    teacher, learner = api.as_(owner), api.as_(student)
    lesson = {"title": "Ledgers", "type": "TEXT"}

    assert data_of(learner.post("/enrollments", json={"course_id": name}), 201)["course_id"] == str(course.id)
    assert data_of(learner.post("/reviews", json={"course_id": name, "rating": 5}), 201)["rating"] == 5
    assert len(data_of(api.get(f"/reviews?course_id={name}"))) == 1
    assert data_of(teacher.post("/lessons", json={"course_id": name, **lesson}), 201)["title"] == "Ledgers"
    data_of(teacher.post("/lessons/bulk", json={"course_id": name, "lessons": [lesson]}), 201)
    section = str(make.lessons_of(course)[0].section_id)
    data_of(teacher.post(f"/courses/{name}/lessons", json={"section_id": section, **lesson}), 201)
    assert len(data_of(learner.get(f"/enrollments?course={name}"))) == 1


def test_an_unknown_course_in_a_body_is_not_found(api, make):
    learner = api.as_(make.student())

    assert_refused(learner.post("/enrollments", json={"course_id": "no-such-course"}), 404, "not_found")
    assert_refused(learner.post("/enrollments", json={"course_id": 7}), 422, "invalid_request")
    assert data_of(api.get("/reviews?course_id=no-such-course")) == []


@pytest.mark.parametrize("ref", ["\u017fky", "SKY"])
def test_letters_that_only_fold_to_ascii_match_nothing(api, make, ref):
    student = make.student()
    make.enrollment(make.course(slug="sky"), student)

    found = data_of(api.as_(student).get(f"/enrollments?course={ref}"))

    assert len(found) == ref.isascii()
