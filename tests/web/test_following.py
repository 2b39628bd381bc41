"""Following `next` and `previous`: by key from the first page on, whatever comes and goes meanwhile."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.good_requests import path_of
from tests.support.http import PREFIX, assert_refused, data_of
from tests.support.scene import Scene

OURS = f"http://rollcall.test{PREFIX}"


def follow(client, path, relation="next"):
    """The pages from here on, by the links of one kind."""
    while path:
        page = client.get(path.removeprefix(OURS)).get_json()
        assert page["success"] is True, page
        yield page
        path = page[relation]


def key_of(row):
    return row.get("id") or row.get("lesson_id") or row.get("number") or row["row"]


def numbers_in(link):
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_every_user_is_seen_by_a_client_that_deactivates_whom_it_sees(api, make):
    admin = api.as_(make.admin())
    people = {str(make.student(department="Sales").id) for _ in range(6)}
    seen = []

    for page in follow(admin, "/users?department=Sales&is_active=true&page_size=2"):
        for person in page["data"]:
            seen.append(person["id"])
            data_of(admin.post(f"/users/{person['id']}/deactivate"))

    assert len(seen) == 6
    assert set(seen) == people


def test_no_user_is_seen_twice_while_newcomers_arrive(api, make):
    admin = api.as_(make.admin())
    for number in range(4):
        make.student(department="Sales", last_name=f"m{number}")
    seen = []

    for page in follow(admin, "/users?department=Sales&ordering=last_name&page_size=2"):
        seen += [person["last_name"] for person in page["data"]]
        make.student(department="Sales", last_name="a newcomer")

    assert seen == ["m0", "m1", "m2", "m3"]


def test_a_link_names_the_page_and_the_place_where_it_begins(api, make):
    for _ in range(5):
        make.course()

    first = api.get("/courses?page_size=2&level=beginner")
    link = first.get_json()["next"]
    second = api.get(link.removeprefix(OURS))

    assert numbers_in(link).keys() == {"page", "after", "page_size"}
    assert (numbers_in(link)["page"], numbers_in(link)["page_size"]) == ("2", "2")
    assert first.headers["Link"] == f'<{link}>; rel="next"'
    assert (second.get_json()["page"], second.get_json()["page_size"]) == (2, 2)
    assert f'<{second.get_json()["previous"]}>; rel="prev"' in second.headers["Link"]
    assert data_of(second) == data_of(api.get("/courses?page_size=2&level=beginner&page=2"))


def test_a_cursor_without_a_number_is_a_page_without_one(api, make):
    for _ in range(3):
        make.course()
    link = api.get("/courses?page_size=1").get_json()["next"]
    cursor = numbers_in(link)["after"]

    page = api.get(f"/courses?after={cursor}&page_size=1").get_json()

    assert page["page"] is None
    assert "page" not in numbers_in(page["next"])
    assert "page" not in numbers_in(page["previous"])


def test_a_number_alone_still_jumps(api, make):
    for _ in range(5):
        make.course()

    assert api.get("/courses?page=3&page_size=2").get_json()["page"] == 3
    assert_refused(api.get("/courses?page=4&page_size=2"), 404, "page_not_found")


def test_going_back_shows_what_stood_there(api, make):
    for _ in range(7):
        make.course()
    forth = list(follow(api, "/courses?page_size=3"))

    back = list(follow(api, forth[-1]["previous"], "previous"))

    assert [page["page"] for page in back] == [2, 1]
    assert [page["data"] for page in back] == [page["data"] for page in forth[1::-1]]
    assert back[-1]["previous"] is None
    assert api.get(back[-1]["next"].removeprefix(OURS)).get_json()["data"] == forth[1]["data"]


def test_a_page_whose_rows_have_all_left_leads_back_and_forth(api, make):
    admin = api.as_(make.admin())
    people = [make.student(department="Sales", last_name=f"m{number}") for number in range(4)]
    path = "/users?department=Sales&is_active=true&ordering=last_name&page_size=2"
    first, second = follow(admin, path)

    for person in people[2:]:
        data_of(admin.post(f"/users/{person.id}/deactivate"))
    after_the_end = admin.get(first["next"].removeprefix(OURS)).get_json()
    before = admin.get(after_the_end["previous"].removeprefix(OURS)).get_json()
    for person in people[:2]:
        data_of(admin.post(f"/users/{person.id}/deactivate"))
    data_of(admin.post(f"/users/{people[3].id}/activate"))
    before_the_start = admin.get(second["previous"].removeprefix(OURS)).get_json()
    start = admin.get(before_the_start["next"].removeprefix(OURS)).get_json()

    assert (after_the_end["data"], after_the_end["next"]) == ([], None)
    assert before["data"] == first["data"]
    assert (before_the_start["data"], before_the_start["previous"]) == ([], None)
    assert [person["last_name"] for person in start["data"]] == ["m3"]


@pytest.mark.parametrize("path", ["/courses", "/courses/{course_id}/enrollments"])
def test_a_page_by_key_costs_no_more_statements(api, make, statements, path):
    admin, course = api.as_(make.admin()), make.course()
    for _ in range(5):
        make.course()
        make.enrollment(course, make.student())
    path = path.format(course_id=course.id)

    with statements() as by_number:
        page = admin.get(f"{path}?page=2&page_size=2").get_json()
    with statements() as forth:
        admin.get(page["next"].removeprefix(OURS))
    with statements() as back:
        admin.get(page["previous"].removeprefix(OURS))

    # A page by its number is counted first, because it may not exist.
    assert len(forth) <= len(by_number)
    assert len(back) <= len(by_number)


def test_every_list_in_every_order_reads_the_same_forth_and_back(app, api, make, _witness):
    scene = Scene(app)
    for _ in range(2):
        make.enrollment(scene.course, make.student(department="Sales"))
        make.category()
    make.enrollment(make.course(instructor=make.instructor()), scene.student)
    make.course(instructor=scene.admin, published_at=None)
    admin, student = api.as_(scene.admin), api.as_(scene.student)
    walked = 0

    for path, item in _witness.document["paths"].items():
        taken = {each["name"]: each for each in item.get("get", {}).get("parameters", [])}
        if "after" not in taken:
            continue
        there = path_of(f"GET {path.removeprefix(PREFIX)}", scene)
        reader = max((admin, student), key=lambda each: each.get(there).get_json().get("count", -1))
        orders = taken["ordering"]["schema"]["enum"] if "ordering" in taken else [""]
        for order in orders:
            walked += reads_the_same(reader, f"{there}?ordering={order}&" if order else f"{there}?")

    assert walked > 50


def reads_the_same(client, path):
    """Hold the list, a row a page, against itself at once; 1 where there are rows to turn pages between."""
    whole = [key_of(row) for row in data_of(client.get(f"{path}page_size=100"))]
    forth = list(follow(client, f"{path}page_size=1"))
    back = list(follow(client, forth[-1]["previous"], "previous"))
    assert [key_of(row) for page in forth for row in page["data"]] == whole, path
    assert [key_of(row) for page in back for row in page["data"]] == whole[-2::-1], path
    return len(whole) > 1
