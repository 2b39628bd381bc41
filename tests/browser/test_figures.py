"""The admin's dashboard and the analytics of a course: figures, their definitions, and charts that are tables."""

from tests.support.browsing import open_, overflow

COURSE = "CCC-2014J"


def test_the_dashboard_shows_the_figures_of_the_api(site, visit):
    figures = site.call("admin", "GET", "/dashboard/admin")
    page = visit(role="admin")
    open_(page, "/admin")

    tiles = page.locator(".tile").all_inner_texts()
    assert f"{figures['total_users']:,}" in tiles[0]
    assert f"{figures['total_enrollments']:,}" in tiles[1]
    assert f"{figures['completion_rate']:.1f}%" in tiles[2]
    page.get_by_role("button", name="What “Enrollments” counts").press("Enter")
    assert page.get_by_text("Enrollments that hold a seat").is_visible()
    page.keyboard.press("Escape")
    assert (
        page.get_by_role("link", name="courses wait for a decision").get_attribute("href") == "/admin/reviews"
    )


def test_a_row_of_a_table_and_its_mark_light_up_together(site, visit):
    page = visit(role="admin")
    open_(page, "/admin")
    chart = page.get_by_role("figure").filter(has=page.get_by_role("heading", name="Courses with the most"))
    rows = chart.get_by_role("table").get_by_role("row")

    marks = chart.locator("rect")
    assert marks.count() == rows.count() - 1
    rows.nth(2).hover()
    assert "on" in marks.nth(1).get_attribute("class").split()
    marks.nth(3).hover()
    assert rows.nth(4).get_attribute("data-on") is not None
    assert rows.nth(2).get_attribute("data-on") is None
    widths = marks.evaluate_all("all => all.map((each) => Number(each.getAttribute('width')))")
    assert widths == sorted(widths, reverse=True)


def test_charts_run_from_right_to_left_in_arabic(visit):
    page = visit(role="admin", locale="ar")
    open_(page, "/admin")

    box = page.locator(".chart svg").nth(2).bounding_box()
    bar = page.locator(".chart svg").nth(2).locator("rect").last.bounding_box()
    assert bar["x"] - box["x"] > box["x"] + box["width"] - bar["x"] - bar["width"]
    assert overflow(page) == 0


def test_analytics_count_each_lesson_and_ask_before_the_optional_ones(site, visit):
    figures = site.call("instructor3", "GET", f"/courses/{COURSE}/analytics")
    page = visit(role="instructor")
    open_(page, f"/teach/courses/{COURSE}/analytics", "Figures")
    rows = page.get_by_role("figure").last.locator("tbody tr")
    assert rows.count() == sum(step["is_required"] for step in figures["funnel"])

    page.get_by_role("checkbox", name="optional").press("Space")
    assert rows.count() == len(figures["funnel"])
    assert page.evaluate("() => document.activeElement.type") == "checkbox"


def test_analytics_of_another_instructor_are_refused(visit):
    page = visit(role="instructor2")
    page.watch.expect("status of 40[34]")
    page.goto(f"/teach/courses/{COURSE}/analytics")

    page.get_by_role("alert").wait_for()
    assert page.get_by_role("table").count() == 0
