"""Files in the browser: thumbnails and lesson files sent with progress, and a video that seeks, resumes and completes."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browsing import axe, layout_shift, open_, overflow
from tests.support.paths import ROOT

OWNER = "instructor3"
FILM = ROOT / "tests" / "files" / "film.webm"


@pytest.fixture
def course(site):
    """A published course with one video, which a student has to take."""
    body = {"title": "Doors", "short_description": "Locks.", "description": "How they open."}
    made = site.call(OWNER, "POST", "/courses", json=body)
    lesson = {"title": "The hinge", "type": "VIDEO", "course_id": made["id"]}
    made["lesson"] = site.call(OWNER, "POST", "/lessons", json=lesson)["id"]
    site.call("admin", "POST", f"/courses/{made['id']}/publish", json={"override_reason": "A test."})
    site.call(
        "admin",
        "POST",
        f"/courses/{made['id']}/assign",
        json={"email": "student4@example.org", "notify": False},
    )
    return made


def send(site, path, content, name, method="POST"):
    form = {"file": (io.BytesIO(content), name)}
    return site.call(OWNER, method, path, data=form, content_type="multipart/form-data")


def drawing():
    made = io.BytesIO()
    Image.new("RGB", (1600, 900), "#1d4ed8").save(made, "PNG")
    return made.getvalue()


def test_an_instructor_sends_a_picture_which_the_catalogue_shows(site, course, visit, tmp_path):
    picture = tmp_path / "door.png"
    picture.write_bytes(drawing())
    page = visit(role=OWNER)
    open_(page, f"/teach/courses/{course['id']}")
    group = page.get_by_role("region", name="Picture")

    group.locator("input[type=file]").set_input_files(picture)
    expect(group.locator("img.cover")).to_be_visible()
    expect(group.get_by_role("button", name="Choose another picture")).to_be_visible()
    assert axe(page) == []

    open_(page, "/courses?search=doors")
    cover = page.locator("article img.cover").first
    expect(cover).to_be_visible()
    assert "1280w" in cover.get_attribute("srcset")
    page.wait_for_function("() => document.querySelector('article img.cover').naturalWidth > 0")
    assert layout_shift(page) == []

    open_(page, f"/teach/courses/{course['id']}")
    page.get_by_role("region", name="Picture").get_by_role("button", name="Remove the picture").click()
    expect(page.get_by_role("region", name="Picture").locator("img.cover")).to_have_count(0)


def test_an_instructor_sends_a_video_and_files(site, course, visit, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("Oil it twice a year.")
    wrong = tmp_path / "wrong.png"
    wrong.write_text("no picture")
    page = visit(role=OWNER)
    page.watch.expect("status of 415")
    open_(page, f"/teach/courses/{course['id']}?view=lessons")
    page.get_by_role("button", name="The hinge Video").click()
    dialog = page.get_by_role("dialog")
    video, files = (dialog.locator(".attachments input[type=file]").nth(place) for place in (0, 1))

    video.set_input_files(FILM)
    expect(dialog.get_by_role("button", name="Replace the video")).to_be_visible()
    files.set_input_files(notes)
    expect(dialog.get_by_text("notes.txt")).to_be_visible()
    files.set_input_files(wrong)
    expect(dialog.get_by_role("alert").filter(has_text="called .png")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_role("button", name="Remove notes.txt").click()
    expect(dialog.get_by_text("notes.txt")).to_have_count(0)

    lesson = site.call(OWNER, "GET", f"/lessons/{course['lesson']}")
    assert (lesson["video"]["name"], lesson["files"]) == ("film.webm", [])


def test_a_learner_watches_seeks_resumes_and_gets_the_files(site, course, visit):
    send(site, f"/lessons/{course['lesson']}/video", FILM.read_bytes(), "film.webm", "PUT")
    send(site, f"/lessons/{course['lesson']}/files", b"Oil it twice a year.", "notes.txt")
    page = visit(role="student4")
    path = f"/courses/{course['slug']}/learn/{course['lesson']}"
    open_(page, path, "The hinge")
    film = page.locator("video")
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    assert overflow(page) <= 0
    assert axe(page) == []

    film.evaluate("(video) => { video.muted = true; return video.play(); }")
    page.wait_for_function("() => document.querySelector('video').currentTime > 3")
    film.evaluate("(video) => { video.currentTime = 8; }")
    page.wait_for_function("() => document.querySelector('video').currentTime > 10")
    film.evaluate("(video) => video.pause()")
    expect(page.get_by_text("watched")).to_be_visible()

    (row,) = site.call("student4", "GET", f"/courses/{course['id']}/progress")
    assert 8 <= row["position_seconds"] <= 13
    assert 4 <= row["watched_seconds"] <= 8, "what was skipped is not watched"
    with page.expect_download() as download:
        page.get_by_role("button", name="notes.txt").click()
    assert download.value.suggested_filename == "notes.txt"

    open_(page, path, "The hinge")
    page.wait_for_function("() => document.querySelector('video').currentTime > 7")
    expect(page.get_by_text("Resumes at")).to_be_visible()


def test_a_film_goes_on_when_its_link_has_ended(site, course, visit):
    send(site, f"/lessons/{course['lesson']}/video", FILM.read_bytes(), "film.webm", "PUT")
    page = visit(role="student4")
    refused = []
    page.watch.expect("status of 403")

    def end(route):
        """The first link ends after its first answer."""
        if len(refused) < 1:
            refused.append(route.request.url)
            route.fulfill(status=403, body="")
        else:
            route.continue_()

    page.route("**/media/files/**", end)
    open_(page, f"/courses/{course['slug']}/learn/{course['lesson']}", "The hinge")

    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    assert len(refused) == 1
