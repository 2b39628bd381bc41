"""Bad input gets the code it deserves, in the one error shape, and changes nothing: 273 numbered cases."""

import pytest

from tests.corpus import cases, live_cases, over_http
from tests.corpus.harness import LAST, Platform, troubles_of

GROUPS = {
    "syntax": cases.SYNTAX,
    "text": cases.TEXT,
    "numbers": cases.NUMBERS,
    "query": cases.QUERY,
    "path": cases.PATH,
    "dates": cases.DATES,
    "values": cases.VALUES,
    "formats": cases.FORMATS,
    "http": cases.HTTP,
}

ELSEWHERE = {
    103: "blueprints/test_courses_list.py, cursors of other lists and other filters",
    172: "links are for browsers; the server never opens one, so an intranet's address is as good as any",
    192: "test_https.py, names that are not ours",
    **dict.fromkeys(over_http.NUMBERS, "over_http.py"),
}
"""Numbers that are no request to a platform in this process, and why."""


@pytest.fixture
def platform(app, make, _janitor):
    make.category(name="Caf\u00e9", slug="cafe")
    return Platform(app, _janitor)


@pytest.mark.parametrize("group", GROUPS)
def test_bad_input_is_refused_and_changes_nothing(platform, group):
    assert troubles_of(platform, GROUPS[group]) == {}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize(
    "made", [live_cases.tokens, live_cases.files, live_cases.lesson_files, live_cases.states]
)
def test_bad_tokens_files_and_moments_are_refused_and_change_nothing(platform, made):
    assert troubles_of(platform, made(platform)) == {}


def test_every_number_is_a_case_or_says_where_it_is(platform):
    made = [live_cases.tokens, live_cases.files, live_cases.lesson_files, live_cases.states]
    listed = [*GROUPS.values(), *(group(Platform(platform.app, platform.engine)) for group in made)]
    numbers = {case.number for group in listed for case in group}

    assert sorted([*numbers, *ELSEWHERE]) == list(range(1, LAST + 1))


@pytest.mark.timeout(240)
def test_bytes_that_are_no_request_are_refused_by_a_real_server(platform, web):
    token = platform.tokens["owner"].encode()
    before = platform.digest()
    wrong = {}
    for number, about, sent, statuses, voice in over_http.CASES:
        heard = over_http.exchanged(web, sent.replace(b"TOKEN", token))
        trouble = over_http.trouble_with(heard, statuses, voice)
        if trouble:
            wrong[f"{number} {about}"] = trouble
    well = over_http.exchanged(web, over_http.GET + b"\r\n")

    assert wrong == {}
    assert well.startswith(b"HTTP/1.1 200")
    assert platform.digest() == before
