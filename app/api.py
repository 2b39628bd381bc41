"""The REST surface: one registration for access, envelope, documentation, paging and the commit.

Order of a request: authenticate → query and body → service (flushes) → render → commit → after-commit effects → send.
The envelope of a success is built here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

import flask_smorest
import marshmallow as ma
import orjson
from flask import Flask, Request, Response, current_app, jsonify, request, stream_with_context
from flask.json.provider import JSONProvider
from itsdangerous import BadData, URLSafeSerializer
from webargs import core
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict

from app import access, openapi, sheets
from app.db import transaction
from app.errors import (
    Forbidden,
    InvalidRequest,
    MalformedBody,
    NotFound,
    PageNotFound,
    PageTooDeep,
    Refusal,
    TokenInvalid,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from app.paging import DEEPEST_ROW, Listing, Page, fetch_page
from app.problems import invalid
from app.schemas.base import ListQuerySchema, Schema
from app.schemas.fields import check_text
from app.settings import settings

PREFIX = "/api/v1"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PAGING = ("page", "page_size", "after")

View = Callable[..., Any]


def init_app(app: Flask, blueprints: Sequence[flask_smorest.Blueprint]) -> None:
    app.json = OrjsonProvider(app)
    # A trailing slash is optional and nothing redirects: a redirect would drop a POST body.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    openapi.init_app(app)
    api = openapi.Api()
    api.init_app(app)
    api.describe_fields()
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=PREFIX)


class OrjsonProvider(JSONProvider):
    """JSON out: UUIDs, times with `Z`, decimals as strings."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


class StrictParser(FlaskParser):
    """Bodies and queries as clients sent them, or a refusal that says what is wrong."""

    def _raw_load_json(self, req: Request) -> Any:
        body = req.get_data(cache=True)
        if not body.strip():
            return {}
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as problem:
            raise MalformedBody(f"The body is not valid JSON: {problem.msg}.") from problem

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        if "after" not in req.args:
            return self._makeproxy(req.args, schema)
        stored = _read_cursor(req.args["after"])["query"]
        own = {name: value for name, value in req.args.items() if name not in ("after", "page_size")}
        if any(stored.get(name) != value for name, value in own.items()):
            raise invalid({"after": ["This cursor belongs to other filters; send it alone."]})
        return self._makeproxy(MultiDict({**stored, **req.args}), schema)

    def _handle_invalid_json_error(self, error: Any, req: Request, *_: Any, **__: Any) -> Any:
        raise MalformedBody from error


class Blueprint(flask_smorest.Blueprint):
    """A noun's endpoints. A view that declares no access does not register."""

    ARGUMENTS_PARSER = StrictParser()

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: View | None = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        if view_func is None:
            raise TypeError("view_func must be provided")
        declared = access.access_of(view_func)
        if declared is None:
            raise TypeError(f"{view_func.__name__} declares no access: add @requires(...) or @public")
        guarded = _guard(view_func, declared, takes_path="<" in rule)
        super().add_url_rule(rule, endpoint, guarded, provide_automatic_options, **options)

    def arguments(
        self, schema: type[Schema], *, location: str = "json", **options: Any
    ) -> Callable[[View], View]:
        """The body (or query) that the view receives as its first argument."""
        instance = schema(**options)
        if location == "json":
            return self._documented(instance, location, example=getattr(schema, "EXAMPLE", None))
        return self._documented(instance, location)

    def _documented(self, instance: ma.Schema, location: str, **documentation: Any) -> Callable[[View], View]:
        decorate = super().arguments(instance, location=location, **documentation)

        def decorator(view: View) -> View:
            decorated = decorate(view)
            decorated._apidoc["arguments"].pop("responses", None)  # documented with the other refusals
            return decorated

        return decorator

    def response(
        self, status_code: int, schema: type[ma.Schema] | None = None, *, message: str = "OK."
    ) -> Callable[[View], View]:
        """The answer: `schema` shapes `data`, `message` is the sentence for people."""
        instance = schema() if schema else None
        documented = None if status_code == 204 else openapi.envelope(schema)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                result = view(*args, **kwargs)
                if isinstance(result, Response):
                    return result
                if status_code == 204:
                    return Response(status=204)
                data = instance.dump(result) if instance else None
                response = jsonify(success=True, message=message, data=data)
                response.status_code = status_code
                return response

            return _document_response(wrapper, status_code, documented)

        return decorator

    def lists(
        self,
        schema: type[ma.Schema],
        query: type[ListQuerySchema] = ListQuerySchema,
        *,
        message: str = "OK.",
        csv_columns: Sequence[str] = (),
    ) -> Callable[[View], View]:
        """One page of the `Listing` that the view returns; with `csv_columns` also the whole list as CSV.

        The view receives the filters of `query` as its first argument, when `query` has any.
        """
        instance = schema()
        has_filters = set(query().fields) != set(PAGING)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(filters: dict[str, Any], *args: Any, **path: Any) -> Response:
                paging = {name: filters.pop(name) for name in PAGING}
                wants_csv = csv_columns and filters.pop("format") == "csv"
                listing: Listing = view(filters, *args, **path) if has_filters else view(*args, **path)
                if wants_csv:
                    return _sheet(listing, instance, csv_columns, view.__name__)
                return _page(listing, instance, message, **paging)

            documented = _document_response(wrapper, 200, openapi.list_envelope(schema))
            documented._refusals = (PageNotFound, PageTooDeep, *getattr(view, "_refusals", ()))  # type: ignore[attr-defined]
            return self.arguments(query, location="query")(documented)

        return decorator

    @staticmethod
    def refuses(*kinds: type[Refusal]) -> Callable[[View], View]:
        """What the service behind this view can say no with; the OpenAPI document lists it."""

        def decorator(view: View) -> View:
            view._refusals = (*getattr(view, "_refusals", ()), *kinds)  # type: ignore[attr-defined]
            return view

        return decorator


def _guard(view: View, declared: access.Access, *, takes_path: bool) -> View:
    """The view behind access, strict query and path, and one transaction when it may write."""
    parameters = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    known = {name for each in parameters if each["in"] == "query" for name in each["schema"].fields}
    takes_body = any(each["in"] in ("json", "files", "form") for each in parameters)

    @wraps(view)
    def endpoint(**path: Any) -> Response:
        access.admit(declared)
        _check_path(path)
        _check_query(known)
        if request.method in SAFE_METHODS:
            return current_app.make_response(view(**path))
        if not takes_body:
            _check_no_body()
        with transaction():
            return current_app.make_response(view(**path))

    endpoint._apidoc = {**getattr(view, "_apidoc", {})}  # type: ignore[attr-defined]
    manual = dict(endpoint._apidoc.get("manual_doc", {}))  # type: ignore[attr-defined]
    refusals = _refusals(view, declared, takes_path=takes_path, takes_body=takes_body)
    manual["responses"] = {**manual.get("responses", {}), **openapi.error_responses(refusals)}
    manual["operationId"] = view.__name__
    manual["security"] = [{}, {"bearerAuth": []}] if declared.is_public else [{"bearerAuth": []}]
    if declared.roles:
        manual["x-roles"] = sorted(declared.roles)
    endpoint._apidoc["manual_doc"] = manual  # type: ignore[attr-defined]
    return endpoint


def _refusals(
    view: View, declared: access.Access, *, takes_path: bool, takes_body: bool
) -> set[type[Refusal]]:
    """What every endpoint of this kind can refuse, and what the view declares."""
    refusals: set[type[Refusal]] = {Unauthenticated, TokenInvalid, InvalidRequest, Unavailable}
    refusals.update(getattr(view, "_refusals", ()))
    if declared.roles:
        refusals.add(Forbidden)
    if takes_path:
        refusals.add(NotFound)
    if takes_body:
        refusals.update((MalformedBody, UnsupportedMediaType, TooLarge))
    return refusals


def _document_response(view: View, status: int, schema: type[ma.Schema] | None) -> View:
    body = {} if schema is None else {"schema": schema()}
    documentation = {"description": _PHRASES[status], "content_type": None, **body}
    view._apidoc = {**getattr(view, "_apidoc", {})}  # type: ignore[attr-defined]
    view._apidoc["response"] = {"responses": {status: [documentation]}}  # type: ignore[attr-defined]
    return view


_PHRASES = {200: "Done.", 201: "Made.", 202: "Accepted; a job does it.", 204: "Deleted."}


def _check_path(path: dict[str, Any]) -> None:
    for value in path.values():
        if isinstance(value, str):
            try:
                check_text(value)
            except ma.ValidationError as problem:
                raise NotFound from problem


def _check_query(known: set[str]) -> None:
    """An unknown or repeated parameter is a mistake worth telling, not one to ignore."""
    trouble = {name: ["Unknown parameter."] for name in request.args if name not in known}
    trouble |= {
        name: ["Given more than once."]
        for name, values in request.args.lists()
        if name in known and len(values) > 1
    }
    if trouble:
        raise invalid(trouble)


def _check_no_body() -> None:
    if request.get_data(cache=True).strip() not in (b"", b"{}", b"null"):
        raise invalid({"body": ["This request takes no body."]})


def _page(
    listing: Listing, schema: ma.Schema, message: str, *, page: int, page_size: int, after: str | None
) -> Response:
    cursor = None if after is None else _read_cursor(after)["values"]
    found = fetch_page(listing, page=page, size=page_size, after=cursor)
    next_link = _next_link(found, page=None if after else page, size=page_size)
    previous = _link(page=page - 1, page_size=page_size) if after is None and page > 1 else None
    response = jsonify(
        success=True,
        message=message,
        data=schema.dump(found.rows, many=True),
        count=found.count,
        count_is_exact=found.count_is_exact,
        next=next_link,
        previous=previous,
        page=None if after else page,
        page_size=page_size,
    )
    relations = {"next": next_link, "prev": previous}
    header = ", ".join(f'<{target}>; rel="{name}"' for name, target in relations.items() if target)
    if header:
        response.headers["Link"] = header
    return response


def _next_link(found: Page, *, page: int | None, size: int) -> str | None:
    if not found.has_next:
        return None
    if page is not None and page * size < DEEPEST_ROW:
        return _link(page=page + 1, page_size=size)
    stored = _filters()
    cursor = _cursors().dumps({"path": request.path, "query": stored, "values": found.cursor})
    return f"{settings().public_url}{request.path}?{urlencode({'after': cursor, 'page_size': size})}"


def _link(**paging: int) -> str:
    return f"{settings().public_url}{request.path}?{urlencode({**_filters(), **paging})}"


def _filters() -> dict[str, str]:
    """The query without its paging; behind a cursor, the query that the cursor holds."""
    if "after" in request.args:
        stored: dict[str, str] = _read_cursor(request.args["after"])["query"]
        return stored
    return {name: value for name, value in request.args.items() if name not in PAGING}


def _cursors() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt="page-cursor")


def _read_cursor(text: str) -> dict[str, Any]:
    try:
        cursor: dict[str, Any] = _cursors().loads(text)
    except BadData as problem:
        raise invalid({"after": ["Not a cursor of ours; follow a `next` link."]}) from problem
    if cursor["path"] != request.path:
        raise invalid({"after": ["This cursor belongs to another list."]})
    return cursor


def _sheet(listing: Listing, schema: ma.Schema, columns: Sequence[str], name: str) -> Response:
    """The whole list as CSV, row by row."""

    def lines() -> Iterator[str]:
        yield sheets.header(columns)
        page: list[str | None] | None = None
        while True:
            found = fetch_page(listing, page=1, size=1_000, after=page)
            for row in schema.dump(found.rows, many=True):
                yield sheets.line(row, columns)
            if not found.has_next:
                return
            page = found.cursor

    response = Response(stream_with_context(lines()), mimetype="text/csv")
    filename = name.removeprefix("list_")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    return response
