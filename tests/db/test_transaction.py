"""One commit per request, after the answer is rendered; what waits for it runs behind it, or not at all."""

import marshmallow as ma
import pytest
from sqlalchemy import create_engine, text

from app import create_app
from app.db.session import after_commit, db, refusing, transaction
from app.errors.accounts import RefreshTokenReused
from app.errors.catalogue import NameTaken
from app.errors.learning import CourseFull
from app.models import Category
from app.web.access import public
from app.web.api import Blueprint
from tests.support.http import assert_refused

blp = Blueprint("probe", __name__)
heard = []


class Unrenderable(ma.Schema):
    name = ma.fields.Function(lambda _row: 1 / 0)


def write(name):
    """A row, flushed, as a service leaves it."""
    category = Category(name=name, slug=name)
    with refusing({Category.ONE_PER_NAME: NameTaken()}):
        db.session.add(category)
    return category


@blp.post("/probe/written")
@public
@blp.response(201)
def write_one():
    return write("written")


@blp.get("/probe/read")
@public
@blp.response(200)
def write_while_reading():
    return write("read")


@blp.post("/probe/unrenderable")
@public
@blp.response(201, Unrenderable)
def write_unrenderable():
    after_commit(lambda: heard.append("unrenderable"))
    return write("unrenderable")


@blp.post("/probe/refused")
@public
@blp.response(201)
def write_and_refuse():
    write("refused")
    after_commit(lambda: heard.append("refused"))
    raise CourseFull


@blp.post("/probe/kept")
@public
@blp.response(201)
def write_and_refuse_but_keep():
    write("kept")
    after_commit(lambda: heard.append("kept"))
    raise RefreshTokenReused


@blp.post("/probe/effects")
@public
@blp.response(201)
def write_with_effects():
    def fail():
        raise OSError("the queue is away")

    write("effects")
    after_commit(lambda: heard.append(committed_names()))
    after_commit(fail)
    after_commit(lambda: heard.append("after the failing one"))


def committed_names():
    """What another connection sees."""
    with db.engine.connect() as other:
        return other.scalars(text("SELECT name FROM categories ORDER BY name")).all()


@pytest.fixture(scope="module")
def probes(config):
    app = create_app(config)
    app.register_blueprint(blp, url_prefix="/api/v1")
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app, probes):  # `app` has the tables emptied afterwards
    heard.clear()
    return probes.test_client()


@pytest.fixture
def names(config):
    engine = create_engine(config.database_url)

    def read():
        with engine.connect() as connection:
            return connection.scalars(text("SELECT name FROM categories ORDER BY name")).all()

    yield read
    engine.dispose()


def test_a_success_commits(client, names):
    response = client.post("/api/v1/probe/written")

    assert response.status_code == 201
    assert names() == ["written"]


def test_an_answer_that_cannot_be_rendered_undoes_the_change(client, names):
    response = client.post("/api/v1/probe/unrenderable")

    assert_refused(response, 500, "internal_error")
    assert names() == []
    assert heard == []


def test_a_refusal_undoes_the_change(client, names):
    response = client.post("/api/v1/probe/refused")

    assert_refused(response, 409, "course_full")
    assert names() == []
    assert heard == []


def test_a_refusal_that_keeps_writes_commits(client, names):
    response = client.post("/api/v1/probe/kept")

    assert_refused(response, 401, "token_invalid")
    assert names() == ["kept"]
    assert heard == ["kept"]


def test_a_violated_constraint_is_its_refusal_and_undoes_the_change(client, names):
    client.post("/api/v1/probe/written")

    again = client.post("/api/v1/probe/written")

    assert_refused(again, 409, "name_taken")
    assert names() == ["written"]


def test_effects_run_after_the_commit_and_a_failing_one_fails_no_request(client, names):
    response = client.post("/api/v1/probe/effects")

    assert response.status_code == 201
    assert names() == ["effects"]
    assert heard == [["effects"], "after the failing one"]


def test_a_get_never_commits(client, names):
    response = client.get("/api/v1/probe/read")

    assert response.status_code == 200
    assert names() == []


def test_a_transaction_does_not_nest(app):
    with (
        app.app_context(),
        pytest.raises(RuntimeError, match="does not nest"),
        transaction(),
        transaction(),
    ):
        pass
