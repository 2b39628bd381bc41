"""Recorded answers that are the same on every run: ids, times and tokens are replaced by others of their kind.

Recording again then changes only what has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.web.openapi.examples.ids import EMAIL_TOKEN, id_of

RECORDED_AT = datetime(2026, 1, 15, 9, tzinfo=UTC)
"""The time of the recording in the examples."""

FIXED_DATES_FROM = 2030
"""The year of the demo's due date, which stays as well."""

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
MONTH = re.compile(r"20\d\d-\d\d")
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
MAIL_TOKEN = re.compile(r"(?<![\w-])(?!3q2-7w)[\w-]{43}(?![\w-])")
CURSOR = re.compile(r"after=[^&]+")
NUMBER = re.compile(r"RC-[0-9A-F]{32}")
LINK = re.compile(r"expires=\d+&signature=[\w-]+")
PLAN = re.compile(r'"plan_etag": "(\d+)-[0-9a-f]{32}"')
PICTURE = re.compile(r"(pictures|thumbnails)/\w+/[0-9a-f]+")
FIXED = str(id_of(""))[:15]


def steady(value: Any) -> Any:
    """The same on every run: what is new each time is numbered in the order in which it is met."""
    text = json.dumps(value, ensure_ascii=False)
    now = datetime.now(UTC)
    text = MOMENT.sub(lambda found: moved(found[0], now), text)
    text = re.sub(rf'"({MONTH.pattern})"', lambda found: f'"{moved_month(found[1], now)}"', text)
    text = ID.sub(numbered(f"{FIXED}000-8000-0000000000{{:02}}", keep=FIXED), text)
    text = NUMBER.sub(numbered("RC-{:032}", keep="RC-000000"), text)
    text = PICTURE.sub(r"\1/a1/recorded", text)
    text = LINK.sub("expires=1796076000&signature=recorded", text)
    text = PLAN.sub(lambda found: f'"plan_etag": "{found[1]}-{1:032}"', text)
    text = TOKEN.sub("eyJhbGciOiJIUzI1NiJ9.…", text)
    text = MAIL_TOKEN.sub(EMAIL_TOKEN, text)
    return json.loads(CURSOR.sub("after=cursor", text))


def moved(moment: str, now: datetime) -> str:
    """Fixed times of the demo stay; others keep their distance from the recording in whole days.

    The end of a day is as many days ahead for a recording in the morning as for one in the evening.
    """
    when = datetime.fromisoformat(moment)
    if not RECORDED_AT.year - 1 <= when.year < FIXED_DATES_FROM:
        return moment
    is_near = abs(when - now) < timedelta(days=1)
    ahead = timedelta() if is_near else timedelta(days=(when.date() - now.date()).days)
    return (RECORDED_AT + ahead).isoformat().replace("+00:00", "Z")


def moved_month(month: str, now: datetime) -> str:
    """A month keeps its distance from that of the recording, on whatever day that is."""
    year, number = map(int, month.split("-"))
    if year < RECORDED_AT.year - 1:
        return month
    months = 12 * (year - now.year + RECORDED_AT.year) + number - now.month + RECORDED_AT.month - 1
    return f"{months // 12}-{months % 12 + 1:02}"


def numbered(form: str, *, keep: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, str] = {}

    def replace(found: re.Match[str]) -> str:
        if found[0].startswith(keep):
            return found[0]
        return seen.setdefault(found[0], form.format(len(seen) + 1))

    return replace
