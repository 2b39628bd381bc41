"""The page of 20 courses from rows to members: marshmallow's `Schema.dump` beside the function compiled from the schema.

Once from entities of the ORM, and once from mappings such as a statement of columns returns. All are measured in turns in
one process, and the least CPU time of each counts.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import marshmallow as ma
import msgspec
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app import create_app
from app.db.session import db
from app.models import Course
from app.schemas.courses import CourseSchema
from app.schemas.serialization import Serializer
from bench import dataset, platform
from environment import config_from

ROWS = 20
CALLS = 20
GOALS = {"entities": 0.4, "mappings": 0.15}


def measure(rounds: int) -> bool:
    """Print a line for each kind of row; return whether every goal was met."""
    with platform.running() as environment:
        app = create_app(config_from(environment))
        with app.app_context():
            with db.engine.connect() as connection:
                dataset.fill(
                    connection.execution_options(isolation_level="AUTOCOMMIT"), dataset.Size(1_000, 5_000)
                )
            courses = db.session.scalars(
                select(Course)
                .options(joinedload(Course.category), joinedload(Course.instructor))
                .order_by(Course.id)
                .limit(ROWS)
            ).all()
            schema = CourseSchema()
            kinds: dict[str, Sequence[Any]] = {
                "entities": courses,
                "mappings": [_mapping_of(course, schema) for course in courses],
            }
            print(f"  {ROWS} courses, CPU us     dump  compiled  ratio    goal")
            met = [_measure(kind, rows, schema, rounds) for kind, rows in kinds.items()]
    return all(met)


def _measure(kind: str, rows: Sequence[Any], schema: ma.Schema, rounds: int) -> bool:
    dump, write = partial(schema.dump, many=True), Serializer(schema).many
    if _as_json(dump(rows)) != _as_json(write(rows)):
        raise SystemExit(f"{kind}: the answers differ")
    least = _least({"dump": partial(dump, rows), "compiled": partial(write, rows)}, rounds)
    ratio, goal = least["compiled"] / least["dump"], GOALS[kind]
    verdict = "pass" if ratio <= goal else "FAIL"
    print(
        f"  {kind:<20}{least['dump']:>9,.0f}{least['compiled']:>10,.0f}{ratio:>7.2f}{goal:>8} {verdict}",
        flush=True,
    )
    return ratio <= goal


def _least(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for way in random.sample(sorted(ways), len(ways)):
            start = time.process_time()
            for _ in range(CALLS):
                ways[way]()
            least[way] = min(least[way], (time.process_time() - start) * 1e6 / CALLS)
    return least


def _mapping_of(row: Any, schema: ma.Schema) -> dict[str, Any]:
    """The row's values by name, as deep as the schema goes."""
    mapping = {name: getattr(row, field.attribute or name) for name, field in schema.fields.items()}
    for name, field in schema.fields.items():
        if isinstance(field, ma.fields.Nested) and not isinstance(mapping[name], Mapping | None):
            mapping[name] = _mapping_of(mapping[name], field.schema)
    return mapping


def _as_json(members: object) -> bytes:
    return msgspec.json.encode(members, enc_hook=str)
