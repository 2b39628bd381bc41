"""A request to every endpoint that succeeds on a scene: the example of the OpenAPI document, and rows that exist."""

import re
from operator import attrgetter

from tests.support.nouns import merged

REQUESTS = merged("REQUESTS")
EDITED = {
    found[1].replace("-", "_"): name
    for name in REQUESTS
    if (found := re.fullmatch(r"PATCH /([\w-]+)/{\w+}", name))
}
"""By table: the operation that edits one of its rows."""


def path_of(name, scene):
    """The path of the operation with the ids of the scene's rows in it."""
    return filled(name, name.split()[1], scene).removesuffix("/")


def filled(name, path, scene):
    """The same for a part of that path."""
    rows = REQUESTS[name].path
    return re.sub(r"{(\w+)}", lambda found: key_of(rows[found[1]], scene), path)


def body_of(name, scene, operation):
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    body = {**content["example"], **values_for(name, scene)}
    return {field: value for field, value in body.items() if value is not None}


def values_for(name, scene):
    """The values of the body that its example cannot know."""
    request = REQUESTS[name]
    values = {field: key_of(row, scene) for field, row in request.ids.items()}
    if request.order:
        values["order"] = [key_of(request.order, scene)]
    return values | request.body(scene)


def key_of(row, scene):
    """The id of the row with this name, or its attribute: `certificate.number`."""
    return str(attrgetter(row if "." in row else f"{row}.id")(scene))
