"""Categories: in use, empty, and hidden."""

from app.models import Category
from tests.support.declarations import Fault, request
from tests.support.rows import CommittedRows, add

POLICY = """
GET    /categories                               | P
POST   /categories                               | A
GET    /categories/{ref}                         | P  | category | seen
PUT    /categories/{ref}                         | A  | category | admin
PATCH  /categories/{ref}                         | A  | category | admin
DELETE /categories/{ref}                         | A  | category | admin | category_in_use if USED
"""

WRITABLE = """
POST /categories: description icon is_active name slug
PUT /categories/{ref}: description icon is_active name slug
PATCH /categories/{ref}: description icon is_active name slug
"""

REQUESTS = {
    "GET /categories": request(),
    "POST /categories": request(),
    "GET /categories/{ref}": request(ref="category"),
    "PUT /categories/{ref}": request(ref="category"),
    "PATCH /categories/{ref}": request(ref="category"),
    "DELETE /categories/{ref}": request(ref="empty_category"),
}

LISTS = {"/categories": "category"}

VISIBLE = {"category": lambda variant, caller: variant != "INACTIVE" or caller == "admin"}


class Make(CommittedRows):
    def category(self, **values):
        number = next(self.numbers)
        return self._add(Category(**{"name": f"Category {number}", "slug": f"category-{number}", **values}))


def add_to_scene(scene):
    scene.category = add(Category(name=f"Used {scene.mark}", slug=f"used-{scene.mark}"))
    scene.empty_category = add(Category(name=f"Empty {scene.mark}", slug=f"empty-{scene.mark}"))


def add_to_stage(stage):
    for variant in ("USED", "EMPTY", "INACTIVE"):
        name = variant.lower()
        row = add(Category(name=f"Stage {name}", slug=f"stage-{name}", is_active=variant != "INACTIVE"))
        stage.register("category", variant, row.id)


FAULTS = [
    Fault("hidden categories are shown", "models/visibility.py",
          "return or_(Category.is_active, literal(viewer is not None and viewer.is_admin))", "return literal(True)", "categories"),
]  # fmt: skip
