"""What each role comes for, from end to end, through the pages alone and by keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.adapters import mail_folder
from demo.people import PASSWORD
from tests.support.browsing import MOST_STOPS, focused, open_, travel

CHOSEN = "Analytical-Engine-1843"


@pytest.fixture
def linked(site):
    """The path and query of the link in the newest mail to an address."""

    def read(address):
        site.run_jobs()
        with site.app.app_context():
            mail = mail_folder.newest(1, to=address)[0]
        return re.search(r"https?://[^/\s]+(/\S*token=[\w.-]+)", mail.text)[1]

    return read


def press(page, target, key="Enter"):
    """Go there with Tab, and press a key."""
    travel(page, target)
    page.keyboard.press(key)


def press_in(page, part, target):
    """Go with Tab to the control with this role and name that is inside a part of the page, and press Enter."""
    for _ in range(MOST_STOPS):
        travel(page, target)
        if part.locator(":focus").count():
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {target} there")


def write(page, target, text):
    """Type where the focus is, if that is the field, else go there first."""
    if target not in focused(page):
        travel(page, target)
    page.keyboard.type(text)


def stands(page, heading):
    """Wait for a page; its heading has the focus, so that Tab goes on from there."""
    page.get_by_role("heading", level=1, name=heading).wait_for()
    page.wait_for_load_state("networkidle")


def register(page, *, name, email, teach=False):
    open_(page, "/")
    press(page, 'link "Sign in"')
    stands(page, "Sign in")
    press(page, 'link "Create an account"')
    stands(page, "Create an account")
    travel(page, 'radio "Learn')
    if teach:
        page.keyboard.press("ArrowDown")
        assert 'radio "Teach' in focused(page)
    write(page, 'textbox "First name', name)
    write(page, 'textbox "Last name', "Byron")
    write(page, 'textbox "Email', email)
    write(page, 'textbox "Password', CHOSEN)
    write(page, 'textbox "Password (repeated)', CHOSEN)
    page.keyboard.press("Enter")
    stands(page, "Your account is ready")


def confirm(page, link):
    """Open the link of the mail, confirm, and sign in."""
    open_(page, link, "Confirm your email address")
    press(page, 'button "Confirm the address"')
    stands(page, "Email address confirmed.")
    press(page, 'link "Log in"')


def sign_in(page, login, password=CHOSEN):
    stands(page, "Sign in")
    write(page, 'textbox "Email or username"', login)
    write(page, 'textbox "Password"', password)
    page.keyboard.press("Enter")


def palette(page, words):
    """Ctrl K, some words, Enter."""
    page.keyboard.press("Control+k")
    page.get_by_role("dialog", name="Find or do").wait_for()
    page.keyboard.type(words)
    page.locator("dialog [role=option]").first.wait_for()
    page.keyboard.press("Enter")


def test_a_student_from_registration_to_the_review(visit, site, linked):
    made = site.call(
        "instructor3", "POST", "/courses", json={"title": "Knots for beginners", "description": "Ropes."}
    )
    lessons = [{"title": title, "type": "TEXT"} for title in ("Bends", "Hitches")]
    site.call("instructor3", "POST", "/lessons/bulk", json={"course_id": made["id"], "lessons": lessons})
    site.call("admin", "POST", f"/courses/{made['id']}/publish", json={})
    page = visit()
    register(page, name="Ada", email="ada@example.org")
    confirm(page, linked("ada@example.org"))
    sign_in(page, "ada@example.org")
    page.wait_for_url("**/my-courses")
    stands(page, re.compile("Ada"))

    press(page, 'link "Courses"')
    stands(page, "Find a course")
    write(page, 'searchbox "Search courses"', "knots")
    expect(page.get_by_role("status").filter(has_text="1 course")).to_be_visible()
    press(page, 'link "Knots for beginners"')
    stands(page, "Knots for beginners")
    press(page, 'button "Enroll"')
    expect(page.get_by_role("link", name="Start learning")).to_be_focused()
    page.keyboard.press("Enter")

    for number in (1, 2):
        page.get_by_text(f"Lesson {number} of 2").first.wait_for()
        press(page, 'button "Mark complete"', "Space")
        if number == 1:
            page.get_by_text("Marked complete: 1 of 2 lessons done.").wait_for()
            press(page, 'link "Next')
    expect(page.get_by_role("heading", name="Course completed")).to_be_focused()
    press(page, 'link "See the certificate"')
    stands(page, "Ada Byron")
    page.get_by_text("Knots for beginners").first.wait_for()

    palette(page, "knots for")
    stands(page, "Knots for beginners")
    press(page, 'button "Write a review"')
    page.get_by_role("dialog").wait_for()
    press(page, "radio", "ArrowLeft")
    write(page, 'textbox "Your review', "Nothing came loose.")
    press(page, 'button "Post the review"')
    page.get_by_role("listitem").filter(has_text="Ada Byron (You)").get_by_text(
        "Nothing came loose."
    ).wait_for()


def test_an_instructor_from_registration_to_the_roster(visit, site, linked):
    page, admin = visit(), visit(role="admin")
    register(page, name="Grace", email="grace@example.org", teach=True)
    confirm(page, linked("grace@example.org"))
    open_(admin, "/admin")
    palette(admin, "requests to become")
    stands(admin, "Requests to become an instructor")
    row = admin.get_by_role("listitem").filter(has_text="grace@example.org")
    press_in(admin, row, 'button "Approve')
    admin.get_by_role("dialog").wait_for()
    write(admin, "textbox", "Welcome.")
    press(admin, 'button "Approve"')
    expect(row.get_by_text("Approved")).to_be_visible()

    sign_in(page, "grace@example.org")
    stands(page, "My teaching")
    press(page, 'link "Create a course"')
    stands(page, "Create a course")
    write(page, 'textbox "Title', "Compilers")
    write(page, 'textbox "Short description', "From words to machine code.")
    press(page, 'button "Create the course"')
    page.wait_for_url(re.compile(r"view=lessons"))
    for title in ("Reading", "Translating"):
        press(page, 'button "Add a lesson"')
        page.get_by_role("dialog").wait_for()
        page.get_by_role("dialog").get_by_label("Title").wait_for()
        write(page, 'textbox "Title', title)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"{title} Text")).to_be_focused()
    press(page, 'button "Submit for review"')
    page.get_by_role("button", name="Withdraw from review").first.wait_for()

    palette(admin, "courses waiting")
    stands(admin, "Courses waiting for a decision")
    waiting = admin.get_by_role("listitem").filter(has=admin.get_by_role("link", name="Compilers"))
    press_in(admin, waiting, 'button "Publish')
    admin.get_by_role("dialog").wait_for()
    write(admin, "textbox", "Well made.")
    press(admin, 'button "Publish"')
    expect(waiting).to_have_count(0)

    student = visit(role="student5")
    open_(student, "/courses?search=compilers")
    press(student, 'link "Compilers"')
    stands(student, "Compilers")
    press(student, 'button "Enroll"')
    student.get_by_role("link", name="Start learning").wait_for()

    palette(page, "my teaching")
    stands(page, "My teaching")
    press(page, 'link "Roster"')
    stands(page, "Roster")
    expect(page.get_by_role("row").filter(has_text="Silas Student")).to_be_visible()


def test_an_admin_from_the_sheet_to_the_undo(visit, site):
    course = site.make.course(title="Ladders", slug="ladders", lessons=1)
    people = [site.make.student().email for _ in range(32)]
    sheet = "email\n" + "\n".join([*people, "nobody@example.org", "no address", people[0]]) + "\n"
    page = visit()
    open_(page, "/")
    press(page, 'link "Sign in"')
    sign_in(page, "admin@example.org", PASSWORD)
    stands(page, "Dashboard")
    open_(page, "/courses/ladders", "Ladders")
    press(page, 'link "Assign people"')
    stands(page, "Assign people to a course")
    # The dialog of the operating system that chooses a file is none of the page's.
    with page.expect_file_chooser() as chooser:
        press(page, 'button "Choose a file', "Space")
    chooser.value.set_files({"name": "people.csv", "mimeType": "text/csv", "buffer": sheet.encode()})
    write(page, 'textbox "Reason', "Safety week")
    press(page, 'button "Preview"')
    stage, bar = page.locator(".stage-title"), page.get_by_role("region", name="This run")
    expect(stage).to_have_text("Preview: nothing is written yet")
    rows = page.get_by_role("table", name="Every row").locator("tbody tr")
    expect(rows).to_have_count(20)
    counted = page.get_by_role("button", name=re.compile(r"^\d+\s*Refused"))
    refused = int(re.match(r"\d+", counted.inner_text())[0])
    press_in(page, counted.locator(".."), f'button "{refused}')
    expect(rows).to_have_count(refused)
    reasons = " ".join(rows.all_inner_texts())
    assert (refused, reasons.count("nobody@example.org")) == (2, 1), reasons

    press(page, 'button "Assign 32 people')
    expect(stage).to_have_text("Done: 32 people written")
    with page.expect_download() as download:
        press(page, f"{refused} refused rows")
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == refused + 1

    site.make.student(email="nobody@example.org")
    press(page, f'button "Retry {refused} rows')
    expect(stage).to_have_text("Done: 1 person written")
    press_in(page, bar, 'button "Undo')
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Keep the run")).to_be_focused()
    press(page, 'button "Undo for 1 person"')
    expect(stage).to_have_text("Undone: 1 person reverted")
    assert (
        len(site.call("admin", "GET", f"/courses/{course.id}/enrollments?status=ACTIVE&page_size=100")) == 32
    )
