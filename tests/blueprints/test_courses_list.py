"""The catalogue as a list: who finds what, narrowed, ordered and paged to its very end."""

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine, text

from app.enums import CourseStatus, Level
from app.services.search import courses_search
from tests.support.http import assert_refused, data_of

MANY = 1_250


def titles(response):
    return [each["title"] for each in data_of(response)]


def test_every_caller_finds_what_is_published_owners_their_own_and_admins_all(api, make):
    owner = make.instructor()
    learner = make.student()
    make.course(title="Public", instructor=owner)
    draft = make.course(title="Draft", instructor=owner, status=CourseStatus.DRAFT)
    make.course(title="Other", status=CourseStatus.ARCHIVED)
    make.course(title="Deleted", deleted_at=datetime.now(UTC))
    make.enrollment(draft, learner)

    assert titles(api.get("/courses")) == ["Public"]
    assert titles(api.as_(learner).get("/courses")) == ["Public"]
    assert titles(api.as_(owner).get("/courses")) == ["Draft", "Public"]
    assert titles(api.as_(make.admin()).get("/courses")) == ["Other", "Draft", "Public"]
    assert titles(api.as_(owner).get("/courses/mine")) == ["Draft", "Public"]


def test_one_s_own_courses_are_for_those_who_teach(api, make):
    assert_refused(api.get("/courses/mine"), 401, "unauthenticated")
    assert_refused(api.as_(make.student()).get("/courses/mine"), 403, "forbidden")


@pytest.fixture
def shelf(make):
    """Three courses that differ in all that one can filter by."""
    finance, gone = make.category(slug="finance"), make.category(slug="gone", is_active=False)
    ada, bob = make.instructor(username="ada.l"), make.instructor(username="bob")
    cheap = {"price": 0, "level": Level.BEGINNER, "total_seats": None, "category": finance}
    middle = {"price": 10, "level": Level.ADVANCED, "total_seats": 1, "category": gone}
    dear = {"price": 99.5, "level": Level.ADVANCED, "total_seats": 5}
    courses = {
        "cheap": make.course(title="cheap", instructor=ada, **cheap),
        "middle": make.course(title="middle", instructor=bob, **middle),
        "dear": make.course(title="dear", instructor=bob, **dear),
    }
    make.enrollment(courses["middle"])
    return {"category": finance, "ada": ada, **courses}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=finance", {"cheap"}),
        ("category={category}", {"cheap"}),
        ("category=unknown", set()),
        ("category=gone", set()),
        ("category=0195a1a1-0000-7000-8000-000000000000", set()),
        ("level=advanced", {"middle", "dear"}),
        ("is_free=true", {"cheap"}),
        ("is_free=True", {"cheap"}),
        ("is_free=false", {"middle", "dear"}),
        ("min_price=10", {"middle", "dear"}),
        ("max_price=10.00", {"cheap", "middle"}),
        ("min_price=5&max_price=50", {"middle"}),
        ("min_price=50&max_price=5", set()),
        ("instructor={ada}", {"cheap"}),
        ("instructor=BOB", {"middle", "dear"}),
        ("instructor=unknown", set()),
        ("has_seats=true", {"cheap", "dear"}),
        ("has_seats=false", {"middle"}),
        ("status=published", {"cheap", "middle", "dear"}),
        ("status=DRAFT", set()),
        ("level=ADVANCED&has_seats=true", {"dear"}),
    ],
)
def test_a_filter_narrows(api, shelf, query, found):
    path = "/courses?" + query.format(category=shelf["category"].id, ada=shelf["ada"].id)

    response = api.get(path)

    assert set(titles(response)) == found
    assert response.get_json()["count"] == len(found)


def test_status_narrows_within_what_one_may_see(api, make):
    owner = make.instructor()
    make.course(title="mine", instructor=owner, status=CourseStatus.DRAFT)
    make.course(title="theirs", status=CourseStatus.DRAFT)

    assert titles(api.as_(owner).get("/courses?status=draft")) == ["mine"]
    assert set(titles(api.as_(make.admin()).get("/courses?status=draft"))) == {"mine", "theirs"}


@pytest.mark.parametrize("path", ["/courses/mine", "/courses"])
@pytest.mark.parametrize("ref", ["gone", "{id}"])
def test_an_inactive_category_filters_the_courses_that_show_it(api, make, path, ref):
    teacher, gone = make.instructor(), make.category(slug="gone", is_active=False)
    make.course(title="mine", instructor=teacher, category=gone)
    make.course(title="theirs", category=gone)
    client, query = api.as_(teacher), "?category=" + ref.format(id=gone.id)

    assert titles(client.get(path + query)) == ["mine"]


def test_an_inactive_category_filters_for_admins(api, make, shelf):
    assert titles(api.as_(make.admin()).get("/courses?category=gone")) == ["middle"]


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "ordering=colour",
        "level=expert",
        "is_free=perhaps",
        "min_price=-1",
        "min_price=x",
        "page=0",
        "page_size=101",
        "page=1&page=2",
        "after=forged",
    ],
)
def test_a_query_we_do_not_understand_is_refused(api, query):
    assert_refused(api.get(f"/courses?{query}"), 422, "invalid_request")


@pytest.mark.parametrize(
    ("ordering", "order"),
    [
        ("title", ["Alpha", "beta", "Gamma"]),
        ("-title", ["Gamma", "beta", "Alpha"]),
        ("price", ["beta", "Gamma", "Alpha"]),
        ("-price", ["Alpha", "Gamma", "beta"]),
        ("enrollment_count", ["Gamma", "beta", "Alpha"]),
        ("-enrollment_count", ["Alpha", "beta", "Gamma"]),
        ("average_rating", ["beta", "Alpha", "Gamma"]),
        ("-average_rating", ["Alpha", "beta", "Gamma"]),
        ("class_starts", ["Gamma", "Alpha", "beta"]),
        ("-class_starts", ["Alpha", "Gamma", "beta"]),
        ("admission_deadline", ["Alpha", "Gamma", "beta"]),
        ("published_at", ["beta", "Gamma", "Alpha"]),
        ("-published_at", ["Gamma", "beta", "Alpha"]),
        ("created_at", ["Alpha", "beta", "Gamma"]),
        ("-created_at", ["Gamma", "beta", "Alpha"]),
    ],
)
def test_an_ordering_orders_with_missing_values_last(api, make, ordering, order):
    early, late = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    alpha = {"price": 9, "enrollment_count": 3, "rating_sum": 9, "rating_count": 2}
    beta = {"price": 1, "enrollment_count": 2, "rating_sum": 4, "rating_count": 1}
    make.course(title="Alpha", class_starts=date(2031, 2, 2), admission_deadline=date(2031, 1, 1), **alpha)
    make.course(title="beta", published_at=early, **beta)
    gamma = {"class_starts": date(2031, 2, 1), "admission_deadline": date(2031, 1, 2)}
    make.course(title="Gamma", price=5, published_at=late, **gamma)

    assert titles(api.get(f"/courses?ordering={ordering}")) == order


def test_the_list_shows_what_a_card_needs_and_no_long_texts(api, make):
    make.course(description="Long.", category=make.category())

    (course,) = data_of(api.get("/courses"))

    assert "description" not in course
    assert "sections" not in course
    assert set(course["category"]) == {"id", "name", "slug"}
    assert set(course["instructor"]) == {"id", "username", "full_name"}
    assert {"is_enrolled", "available_seats", "is_full", "lesson_count", "display_price"} <= set(course)


def test_the_statements_of_a_list_do_not_grow_with_its_rows(api, make, statements):
    teacher, learner = make.instructor(), make.student()
    for _ in range(25):
        course = make.course(instructor=teacher, category=make.category())
    make.enrollment(course, learner)
    client = api.as_(learner)

    with statements() as anonymous:
        data_of(api.get("/courses"))
    with statements() as signed_in:
        rows = data_of(client.get("/courses?has_seats=true&instructor=" + teacher.username))

    assert len(rows) == 20
    assert [each["is_enrolled"] for each in rows].count(True) == 1
    assert (len(anonymous), len(signed_in)) == (1, 4)
    # The rows and their number; the caller, whose courses, which of them, and these rows, which are prepared.
    assert signed_in[-1].startswith("EXECUTE")
    assert "description" not in anonymous[-1].replace("short_description", "")


@pytest.fixture
def crowd(make, config):
    """A catalogue longer than numbered pages reach, with ties and gaps in every column."""
    teacher = make.instructor()
    rows = text("""
        INSERT INTO courses (slug, title, currency, instructor_id, status, price, enrollment_count, rating_sum,
                             rating_count, class_starts, admission_deadline, published_at, created_at,
                             search_vector)
        SELECT 'c-' || n, (ARRAY['Éclair', 'apple', 'Banana', 'éclair', 'cherry'])[1 + n % 5] || n % 40,
               'USD', :teacher, 'PUBLISHED', n % 7, n % 11, n % 6 * (n % 3), n % 3,
               CASE WHEN n % 4 > 0 THEN date '2031-01-01' + n % 50 END,
               CASE WHEN n % 5 > 0 THEN date '2030-01-01' + n % 50 END,
               CASE WHEN n % 6 > 0 THEN timestamptz '2025-01-01 00:00:00.123456+00' + n % 90 * interval '1 h' END,
               timestamptz '2025-01-01 00:00:00.654321+00' + n % 100 * interval '1 h',
               to_tsvector('simple', repeat('needle ', n % 9 + 1) || repeat('hay ', n % 6))
        FROM generate_series(1, :many) AS n""")
    engine = create_engine(config.database_url)
    with engine.begin() as connection:
        connection.execute(rows, {"teacher": teacher.id, "many": MANY})
    engine.dispose()


def walk(api, path):
    """Every row from here on, by `next` alone, and the number of pages that had none of their own."""
    rows, cursors = [], 0
    while path:
        response = api.get(path)
        rows += data_of(response)
        body = response.get_json()
        cursors += body["page"] is None
        link = body["next"]
        path = link and link.removeprefix("http://rollcall.test/api/v1")
    return rows, cursors


ORDERINGS = [
    "-created_at",
    "published_at",
    "-published_at",
    "average_rating",
    "-average_rating",
    "title",
    "-title",
    "price",
    "-class_starts",
    "admission_deadline",
]


@pytest.mark.parametrize(
    "query", [*(f"ordering={each}" for each in ORDERINGS), "search=needle&ordering=-created_at"]
)
def test_following_next_shows_every_row_once(api, crowd, query):
    rows, cursors = walk(api, f"/courses?{query}&page_size=100")

    assert len(rows) == MANY
    assert len({row["id"] for row in rows}) == MANY
    assert cursors == 3


def test_following_next_shows_what_a_search_ranks_once(api, crowd):
    rows, _ = walk(api, "/courses?search=needle&page_size=100")

    assert len({row["id"] for row in rows}) == len(rows) == courses_search.MOST_RANKED < MANY


def test_both_kinds_of_page_have_the_same_order(api, crowd):
    rows, _ = walk(api, "/courses?ordering=-average_rating&page_size=100")

    ratings = [row["average_rating"] for row in rows]
    known = [each for each in ratings if each is not None]
    assert known == sorted(known, reverse=True)
    assert all(each is None for each in ratings[len(known) :])


def test_a_page_beyond_row_1000_names_the_cursor(api, crowd):
    assert_refused(api.get("/courses?page=11&page_size=100"), 422, "page_too_deep")
    assert_refused(api.get("/courses?page=51"), 422, "page_too_deep")
    assert len(data_of(api.get("/courses?page=50"))) == 20


def test_a_page_past_the_end_of_a_short_list_is_not_found(api, make):
    make.course()

    assert_refused(api.get("/courses?page=2"), 404, "page_not_found")
    assert_refused(api.get("/courses?page=2000"), 404, "page_not_found")
    assert_refused(api.get("/courses?page=9999999999999999999"), 404, "page_not_found")
    assert_refused(api.get(f"/courses?page={10**40}"), 404, "page_not_found")


def test_page_one_of_nothing_is_a_page(api):
    response = api.get("/courses")

    assert data_of(response) == []
    assert response.get_json()["count"] == 0


def deep_link(api):
    """The address of the first page behind a cursor, with the cursor itself."""
    link = api.get("/courses?ordering=title&is_free=false&page=20&page_size=50").get_json()["next"]
    return link, parse_qs(urlsplit(link).query)["after"][0]


def test_a_cursor_holds_filters_and_ordering(api, crowd):
    link, cursor = deep_link(api)

    first = data_of(api.get(f"/courses?after={cursor}&page_size=50"))
    same = data_of(api.get(f"/courses?after={cursor}&page_size=50&ordering=title&is_free=false"))

    assert urlsplit(link).query.split("&")[0].startswith("after=")
    assert first == same
    assert all(row["is_free"] is False for row in first)


def test_a_cursor_with_other_filters_or_tampered_with_is_refused(api, crowd):
    _, cursor = deep_link(api)

    for query in (
        f"after={cursor}&ordering=-title",
        f"after={cursor}&is_free=true",
        f"after={cursor}&search=x",
        f"after={cursor[:-2]}AA",
        f"after=x{cursor}",
    ):
        assert "after" in assert_refused(api.get(f"/courses?{query}"), 422, "invalid_request"), query


def test_a_cursor_of_another_list_is_refused(api, make, crowd):
    _, cursor = deep_link(api)
    admin = api.as_(make.admin())

    assert_refused(admin.get(f"/courses/review-queue?after={cursor}"), 422, "invalid_request")


FILTERS = (
    "category=finance",
    "level=advanced",
    "is_free=false",
    "min_price=10",
    "max_price=10.00",
    "instructor=BOB",
    "has_seats=true",
    "status=published",
)


@pytest.mark.parametrize("first", FILTERS)
def test_filters_combine_with_one_another_and_with_every_ordering(api, shelf, first):
    alone = {each: set(titles(api.get(f"/courses?{each}"))) for each in FILTERS}

    for second in set(FILTERS) - {first}:
        found = titles(api.get(f"/courses?{first}&{second}&ordering=title"))
        assert found == sorted(alone[first] & alone[second])
    for ordering in ORDERINGS:
        assert set(titles(api.get(f"/courses?{first}&ordering={ordering}"))) == alone[first]
