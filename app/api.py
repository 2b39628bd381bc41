"""The REST surface: one registration for access, envelope, documentation, paging and the commit.

Order of a request: recognize → count → admit → query and body → service (flushes) → render → commit → after-commit
effects → send.
The envelope of a success is built here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask, Response, current_app, jsonify, request

from app import access, openapi, preconditions, replay, throttling
from app.db import transaction
from app.errors import (
    Forbidden,
    IdempotencyKeyReused,
    InvalidRequest,
    MalformedBody,
    NotFound,
    PageNotFound,
    PageTooDeep,
    PreconditionFailed,
    PreconditionRequired,
    Refusal,
    Throttled,
    TokenInvalid,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
)
from app.lists import PAGING, page_of, sheet_of
from app.paging import Listing
from app.schemas.base import ListQuerySchema, Schema
from app.services.dashboard import Snapshot
from app.wire import OrjsonProvider, StrictParser, check_no_body, check_path, check_query

PREFIX = "/api/v1"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

View = Callable[..., Any]


def init_app(app: Flask, blueprints: Sequence[flask_smorest.Blueprint]) -> None:
    app.json = OrjsonProvider(app)
    openapi.init_app(app)
    api = openapi.Api()
    api.init_app(app)
    api.describe_fields()
    for blueprint in blueprints:
        api.register_blueprint(blueprint, url_prefix=PREFIX)


class Blueprint(flask_smorest.Blueprint):
    """A noun's endpoints. A view that declares no access does not register."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers: dict[str, View] = {}
        """The views behind GET, by rule: what a precondition on PUT, PATCH or DELETE is about."""

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
        methods = set(options.get("methods", ("GET",)))
        if methods & SAFE_METHODS:
            self._readers[rule] = view_func
        reader = self._readers.get(rule) if methods & {"GET", "PUT", "PATCH", "DELETE"} else None
        guarded = _guard(view_func, declared, takes_path="<" in rule, reader=reader)
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
                preconditions.remember(data)
                response = jsonify(success=True, message=message, data=data)
                response.status_code = status_code
                return response

            return _document_response(wrapper, status_code, documented)

        return decorator

    @staticmethod
    def figures(schema: type[ma.Schema], *, message: str = "OK.") -> Callable[[View], View]:
        """The answer: a `Snapshot`, which is shaped already. `schema` describes it; its tag is of the figures alone."""
        documented = openapi.envelope(schema)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                snapshot: Snapshot = view(*args, **kwargs)
                members = {"as_of": snapshot.as_of, **snapshot.figures}
                response = jsonify(success=True, message=message, data=members)
                response.set_etag(snapshot.tag, weak=True)
                return response

            return _document_response(wrapper, 200, documented)

        return decorator

    def lists(
        self,
        schema: type[ma.Schema],
        query: type[ListQuerySchema] = ListQuerySchema,
        *,
        message: str = "OK.",
        csv_columns: Sequence[str] = (),
        summary: type[ma.Schema] | None = None,
    ) -> Callable[[View], View]:
        """One page of the `Listing` that the view returns; with `csv_columns` also the whole list as CSV.

        `summary` shapes what the `Listing` tells about the whole list, beside `data`.
        The view receives the filters of `query` as its first argument, when `query` has any.
        """
        instance = schema()
        summed_up = summary() if summary else None
        has_filters = set(query().fields) != set(PAGING)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(filters: dict[str, Any], *args: Any, **path: Any) -> Response:
                paging = {name: filters.pop(name) for name in PAGING}
                wants_csv = csv_columns and filters.pop("format") == "csv"
                listing: Listing = view(filters, *args, **path) if has_filters else view(*args, **path)
                if wants_csv:
                    return sheet_of(listing, instance, csv_columns, view.__name__)
                return page_of(listing, instance, message, summary=summed_up, **paging)

            documented = _document_response(wrapper, 200, openapi.list_envelope(schema, summary))
            if csv_columns:
                documented._apidoc["response"]["responses"][200].append(_SHEET)  # type: ignore[attr-defined]
            documented._is_list = True  # type: ignore[attr-defined]
            documented._refusals = (PageNotFound, PageTooDeep, *getattr(view, "_refusals", ()))  # type: ignore[attr-defined]
            return self.arguments(query, location="query")(documented)

        return decorator

    @staticmethod
    def idempotent(view: View) -> View:
        """Sent again under the same `Idempotency-Key`, the request gets its first answer and does nothing."""
        view._is_idempotent = True  # type: ignore[attr-defined]
        return view

    @staticmethod
    def refuses(*kinds: type[Refusal]) -> Callable[[View], View]:
        """What the service behind this view can say no with; the OpenAPI document lists it."""

        def decorator(view: View) -> View:
            view._refusals = (*getattr(view, "_refusals", ()), *kinds)  # type: ignore[attr-defined]
            return view

        return decorator


def _guard(view: View, declared: access.Access, *, takes_path: bool, reader: View | None) -> View:
    """The view behind access, strict query and path, and one transaction when it may write.

    `reader` is the view behind GET on the same path, where this view is it or may change what it reads.
    """
    parameters = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    known = {name for each in parameters if each["in"] == "query" for name in each["schema"].fields}
    takes_body = any(each["in"] in ("json", "files", "form") for each in parameters)

    is_list = getattr(view, "_is_list", False)
    is_idempotent = getattr(view, "_is_idempotent", False)

    def answer(**path: Any) -> Response:
        return current_app.make_response(view(**path))

    budget = throttling.budget_of(view)
    is_open = declared.is_public

    @wraps(view)
    def endpoint(**path: Any) -> Response:
        user_id = access.recognize(declared)
        throttling.spend(budget, user_id, is_catalogue=is_open and request.method in SAFE_METHODS)
        access.admit(declared)
        check_path(path)
        check_query(known)
        if request.method in SAFE_METHODS:
            response = answer(**path)
            return response if is_list else preconditions.tag(response)
        if not takes_body:
            check_no_body()
        with transaction():
            if reader is not None:
                preconditions.check(reader, path)
            if is_idempotent:
                return replay.once(access.caller(), view.__name__, path, lambda: answer(**path))
            return answer(**path)

    _document(endpoint, view, declared, reader=reader, takes_path=takes_path, takes_body=takes_body)
    return endpoint


def _document(
    endpoint: View,
    view: View,
    declared: access.Access,
    *,
    reader: View | None,
    takes_path: bool,
    takes_body: bool,
) -> None:
    """What the document tells about an endpoint beyond arguments and answer: headers, refusals, who may call."""
    endpoint._apidoc = {**getattr(view, "_apidoc", {})}  # type: ignore[attr-defined]
    manual = dict(endpoint._apidoc.get("manual_doc", {}))  # type: ignore[attr-defined]
    refusals = _refusals(view, declared, takes_path=takes_path, takes_body=takes_body)
    responses = dict(manual.get("responses", {}))
    told = openapi.headers(*openapi.STANDING)
    if view is reader and not getattr(view, "_is_list", False):
        _takes_header(endpoint, openapi.IF_NONE_MATCH)
        responses["304"] = {"description": "Not modified."}
    elif reader not in (None, view):
        refusals |= {PreconditionFailed, PreconditionRequired}
        _takes_header(endpoint, openapi.IF_MATCH)
    if getattr(view, "_is_idempotent", False):
        refusals.add(IdempotencyKeyReused)
        _takes_header(endpoint, openapi.IDEMPOTENCY_KEY)
        told[replay.REPLAYED] = openapi.IDEMPOTENCY_REPLAYED
    answers = getattr(view, "_apidoc", {}).get("response", {}).get("responses", {})
    responses |= {status: {"headers": told} for status in answers}
    manual["responses"] = {**responses, **openapi.error_responses(refusals)}
    manual["operationId"] = view.__name__
    manual["security"] = [{}, {"bearerAuth": []}] if declared.is_public else [{"bearerAuth": []}]
    if declared.roles:
        manual["x-roles"] = sorted(declared.roles)
    endpoint._apidoc["manual_doc"] = manual  # type: ignore[attr-defined]


def _takes_header(endpoint: View, header: dict[str, Any]) -> None:
    """Document a header beside the parameters that the view declares."""
    declared = endpoint._apidoc.get("arguments", {})  # type: ignore[attr-defined]
    parameters = [*declared.get("parameters", []), header]
    endpoint._apidoc["arguments"] = {**declared, "parameters": parameters}  # type: ignore[attr-defined]


def _refusals(
    view: View, declared: access.Access, *, takes_path: bool, takes_body: bool
) -> set[type[Refusal]]:
    """What every endpoint of this kind can refuse, and what the view declares."""
    refusals: set[type[Refusal]] = {
        UriTooLong,
        Unauthenticated,
        TokenInvalid,
        InvalidRequest,
        Throttled,
        Unavailable,
    }
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


_SHEET = {"description": "Done.", "content_type": "text/csv", "schema": {"type": "string"}}
_PHRASES = {200: "Done.", 201: "Made.", 202: "Accepted; a job does it.", 204: "Deleted."}
