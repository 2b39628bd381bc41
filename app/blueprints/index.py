"""The root of the API: links to its documentation."""

from app.schemas.index import IndexSchema
from app.web import developers
from app.web.access import public_ignoring_token
from app.web.api import Blueprint

blp = Blueprint("index", __name__, description="Links to the documentation.")


@blp.get("")
@public_ignoring_token
@blp.response(200, IndexSchema)
def show_index():
    """Show the links to the documentation."""
    return developers.links()
