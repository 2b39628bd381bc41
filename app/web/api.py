"""Blueprints of the REST API: access, response envelope, pagination and one transaction per request.

Order of a request: receive → authenticate → rate limit → authorize → query and body → service (flushes) → render →
commit → after-commit effects → send.
The envelope of a success is built here and nowhere else. `marks` document it in OpenAPI.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import flask_smorest
import marshmallow as ma
from flask import Flask, Response, jsonify

from app.adapters.cache import Snapshot
from app.db.listings import Listing
from app.errors.base import Refusal
from app.errors.requests import PageNotFound, PageTooDeep
from app.schemas import serialization
from app.schemas.base import ListQuerySchema, Schema
from app.services.assigning.queued_runs import Accepted
from app.settings import settings
from app.values.downloads import Download
from app.web import (
    access,
    awaited_runs,
    conditional_requests,
    preferences,
    sheet_uploads,
)
from app.web.guard import SAFE_METHODS, View, guard
from app.web.openapi import document, envelopes, marks
from app.web.openapi.operations import Operation
from app.web.pagination import PAGING, csv_of, ndjson_of, page_of
from app.web.request_body import (
    MsgspecProvider,
    StrictParser,
)

PREFIX = "/api/v1"

Message = str | Callable[[Any], str]


def init_app(app: Flask, blueprints: Sequence[flask_smorest.Blueprint]) -> None:
    app.json = MsgspecProvider(app)
    document.init_app(app)
    api = document.Api()
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
        """The views of GET, by rule: a precondition on PUT, PATCH or DELETE refers to what they return."""

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
        reader = marks.acted_on(view_func)
        if methods & {"GET", "PUT", "PATCH", "DELETE"}:
            reader = self._readers.get(rule)
        operation = Operation(view_func, declared, takes_path="<" in rule, reader=reader)
        super().add_url_rule(rule, endpoint, guard(operation), provide_automatic_options, **options)

    def arguments(
        self,
        schema: type[Schema],
        *,
        location: str = "json",
        sheet: type[Schema] | None = None,
        **options: Any,
    ) -> Callable[[View], View]:
        """The body (or query) that the view receives as its first argument.

        :param sheet: the schema of a body that is a sheet, which the view takes as well
        """
        example = getattr(schema, "EXAMPLE", None) if location == "json" else None
        taken = schema(**options)
        parsed = super().arguments(taken, location=location, example=example)
        of_sheets = sheet() if sheet else None

        def decorator(view: View) -> View:
            shown = marks.shown_by(view)
            if location != "query" and shown is not None:
                taken.answered_with(shown())
            with_json = parsed(view)
            if of_sheets is None:
                return with_json

            @wraps(with_json)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                if sheet_uploads.is_sheet():
                    return view(sheet_uploads.load(of_sheets), *args, **kwargs)
                return with_json(*args, **kwargs)

            return marks.mark_taking_sheets(wrapper, of_sheets)

        return decorator

    def response(
        self, status_code: int, schema: type[ma.Schema] | None = None, *, message: Message = "OK."
    ) -> Callable[[View], View]:
        """The response: `schema` shapes `data`; `message` is a sentence for the user, or makes it from the view's result."""
        serializer = serialization.of(schema) if schema else None
        documented = None if status_code == 204 else envelopes.envelope(schema)
        is_resource, aside = getattr(schema, "IS_RESOURCE", False), getattr(schema, "ASIDE", ())

        def decorator(view: View) -> View:
            def render(result: Any) -> Response:
                if status_code == 204:
                    return Response(status=204)
                data = serializer.one(result) if serializer else None
                sentence = message(result) if callable(message) else message
                response = jsonify(success=True, message=sentence, data=data)
                response.status_code = status_code
                if is_resource and data is not None:
                    read = {name: value for name, value in data.items() if name not in aside}
                    conditional_requests.set_etag(response, result, read)
                return response

            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                conditional_requests.check()
                result = view(*args, **kwargs)
                if isinstance(result, Response):
                    awaited_runs.render_with(render)
                    return result
                return render(result)

            described = marks.document_answer(wrapper, status_code, documented)
            return marks.mark_shown(described, schema) if schema else described

        return decorator

    @staticmethod
    def figures(schema: type[ma.Schema], *, message: str = "OK.") -> Callable[[View], View]:
        """The response: a `Snapshot`, already serialized. `schema` documents it; its ETag covers the figures only."""
        documented = envelopes.envelope(schema)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                snapshot: Snapshot = view(*args, **kwargs)
                members = {"as_of": snapshot.as_of, **snapshot.figures}
                response = jsonify(success=True, message=message, data=members)
                response.set_etag(snapshot.tag, weak=True)
                return response

            return marks.document_answer(wrapper, 200, documented)

        return decorator

    def lists(
        self,
        schema: type[ma.Schema],
        query: type[ListQuerySchema] = ListQuerySchema,
        *,
        message: str = "OK.",
        csv_columns: Sequence[str] | Callable[[], Sequence[str]] = (),
        csv_schema: type[ma.Schema] | None = None,
        summary: type[ma.Schema] | None = None,
    ) -> Callable[[View], View]:
        """One page of the `Listing` that the view returns; with `csv_columns` also the whole list as CSV.

        Columns may depend on the caller; `csv_schema` shapes the rows of a CSV whose columns differ from the page's.
        `summary` shapes what the `Listing` says about the whole list, beside `data`.
        The view receives the filters of `query` as its first argument, when `query` has any.
        """
        serializer = serialization.of(schema)
        summed_up = serialization.of(summary) if summary else None
        envelope = envelopes.list_envelope(schema, summary)
        has_filters = set(query().fields) != set(PAGING)

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(filters: dict[str, Any], *args: Any, **path: Any) -> Response:
                paging = {name: filters.pop(name) for name in PAGING}
                form = filters.pop("format") if csv_columns else "json"
                listing: Listing = view(filters, *args, **path) if has_filters else view(*args, **path)
                if form != "json":
                    columns = csv_columns() if callable(csv_columns) else csv_columns
                    rows = serialization.of_columns(csv_schema or schema, tuple(columns))
                    stream = ndjson_of if form == "ndjson" else csv_of
                    return stream(listing, rows, columns, view.__name__)
                return page_of(listing, serializer, message, summary=summed_up, **paging)

            documented = marks.document_answer(wrapper, 200, envelope, is_also_csv=bool(csv_columns))
            marks.add_refusals(marks.mark_list(documented), PageNotFound, PageTooDeep)
            return self.arguments(query, location="query")(documented)

        return decorator

    @staticmethod
    def downloads(*media_types: str) -> Callable[[View], View]:
        """The response: the `Download` that the view returns, with its ETag."""

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Response:
                file: Download = view(*args, **kwargs)
                response = Response(file.content, mimetype=file.media_type)
                response.headers["Content-Disposition"] = f'attachment; filename="{file.filename}"'
                response.set_etag(file.tag)
                return response

            return marks.document_file(wrapper, media_types)

        return decorator

    def accepts(self, schema: type[Schema], *, message: str) -> Callable[[View], View]:
        """The view may leave its work to a job: it then returns an `Accepted`, and the answer is 202 with its record.

        Below `response`, whose answer is for work that was done in the request, or that ended while the client waited.
        """
        instance, documented = schema(), envelopes.envelope(schema)

        def record_of(run: Any) -> Response:
            response = jsonify(success=True, message=message, data=instance.dump(run))
            response.status_code = 202
            response.headers["Location"] = f"{settings().public_url}{PREFIX}/assignments/{run.id}"
            response.headers["Retry-After"] = str(preferences.RETRY_AFTER_SECONDS)
            if preferences.responds_async():
                preferences.applied(response, "respond-async")
            return response

        def decorator(view: View) -> View:
            @wraps(view)
            def wrapper(*args: Any, **kwargs: Any) -> Any:
                result = view(*args, **kwargs)
                if not isinstance(result, Accepted):
                    return result
                awaited_runs.await_end(result.run.id, record_of)
                return record_of(result.run)

            return marks.mark_accepting(wrapper, documented)

        return decorator

    @staticmethod
    def needs_plan(view: View) -> View:
        """The view needs an `If-Match` with the `plan_etag` of what it acts on."""
        return marks.mark_needing_plan(view)

    @staticmethod
    def waits(view: View) -> View:
        """The view may wait for what it shows to end, as `Prefer: wait=N` asks."""
        return marks.mark_waiting(view)

    @staticmethod
    def idempotent(view: View) -> View:
        """A request sent again with the same `Idempotency-Key` gets the first response and has no further effect."""
        return marks.mark_idempotent(view)

    @staticmethod
    def acts_on(reader: View) -> Callable[[View], View]:
        """The action changes what `reader` returns at the same path; it checks an `If-Match` against that ETag."""

        def decorator(view: View) -> View:
            return marks.mark_action(view, reader)

        return decorator

    @staticmethod
    def refuses(*kinds: type[Refusal]) -> Callable[[View], View]:
        """Domain errors that the service behind this view can raise; the OpenAPI document lists them."""

        def decorator(view: View) -> View:
            return marks.add_refusals(view, *kinds)

        return decorator
