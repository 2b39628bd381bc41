"""Example objects that the demo creates with the example request of their noun.

`Request.creating` names them, so that a noun needs no code here. An admin calls the view without HTTP, in the demo's
transaction: nothing is committed on its own.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import ValidationError

from app.db.session import db
from app.errors.base import Refusal
from app.models.user import User
from app.web.access import access_of, acting_as
from app.web.openapi.examples.ids import id_of
from app.web.openapi.examples.requests import REQUESTS, Request
from app.web.openapi.marks import bodies_of
from demo import fixed_ids
from demo.load import DemoHasChangedError

_PARAMETER = re.compile(r"<[^>]+>")

View = Callable[..., Any]


def create(admin: User) -> None:
    """The objects of every example, in the order of the examples: one may refer to those before it.

    :raises DemoHasChangedError: an example is refused
    """
    rules = {view.__name__: rule for rule, view in _operations()}
    for operation, request in REQUESTS.items():
        if request.creates:
            url = _PARAMETER.sub(request.path, rules[operation])
            with acting_as(admin):
                created = {_create(url, request, name): id_of(name) for name in request.creates}
            fixed_ids.give(created)


def _create(url: str, request: Request, name: str) -> UUID:
    """The id of the object that the view at this URL creates for the example."""
    endpoint, path = current_app.url_map.bind("").match(url, "POST")
    view = current_app.view_functions[endpoint]
    schema: Any = bodies_of(view)["json"]
    body = schema.EXAMPLE if request.body is None else request.body
    try:
        created = inspect.unwrap(view)(schema.load({**body, **request.creates[name]}), **path)
    except (Refusal, ValidationError) as error:
        raise DemoHasChangedError(f"{view.__name__} does not create the example {name!r}: {error}") from error
    db.session.flush()
    created_id: UUID = created.id
    return created_id


def _operations() -> Iterator[tuple[str, View]]:
    """The rule and the view of each operation of the API."""
    for rule in current_app.url_map.iter_rules():
        view = current_app.view_functions[rule.endpoint]
        if access_of(view):
            yield rule.rule, view
