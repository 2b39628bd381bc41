"""Lists in pages, whatever they list."""

import pytest
from sqlalchemy import Integer, Text, column, func

from app.paging import SortKey, ordered_by


def test_an_ordering_by_something_without_a_type_is_a_defect_at_once():
    with pytest.raises(TypeError, match="no type"):
        SortKey(func.lower(column("title", Text)))

    SortKey(func.lower(column("title", Text), type_=Text))


@pytest.mark.parametrize(
    ("ordering", "sql"),
    [
        ("price", ["price ASC", "id ASC"]),
        ("-price", ["price DESC", "id DESC"]),
        ("rating", ["rating ASC NULLS LAST", "id ASC"]),
        ("-rating", ["rating DESC NULLS LAST", "id DESC"]),
    ],
)
def test_missing_values_come_last_in_both_directions_and_the_key_breaks_ties(ordering, sql):
    columns = {"price": column("price", Integer), "rating": column("rating", Integer)}

    keys = ordered_by(ordering, columns, column("id", Integer), nullable=["rating"])

    assert [str(key.order()) for key in keys] == sql
