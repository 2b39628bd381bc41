"""Whatever is sent to whichever endpoint, the answer is a documented one.

Requests are generated from the OpenAPI document, valid and broken ones, and each is sent as a student, an instructor and an
admin; half of them meet rows that exist. `make fuzz` sends twenty thousand, as four kinds of callers and from five seeds,
one by one and as stories in which answers become requests.
"""

import contextlib
from collections import Counter

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.enums import CourseStatus
from tests.security.policy import POLICY
from tests.support.good_requests import REQUESTS, key_of, values_for
from tests.support.http import PREFIX
from tests.support.scene import Scene

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = ("student", "owner", "admin")
ROLES = ("anonymous", *CALLERS)
SEEDS = (1, 2, 3, 4, 5)
FEW, MORE = 4, 9
STORIES, STEPS = 40, 8

ENDS_SESSIONS = ["log_out", "log_out_everywhere", "end_session"]
"""A story would continue without a user."""

sent = Counter()
"""How many requests each test has sent."""


@pytest.fixture(scope="module")
def schema(app):
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_wsgi("/openapi.json", app, config=config)


def stage(app, status=CourseStatus.PUBLISHED):
    """A scene for the requests of one example, and who makes them."""
    scene = Scene(app, status=status)
    return scene, {caller: f"Bearer {scene.token_of(caller).access}" for caller in CALLERS}


def meet(case, name, scene):
    """Point the request to rows that exist."""
    for parameter in case.path_parameters or {}:
        case.path_parameters[parameter] = key_of(REQUESTS[name].path[parameter], scene)
    if isinstance(case.body, dict):
        case.body |= {field: value for field, value in values_for(name, scene).items() if field in case.body}


def exercise(app, schema, name, examples, *, callers=CALLERS, seed=None):
    method, path = name.split()
    operation = schema[(PREFIX + path).rstrip("/")][method]
    requests = st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)
    scenes = []

    @settings(
        max_examples=examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests, meets_rows=st.booleans())
    def answer(case, meets_rows):
        scene, tokens = scenes[-1] if scenes else stage(app, REQUESTS[name].course_is)
        scenes[:] = [(scene, tokens)]
        if meets_rows:
            meet(case, name, scene)
        for caller in callers:
            sent[callers] += 1
            response = case.call(headers=signed(tokens, caller))
            case.validate_response(response, checks=CHECKS)
            if method != "GET" and response.status_code < 400:
                scenes.clear()

    if seed is not None:
        answer = hypothesis.seed(seed)(answer)
    answer()


def signed(tokens, caller):
    return {"Authorization": tokens[caller]} if caller in tokens else {}


@pytest.mark.parametrize("name", sorted(POLICY))
def test_any_request_gets_a_documented_answer(app, schema, name):
    exercise(app, schema, name, FEW)


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", ROLES)
def test_very_many_requests_get_documented_answers(app, schema, role, seed, record_property):
    failures = {}
    for name in sorted(POLICY):
        try:
            exercise(app, schema, name, MORE, callers=(role,), seed=seed)
        except (FailureGroup, AssertionError) as failure:
            failures[name] = str(failure)[:2_000]

    record_property(f"{role} {seed}", sent.pop((role,)))
    assert failures == {}


@pytest.mark.fuzz
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("role", ROLES)
def test_requests_made_of_answers_get_documented_answers(app, schema, role, seed, record_property):
    failures, told = {}, Counter()

    class Story(schema.exclude(operation_id=ENDS_SESSIONS).as_state_machine()):
        def setup(self):
            told[role] += 1
            _scene, self.tokens = stage(app)

        def get_call_kwargs(self, *_):
            return {"headers": signed(self.tokens, role)}

        def validate_response(self, response, case, **_):
            sent[role] += 1
            try:
                case.validate_response(response, checks=CHECKS)
            except (FailureGroup, AssertionError) as failure:
                # Repeated, the story would meet other rows and go otherwise.
                failures[f"{case.method} {case.path}"] = repr(failure)[:2_000]

    while told[role] < STORIES:
        # Hypothesis repeats a beginning now and then, and gives up where other rows make it end otherwise.
        with contextlib.suppress(FlakyStrategyDefinition):
            hypothesis.seed(1_000 * seed + told[role])(Story).run(
                settings=settings(
                    max_examples=STORIES - told[role],
                    stateful_step_count=STEPS,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
            )

    record_property(f"{role} {seed}, stories", sent.pop(role))
    assert failures == {}
