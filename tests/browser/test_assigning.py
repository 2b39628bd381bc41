"""Assigning people in the browser: preview, commit, refusals, large runs, the records of runs."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browsing import NARROW, THEMES, axe, invalid, open_, overflow, travel

COURSE = "COURSE-0014"
MARKUP = '<img src=x onerror="document.title=1">'


@pytest.fixture
def console(visit):
    """The console as an admin sees it, with a course of the demo chosen."""

    def run(course=COURSE, role="admin", **options):
        page = visit(role=role, **options)
        open_(page, f"/admin/assign?course={course}")
        return page

    return run


def people(page):
    return page.get_by_role("textbox", name="People", exact=True)


def preview(page, *names):
    people(page).fill("\n".join(names))
    page.get_by_role("button", name="Preview").click()
    expect(stage(page)).to_have_text("Preview: nothing is written yet")
    expect(page.get_by_role("table", name="Every row")).to_be_visible()


def stage(page):
    return page.locator(".stage-title")


def bar(page):
    return page.get_by_role("region", name="This run")


def ledger(page):
    """The rows as a reader sees them: `["1", "Ada Byron ada@example.org", "Assigned", …]`."""
    rows = page.get_by_role("table", name="Every row").locator("tbody tr").all()
    return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def test_people_are_assigned_by_keyboard_alone(visit, site):
    course = "COURSE-0016"
    ada, bob = (site.make.student(first_name=name, last_name="Byron") for name in ("Ada", "Bob"))
    page = visit(role="admin")
    open_(page, "/admin/assign")

    travel(page, 'combobox "Courses"')
    page.keyboard.type("Working from ho")
    page.get_by_role("option", name="Working from home").wait_for()
    page.keyboard.press("Enter")
    travel(page, 'textbox "People"')
    page.keyboard.type(f"{ada.email}\n{bob.username}\nnobody@example.org\n{ada.email.upper()}")
    travel(page, 'textbox "Reason')
    page.keyboard.type("Safety first")
    travel(page, 'button "Preview"')
    page.keyboard.press("Enter")
    expect(stage(page)).to_be_focused()
    expect(page.get_by_role("table", name="Every row")).to_be_visible()

    assert [row[1:3] for row in ledger(page)] == [
        [f"Ada Byron {ada.email}", "Assigned"],
        [f"Bob Byron {bob.username}", "Assigned"],
        ["Nobody by this name nobody@example.org", "Not found not_found"],
        [f"Ada Byron {ada.email.upper()}", "Listed twice"],
    ]
    assert not enrolled_in(site, course) & {str(ada.id), str(bob.id)}

    travel(page, 'button "Assign 2 people"')
    page.keyboard.press("Enter")
    expect(stage(page)).to_have_text("Done: 2 people written")
    assert enrolled_in(site, course) >= {str(ada.id), str(bob.id)}


def enrolled_in(site, course):
    return {each["user_id"] for each in site.call("admin", "GET", f"/courses/{course}/enrollments")}


def test_stored_markup_is_text(console, site):
    course = site.make.course(title=f"Course {MARKUP}", slug="markup")
    user = site.make.student(first_name="Eve", last_name=MARKUP)
    page = console("markup")
    page.get_by_label("Reason").fill(MARKUP)
    preview(page, user.email, "<img/src=x/onerror=alert(1)>")

    assert ledger(page)[0][1] == f"Eve {MARKUP} {user.email}"
    page.get_by_role("button", name="Assign 1 person").click()
    expect(stage(page)).to_have_text("Done: 1 person written")
    for path in ("/admin/assignments", f"/admin/assignments/{page.url.split('run=')[1]}"):
        open_(page, path)
        expect(page.get_by_text(MARKUP).first).to_be_visible()
        expect(page.get_by_text(course.title).first).to_be_visible()
        assert page.locator("main img").count() == 0


def test_what_is_missing_is_said_and_nothing_typed_is_lost(visit):
    page = visit(role="admin")
    open_(page, "/admin/assign")
    page.get_by_label("Reason").fill("Kept")

    page.get_by_role("button", name="Preview").click()

    summary = page.get_by_role("alert").filter(has_text="2 things to correct")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Name at least one person").click()
    expect(people(page)).to_be_focused()
    assert page.get_by_label("Reason").input_value() == "Kept"
    assert axe(page) == []


def test_the_servers_refusal_stands_at_its_field(console):
    page = console()
    page.watch.expect("status of 422")
    sheet(page, "Vorname\nAda\n")

    page.get_by_role("button", name="Preview").click()

    summary = page.get_by_role("alert").filter(has_text="One thing to correct")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="The first line must name the columns").click()
    expect(page.locator("input[type=file]")).to_be_focused()
    expect(page.get_by_text("people.csv")).to_be_visible()


def sheet(page, text):
    page.locator("input[type=file]").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )


def test_a_sheet_says_how_it_was_read_and_gives_refused_rows_back(console):
    page = console()
    sheet(page, "E-Mail;Name\nstudent4@example.org;Ada\nnobody@example.org;Bob\n\nnoone@example.org;Eve\n")
    expect(page.get_by_text("3 rows")).to_be_visible()
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_text("Separated by semicolons. 1 blank row was left out.")).to_be_visible()
    expect(page.get_by_text("Columns that were not read: Name")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="2 refused rows").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines] == ["input", "nobody@example.org", "noone@example.org"]


def test_the_ledger_is_filtered_by_outcome_and_searched(console):
    page = console()
    preview(page, "student4@example.org", "nobody@example.org", "noone@example.org")

    page.get_by_role("button", name=re.compile("^2 ?Refused")).click()
    expect(page.get_by_text("Nobody by this name")).to_have_count(2)
    page.get_by_label("Search these rows").fill("noone")
    expect(page.get_by_text("Nobody by this name")).to_have_count(1)
    page.get_by_label("Search these rows").fill("zzz")
    page.get_by_role("button", name="Show all rows").click()
    expect(page.get_by_role("table", name="Every row").locator("tbody tr")).to_have_count(3)


def test_a_form_that_was_changed_asks_for_a_new_preview(console, site):
    page = console()
    preview(page, "student4@example.org")

    people(page).fill("student4@example.org\nstudent5@example.org")
    expect(bar(page)).to_contain_text("The form has changed since this preview.")
    expect(page.get_by_role("button", name="Assign 1 person")).to_have_count(0)
    bar(page).get_by_role("button", name="Preview again").click()
    expect(page.get_by_role("button", name="Assign 2 people")).to_be_visible()


def test_a_plan_that_no_longer_holds_shows_its_rows_and_writes_nothing(console, site):
    course = site.make.course(slug="full", total_seats=2)
    people_ = [site.make.student() for _ in range(3)]
    page = console("full")
    page.watch.expect("status of 412")
    preview(page, *[each.email for each in people_[:2]])
    site.make.enrollment(course, people_[2])

    page.get_by_role("button", name="Assign 2 people").click()

    changed = page.get_by_role("status").filter(has_text="One row has changed since the preview")
    expect(changed).to_be_focused()
    expect(changed.get_by_role("row").nth(1)).to_contain_text("No seat left")
    assert len(site.call("admin", "GET", f"/courses/{course.id}/enrollments")) == 1
    changed.get_by_role("button", name="Preview again").click()
    expect(page.get_by_role("button", name="Assign 1 person")).to_be_visible()


def test_a_large_run_is_watched_and_goes_on_without_the_page(console, site):
    page = console()
    sheet(page, "email\n" + "".join(f"nobody{number}@example.org\n" for number in range(10_001)))
    page.get_by_role("button", name="Preview").click()

    expect(stage(page)).to_have_text("Waiting to begin")
    expect(bar(page)).to_contain_text("0 of 10,001 rows")
    expect(bar(page)).to_contain_text("You can leave this page.")
    run = page.url.split("run=")[1]
    open_(page, "/admin/assignments")
    site.run_jobs()
    open_(page, f"/admin/assignments/{run}")
    expect(stage(page)).to_have_text("Preview: nothing is written yet")
    expect(page.get_by_text("1–20 of 10,001")).to_be_visible()


def test_a_waiting_run_is_stopped(console, site):
    page = console()
    sheet(page, "email\n" + "".join(f"nobody{number}@example.org\n" for number in range(10_001)))
    page.get_by_role("button", name="Preview").click()

    page.get_by_role("button", name="Stop the run").click()
    expect(page.get_by_role("button", name="Let it go on")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Stop the run").click()
    expect(stage(page)).to_have_text("Stopped: 0 people written")
    expect(bar(page)).to_contain_text("10,001 not reached")
    site.run_jobs()
    expect(page.get_by_role("button", name="Retry 10,001 rows")).to_be_visible()


def test_refused_rows_are_sent_again_when_there_is_room(console, site):
    course = site.make.course(slug="narrow", total_seats=1)
    page = console("narrow")
    preview(page, *[site.make.student().email for _ in range(2)])
    page.get_by_role("button", name="Assign 1 person").click()
    expect(stage(page)).to_have_text("Done: 1 person written")
    site.call("admin", "PATCH", f"/courses/{course.id}", json={"total_seats": 2})

    page.get_by_role("button", name="Retry 1 row").click()

    expect(page.get_by_role("button", name=re.compile("^1 ?All"))).to_be_visible()
    expect(stage(page)).to_have_text("Done: 1 person written")
    assert len(site.call("admin", "GET", f"/courses/{course.id}/enrollments")) == 2


def test_an_instructor_assigns_to_own_courses_only(visit):
    page = visit(role="instructor")
    open_(page, "/admin/assign")

    assert page.get_by_label("Add a person by name").count() == 0
    assert page.get_by_label("Assign beyond the seats").count() == 0
    page.get_by_role("combobox", name="Courses").fill("First aid")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_text(
        "Nothing by that name. Fewer letters find more."
    )


def test_enter_takes_what_was_typed_and_not_what_was_listed_before(visit):
    page = visit(role="admin")
    open_(page, "/admin/assign")
    field = page.get_by_role("combobox", name="Courses")

    field.press_sequentially("s")
    page.get_by_role("option").first.wait_for()
    field.fill("Working from home")
    field.press("Enter")

    expect(page.get_by_text("COURSE-0016")).to_be_visible()


def test_runs_are_listed_filtered_and_back_undoes_it(visit):
    page = visit(role="admin")
    open_(page, "/admin/assignments")
    everything = page.locator(".counted").inner_text()

    page.get_by_label("State").select_option("REFUSED")
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    assert page.url.endswith("?state=REFUSED")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator(".counted")).to_have_text(everything)


@pytest.mark.parametrize("theme", THEMES)
def test_a_preview_is_accessible(console, theme):
    page = console(theme=theme)
    preview(page, "student4@example.org", "student@example.org", "nobody@example.org")
    assert axe(page) == []
    assert invalid(page) == []


def test_on_a_phone_the_form_folds_and_the_bar_is_low(console):
    page = console(width=NARROW)
    preview(page, "student4@example.org", "nobody@example.org")

    assert overflow(page) == 0
    assert bar(page).bounding_box()["height"] <= 72
    expect(people(page)).to_be_hidden()
    page.get_by_role("button", name="Change").click()
    expect(people(page)).to_have_value("student4@example.org\nnobody@example.org")
    for path in ("/admin/assignments", f"/admin/assignments/{page.url.split('run=')[1]}", "/admin/notices"):
        open_(page, path)
        assert overflow(page) == 0, path


def test_a_notice_is_sent_again(visit, site):
    site.call("admin", "POST", f"/courses/{COURSE}/assign", json={"email": "student4@example.org"})
    site.run_jobs()
    page = visit(role="admin")
    open_(page, "/admin/notices?state=SENT&channel=EMAIL")
    before = int(re.search(r"\d+", page.locator(".counted").inner_text())[0])

    page.get_by_role("button", name="Send again").first.click()

    expect(page.locator("#toast")).to_contain_text("again")
    site.run_jobs()
    open_(page, "/admin/notices?state=SENT&channel=EMAIL")
    assert int(re.search(r"\d+", page.locator(".counted").inner_text())[0]) == before + 1


def test_a_run_is_undone_but_for_those_who_have_started(console, site):
    course = site.make.course(slug="undone", lessons=2)
    page = console("undone")
    preview(page, "student4@example.org", "student5@example.org", "nobody@example.org")
    page.get_by_role("button", name="Assign 2 people").click()
    expect(stage(page)).to_have_text("Done: 2 people written")
    lesson = site.make.lessons_of(course)[0]
    site.call("student4", "POST", f"/lessons/{lesson.id}/complete")

    bar(page).get_by_role("button", name="Undo").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep the run")).to_be_focused()
    expect(dialog).to_contain_text("1 person will be as before the run.")
    expect(dialog).to_contain_text("1 person has started")
    dialog.get_by_label("Reason").fill("Wrong list")
    dialog.get_by_role("button", name="Undo for 1 person").click()

    expect(stage(page)).to_have_text("Undone: 1 person reverted")
    expect(page.get_by_role("table", name="Every row")).to_be_visible()
    assert [row[2].split(" ")[0] for row in ledger(page)] == ["Kept:", "Reverted", "Was"]
    enrolled = site.call("admin", "GET", f"/courses/{course.id}/enrollments?status=ACTIVE")
    assert [each["user"]["username"] for each in enrolled] == ["student4"]
