"""The address of the API itself: where its documentation is."""

from app.schemas.index import IndexSchema
from app.web import front_page
from app.web.access import public
from app.web.api import Blueprint

blp = Blueprint("index", __name__, description="Where to begin.")


@blp.get("")
@public
@blp.response(200, IndexSchema)
def show_index():
    """Find the documentation."""
    return front_page.links()
