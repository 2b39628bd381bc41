"""The load: learners who enroll, complete lessons and read, visitors of the catalogue, and an admin who assigns thousands.

Requests begin at a fixed rate, however long the ones before them take. One that fails is sent again with the same key,
until it is answered, as clients do.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tools.lab import network
from tools.lab.deployment import FRONT_PORT, Scene
from tools.lab.tally import FIRST_FAILURE, Answer

RATE = 20.0
ASSIGN_SECONDS = 5.0
ASSIGNED_AT_ONCE, INFORMED_AT_ONCE = 2_000, 50
AT_ONCE = 96
GROUP = 20
ANSWER_SECONDS = 30.0
REPEAT_SECONDS, GIVE_UP_SECONDS = 0.5, 60.0


@dataclass(frozen=True)
class Step:
    """A request, and what its success promises."""

    kind: str
    method: str
    path: str
    token: str = ""
    body: Any = None
    has_key: bool = False


@dataclass
class Promises:
    """What was answered with 200 or 201, to be looked up afterwards."""

    enrollments: list[str] = field(default_factory=list)
    completions: list[tuple[str, str]] = field(default_factory=list)
    """the learner's token and the lesson"""
    assignments: list[tuple[str, str, int]] = field(default_factory=list)
    """the run, its course and how many people"""
    never_answered: int = 0


class Load:
    """Pairs of a learner and a course are never used twice, over all cases of one lab."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._steps = self._every_step()
        self._assignments = self._every_assignment()
        self._lock = threading.Lock()
        self.answers: list[Answer] = []
        self.promises = Promises()

    def run(self, seconds: float, fault: Callable[[], None], after: float) -> None:
        """Send for so long, and until the fault, which begins after some seconds, has been dealt with."""
        self.answers, self.promises = [], Promises()
        began = time.monotonic()

        def deal() -> None:
            time.sleep(after)
            fault()

        with ThreadPoolExecutor(AT_ONCE) as clients:
            dealing = clients.submit(deal)
            ends, next_assignment = began + seconds, began
            for number in itertools.count():
                due = began + number / RATE
                if time.monotonic() > ends and dealing.done():
                    break
                time.sleep(max(0.0, due - time.monotonic()))
                clients.submit(self._carry, next(self._steps))
                if time.monotonic() >= next_assignment:
                    next_assignment += ASSIGN_SECONDS
                    clients.submit(self._carry, next(self._assignments))
            dealing.result()

    def _carry(self, step: Step) -> None:
        key = str(uuid.uuid4()) if step.has_key else ""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        is_repeat = False
        while True:
            sent = time.monotonic()
            status, answer = send(step, key)
            with self._lock:
                self.answers.append(Answer(step.kind, sent, time.monotonic(), status, is_repeat))
                if 0 < status < FIRST_FAILURE:
                    self._note(step, status, answer)
                    return
                if time.monotonic() > deadline:
                    self.promises.never_answered += 1
                    return
            is_repeat = True
            time.sleep(REPEAT_SECONDS)

    def _note(self, step: Step, status: int, answer: Any) -> None:
        if status not in {200, 201}:
            return
        if step.kind == "enroll":
            self.promises.enrollments.append(answer["data"]["id"])
        elif step.kind == "complete":
            self.promises.completions.append((step.token, step.path.split("/")[-2]))
        elif step.kind == "assign":
            found = (answer["data"]["id"], step.path.split("/")[-2], len(step.body["user_ids"]))
            self.promises.assignments.append(found)

    def _every_step(self) -> Iterator[Step]:
        """In tens: three who enroll, three who complete a lesson, four who read."""
        scene = self._scene
        pairs = ((learner, course) for course in scene.open_courses for learner in scene.learners)
        lessons = _lessons_of_everyone(scene)
        for number in itertools.count():
            token, course = next(pairs)
            yield Step("enroll", "POST", f"/courses/{course}/enroll", token, has_key=True)
            yield Step("list", "GET", "/enrollments", token)
            token, lesson = next(lessons)
            yield Step("complete", "POST", f"/lessons/{lesson}/complete", token)
            if number % 3 == 0:
                reads = (Step("catalogue", "GET", "/courses"), Step("dashboard", "GET", "/dashboard", token))
                yield reads[number // 3 % 2]

    def _every_assignment(self) -> Iterator[Step]:
        """Every second one informs people, fewer of them: their mails have to be sent before the case is looked at."""
        for number, course in enumerate(self._scene.assigned_courses):
            informs = number % 2 == 1
            people = self._scene.people[: INFORMED_AT_ONCE if informs else ASSIGNED_AT_ONCE]
            body = {"user_ids": people, "notify": informs}
            yield Step(
                "assign", "POST", f"/courses/{course}/assign-multiple", self._scene.admin, body, has_key=True
            )


def _lessons_of_everyone(scene: Scene) -> Iterator[tuple[str, str]]:
    """Both lessons of a course by one learner, some requests apart, so that the second completes the course."""
    for first, second in zip(scene.lessons[::2], scene.lessons[1::2], strict=True):
        for start in range(0, len(scene.learners), GROUP):
            for lesson in (first, second):
                for token in scene.learners[start : start + GROUP]:
                    yield token, lesson


def send(step: Step, key: str = "", port: int = FRONT_PORT, host: str = "") -> tuple[int, Any]:
    """The status and the body; 0 where there was no answer."""
    headers = {"Content-Type": "application/json"} if step.body is not None else {}
    headers |= {"Authorization": f"Bearer {step.token}"} if step.token else {}
    headers |= {"Idempotency-Key": key} if key else {}
    body = None if step.body is None else json.dumps(step.body)
    connection = HTTPConnection(host or network.address(network.EDGE), port, timeout=ANSWER_SECONDS)
    try:
        connection.request(step.method, f"/api/v1{step.path}", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    except (OSError, HTTPException, ValueError):
        return 0, None
    finally:
        connection.close()
