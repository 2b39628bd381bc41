"""Searching the catalogue: by stem, by beginning, over all that describes a course."""

import pytest
from sqlalchemy import create_engine, text

from app.db.session import db, transaction
from app.models import Course
from app.services.search import courses_search
from bench.plans import reading
from config import SEARCH_LANGUAGES
from tests.support.http import assert_refused, data_of
from tests.web.test_pagination import walk


def publish(make, app, **values):
    """A published course that search knows."""
    course = make.course(**values)
    with app.app_context(), transaction():
        courses_search.index_for_search(Course.id == course.id)
    return course


def found(api, question, **query):
    return [
        each["title"] for each in data_of(api.get("/courses", query_string={"search": question, **query}))
    ]


@pytest.fixture
def ledger(make, app):
    category = make.category(name="Finance & Tax")
    teacher = make.instructor(first_name="Grace", last_name="O'Hopper")
    texts = {
        "title": "Accounting with Node.js in the evening",
        "short_description": "Balance sheets at e-learning pace.",
        "description": "Debits, credits; C++ programmers welcome. Café récit 日本語.",
        "venue": "Room 3.14, Harbour",
        "schedule": "Tuesdays",
    }
    make.course(title="Another")
    return publish(make, app, category=category, instructor=teacher, **texts)


@pytest.mark.parametrize(
    "question",
    [
        "accounting",
        "ACCOUNTING",
        "account",
        "accounts",
        "accounti",
        "acc",
        "the evening",
        "sheet",
        "node.js",
        "node js",
        "e-learning",
        "elear e learn",
        "credit debit",
        "c++",
        "café",
        "日本語",
        "finance",
        "tax",
        "grace",
        "o'hopper",
        "hopper grace accounting",
        "harbour 3.14",
        "tuesday",
        "  accounting  ",
        "(accounting) & !!",
        "accounting:*",
        "'accounting'",
        "accounting \\",
    ],
)
def test_every_word_matches_by_stem_or_beginning(api, ledger, question):
    assert found(api, question) == [ledger.title]


@pytest.mark.parametrize(
    "question",
    [
        "accounting zebra",
        "ounting",
        "!!!",
        "&",
        "'",
        "\\",
        "'' | 'zebra",
        "accounting | zebra",
        "!zebra accountant2",
        ":*",
        "—",
        "zebra | accounting",
    ],
)
def test_what_does_not_match_is_not_found(api, ledger, question):
    response = api.get("/courses", query_string={"search": question})

    assert data_of(response) == []
    assert response.get_json()["count"] == 0


def test_a_blank_search_is_none(api, ledger):
    assert len(found(api, "  ")) == 2


def test_a_long_search_is_refused_and_a_full_one_answered(api, ledger):
    assert_refused(api.get("/courses?search=" + "a" * 201), 422, "invalid_request")
    assert found(api, "a " * 100) == [ledger.title]
    assert found(api, " ".join(chr(0x4E00 + n) for n in range(100))) == []


def test_the_best_match_comes_first_unless_an_ordering_is_given(api, make, app):
    publish(make, app, title="B mentions", description="A word on pottery.", price=1)
    publish(make, app, title="Pottery", description="Pottery for all.", price=3)
    publish(make, app, title="A mentions", short_description="Almost pottery.", price=2)

    assert found(api, "pottery") == ["Pottery", "A mentions", "B mentions"]
    assert found(api, "pottery", ordering="price") == ["B mentions", "A mentions", "Pottery"]


def test_search_narrows_with_the_filters(api, make, app):
    publish(make, app, title="Pottery", price=0)
    publish(make, app, title="Pottery too", price=5)
    publish(make, app, title="Pottery in secret", status="DRAFT")

    assert found(api, "pottery", is_free="false") == ["Pottery too"]
    assert set(found(api, "pottery")) == {"Pottery", "Pottery too"}


def test_what_is_written_is_found_at_once(api, make):
    owner = api.as_(make.instructor())
    course = data_of(owner.post("/courses", json={"title": "Weaving", "description": "x"}), 201)

    assert found(owner, "weav") == ["Weaving"]
    data_of(owner.patch(f"/courses/{course['id']}", json={"title": "Knitting"}))

    assert found(owner, "weav") == []
    assert found(owner, "knit") == ["Knitting"]


def test_search_finds_in_one_statement_and_shows_in_another_that_is_prepared(api, make, app, statements):
    for _ in range(20):
        publish(make, app, title="Pottery", category=make.category())

    with statements() as seen:
        response = api.get("/courses?search=pottery")

    assert len(data_of(response)) == 20
    assert [each.startswith("EXECUTE") for each in seen] == [False, True]


def test_a_changed_language_is_indexed_by_command(api, make, app, setting):
    publish(make, app, title="Häuser")
    assert found(api, "hausern") == []

    setting(search_language="german")
    result = app.test_cli_runner().invoke(args=["courses", "reindex"])

    assert result.output == "1 courses can be searched.\n"
    assert found(api, "hausern") == ["Häuser"]


def test_every_language_that_can_be_set_is_known_to_the_server(stored):
    names = stored(text("SELECT cfgname FROM pg_ts_config WHERE cfgnamespace = 'pg_catalog'::regnamespace"))

    assert set(SEARCH_LANGUAGES) <= set(names)


def test_indexing_is_no_edit(api, make, app):
    course = make.course()
    app.test_cli_runner().invoke(args=["courses", "reindex"])

    assert data_of(api.get(f"/courses/{course.id}"))["updated_at"].startswith(
        course.updated_at.isoformat()[:19]
    )


def test_a_rare_word_does_not_walk_the_catalogue(api, make, app, config):
    """The plan reads the text index, although an index of the ordering is at hand."""
    teacher = make.instructor()
    rows = text(
        "INSERT INTO courses (slug, title, currency, instructor_id, status, search_vector)"
        " SELECT 'c-' || n, 'x', 'USD', :id, 'PUBLISHED', to_tsvector('simple', CASE n WHEN 9 THEN 'needle' ELSE 'hay' END)"
        " FROM generate_series(1, 5000) AS n"
    )
    engine = create_engine(config.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(rows, {"id": teacher.id})
        connection.execute(text("VACUUM ANALYZE courses"))
        with app.app_context():
            ours = db.engine
        with reading(ours) as scans:
            data_of(api.get("/courses?search=needle&ordering=-created_at"))
    engine.dispose()

    assert "ix_courses_search_vector" in {scan.name for scan in scans}
    assert max(scan.rows for scan in scans) < 10


@pytest.mark.parametrize("role", [None, "student", "instructor", "owner", "admin"])
def test_the_name_of_an_inactive_category_finds_no_course(api, make, role):
    owner, office = make.instructor(), api.as_(make.admin())
    shelf = data_of(office.post("/categories", json={"name": "Redundancies"}), 201)
    body = {"title": "Weaving", "description": "x", "category_id": shelf["id"]}
    course = data_of(api.as_(owner).post("/courses", json=body), 201)
    data_of(office.post(f"/courses/{course['id']}/publish", json={"override_reason": "x"}))
    caller = {None: lambda: api, "owner": lambda: api.as_(owner)}.get(
        role, lambda: api.as_(getattr(make, role)())
    )()
    assert found(caller, "redundancies") == ["Weaving"]

    for changes, expected in (
        ({"is_active": False}, []),
        ({"name": "Layoffs"}, []),
        ({"is_active": True}, ["Weaving"]),
        ({"is_active": False, "name": "Redundancies"}, []),
    ):
        data_of(office.patch(f"/categories/{shelf['id']}", json=changes))
        for question in ("redundancies", "layoffs"):
            names_it = question == "layoffs" and expected
            assert found(caller, question) == (expected if names_it else [])


def test_a_course_that_is_written_in_an_inactive_category_is_not_found_by_its_name(api, make):
    teacher = api.as_(make.instructor())
    hidden = make.category(name="Redundancies", is_active=False)
    office = api.as_(make.admin())
    body = {"title": "Weaving", "description": "x", "category_id": str(hidden.id)}

    course = data_of(office.post("/courses", json=body), 201)
    assert found(office, "redundancies") == []

    data_of(office.patch(f"/courses/{course['id']}", json={"title": "Knitting"}))
    assert found(office, "redundancies") == []
    assert found(office, "knitting") == ["Knitting"]
    assert found(teacher, "redundancies") == []


def test_counts_pages_and_orders_disclose_nothing_of_an_inactive_category(api, make, app):
    hidden = make.category(name="Redundancies", slug="redundancies", is_active=False)
    publish(make, app, title="B", category=hidden)
    publish(make, app, title="A")

    for query in (
        "search=redundancies",
        "category=redundancies",
        f"category={hidden.id}",
        "search=b&category=redundancies",
    ):
        page = api.get(f"/courses?{query}").get_json()
        assert (page["data"], page["count"], page["next"]) == ([], 0, None)
    assert data_of(api.get("/categories?search=redundancies")) == []
    assert [course["category"] for course in data_of(api.get("/courses?ordering=title"))] == [None, None]


@pytest.mark.parametrize("question", ["pottery", " POTTERY ", "Póttery"])
def test_the_title_that_was_searched_for_comes_first(api, make, app, question):
    publish(make, app, title="Pottery for potters", description="Pottery. " * 9)
    publish(make, app, title="Pottery")
    publish(make, app, title="Glazes", short_description="Pottery, pottery and pottery.")

    assert found(api, question) == ["Pottery", "Pottery for potters", "Glazes"]


RANKED = 3


@pytest.fixture
def crowd(make, app, monkeypatch, set_limit):
    """Courses with a word that more of them have than are ranked; the titles that are named last are the newest."""
    set_limit("app.db.page_statements.COUNT_CAP", RANKED)
    set_limit("app.services.search.courses_search.MOST_RANKED", RANKED)
    monkeypatch.setattr("app.web.pagination.DEEPEST_ROW", 1)

    def make_courses(titles):
        for title in titles:
            publish(make, app, title=title, description="All about pottery.")

    return make_courses


def test_of_a_common_word_the_title_and_the_words_of_titles_come_first(api, crowd):
    crowd(["Pottery", "Modern pottery", "Other pottery", "A", "B", "C", "D", "E"])

    page = api.get("/courses?search=pottery").get_json()

    titles = [course["title"] for course in page["data"]]
    assert titles[0] == "Pottery"
    assert set(titles[1:]) == {"Modern pottery", "Other pottery"}
    assert (page["count"], page["count_is_exact"]) == (RANKED, False)


def test_few_titles_are_followed_by_the_newest_matches(api, crowd):
    crowd(["Modern pottery", "A", "B", "C", "D", "E"])

    assert sorted(found(api, "pottery")) == ["C", "D", "E", "Modern pottery"]
    assert found(api, "pottery")[0] == "Modern pottery"


def test_of_many_titles_with_a_common_word_the_newest_are_ranked(api, crowd):
    crowd(["Pottery", *(f"Pottery {letter}" for letter in "abcdef"), "Glazes"])

    assert found(api, "pottery")[0] == "Pottery"
    assert sorted(found(api, "pottery")) == ["Pottery", "Pottery d", "Pottery e", "Pottery f"]


def test_what_is_ranked_of_a_common_word_is_complete_behind_cursors(api, crowd):
    """And narrowed, a list becomes complete."""
    crowd(["Pottery", "Modern pottery", *"ABCDEFGH"])

    titles = [course["title"] for course in walk(api, "/courses?search=pottery&page_size=1")]
    narrower = [course["title"] for course in walk(api, "/courses?search=pottery modern&page_size=1")]

    assert titles[:2] == ["Pottery", "Modern pottery"]
    assert sorted(titles[2:]) == ["F", "G", "H"]
    assert narrower == ["Modern pottery"]


def test_a_course_that_appears_meanwhile_lets_none_be_shown_twice(api, make, crowd, app):
    crowd(["Pottery", *"ABCDEF"])
    first = api.get("/courses?search=pottery&page_size=2").get_json()
    crowd(["Pottery again", "G"])

    rest = list(walk(api, first["next"]))

    shown = [course["id"] for course in (*first["data"], *rest)]
    assert len(shown) == len(set(shown))


def test_only_what_the_caller_may_see_is_ranked(api, make, app, crowd):
    crowd(["Pottery", *"ABC"])
    publish(make, app, title="Pottery in secret", status="DRAFT")

    assert "Pottery in secret" not in found(api, "pottery")
    assert "Pottery in secret" in found(api.as_(make.admin()), "pottery")
