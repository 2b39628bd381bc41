"""How the client writes and reads values: durations, days in the zone of the server, pasted names, steps of an axis."""

from __future__ import annotations

from tests.support.browsing import open_

WRITTEN = """async () => {
    const at = document.querySelector("script[type=module]").src;
    const from = (name) => import(at.replace("app.js", name));
    const { daysUntil, dueDay, dueTime, duration } = await from("lib/format.js");
    const { identifiers } = await from("pages/assignments/people.js");
    const names = (text) => identifiers(text).map(({ value }) => value);
    return {
        durations: [0, 45, 90, 2460, 5400, 7185, 7200].map(duration),
        due: [dueDay("2026-12-31T23:59:59Z"), dueDay("2026-12-31"), dueTime("2026-12-31T23:59:59Z"), dueDay(null)],
        today: daysUntil(new Date().toISOString().slice(0, 10)),
        outlook: names("Lovelace, Ada <ada@example.org>; Hopper, Grace <grace@example.org>"),
        others: names("Ada <ada@example.org>, grace@example.org\\n4711\\nada"),
    };
}"""


def test_values_are_written_and_read(visit):
    page = visit(zone="Asia/Tokyo")
    open_(page, "/courses")

    assert page.evaluate(WRITTEN) == {
        "durations": ["0 mins", "45 secs", "1 min 30 secs", "41 mins", "1 hr 30 mins", "2 hrs", "2 hrs"],
        "due": ["31 Dec 2026", "31 Dec 2026", "31 Dec 2026, 23:59 UTC", "–"],
        "today": 0,
        "outlook": ["ada@example.org", "grace@example.org"],
        "others": ["ada@example.org", "grace@example.org", "4711", "ada"],
    }
