"""The house stands: probes, error shape, the documents."""

from tests.http import assert_refused


def test_the_process_answers(app):
    response = app.test_client().get("/healthz")

    assert response.status_code == 200
    assert response.get_json()["status"] == "ok"


def test_the_dependencies_answer(app):
    response = app.test_client().get("/readyz")

    assert response.get_json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok"}}


def test_an_unknown_path_is_refused_in_the_one_shape(api):
    response = api.get("/nowhere")

    assert_refused(response, 404, "not_found")
