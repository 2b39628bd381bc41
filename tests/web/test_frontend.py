"""The browser client over HTTP: its files under a version, the shell for its pages, and what stays JSON."""

import gzip
import json
import os
import re

import pytest

from app.web.frontend import EXTENSION, ROUTES
from app.web.frontend_files import TYPES, Files
from tests.support.http import PREFIX
from tests.support.paths import ROOT

PATHS = json.loads((ROOT / "frontend" / ROUTES).read_text(encoding="utf-8"))
NAVIGATION = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
MODULE = "import './strings/en.js';\n" + "export const names = ['a roll of names'];\n" * 100
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' https: data:; "
    "media-src 'self' https:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; "
    "trusted-types rollcall"
)


@pytest.fixture
def folder(tmp_path):
    """A small client, beside files that are not part of it."""
    client = tmp_path / "client"
    for name, content in {
        "index.html": '<!doctype html><script type="module" src="/assets/{{version}}/main.js"></script>',
        "main.js": MODULE,
        "strings/en.js": "export default {};",
        "styles/base.css": "body { margin: 0 }\n" * 100,
        "icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "manifest.webmanifest": '{"icons": [{"src": "/assets/{{version}}/icon.svg"}]}',
        "service-worker.js": "const version = '{{version}}';",
        ".env": "SECRET=1",
        ".git/config.json": "{}",
        "notes.md": "not a file of the client",
    }.items():
        (client / name).parent.mkdir(parents=True, exist_ok=True)
        (client / name).write_text(content)
    (client / "font.woff2").write_bytes(bytes(2_000))
    (tmp_path / "outside.js").write_text("outside")
    (client / "link.js").symlink_to(tmp_path / "outside.js")
    return client


@pytest.fixture
def browser(app, folder, monkeypatch):
    monkeypatch.setitem(app.extensions, EXTENSION, Files(folder))
    return app.test_client()


@pytest.fixture
def assets(browser):
    """The address of the folder, as the shell names it."""
    return re.search(r"/assets/[0-9a-f]{12}", browser.get("/").text)[0]


# The shell


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_the_client_is_answered_with_the_shell(app, path):
    answer = app.test_client().get(re.sub(r":\w+", "CCC-2014J", path))

    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert answer.data == app.test_client().get("/").data


def test_the_shell_names_the_version_and_is_revalidated(browser, assets):
    shell = browser.get("/courses")

    again = browser.get("/courses", headers={"If-None-Match": shell.headers["ETag"]})

    assert f'src="{assets}/main.js"' in shell.text
    assert shell.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")


def test_the_shell_runs_our_modules_alone_and_makes_no_script_of_text(browser):
    for answer in (browser.get("/"), browser.get("/nowhere", headers=NAVIGATION)):
        assert answer.headers.getlist("Content-Security-Policy") == [POLICY]


def test_the_service_worker_fetches_under_the_policy_of_the_shell(browser):
    """Under `default-src 'none'`, which other files have, it could fetch nothing."""
    assert browser.get("/service-worker.js").headers.getlist("Content-Security-Policy") == [POLICY]


# Paths that nothing serves


@pytest.mark.parametrize(
    "path", ["/nowhere", "/courses/a/b/c", "/learn/nothing.html", "/login/x", "/%2e%2e/x"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_browser_at_an_unknown_path_gets_the_shell_with_404(browser, path, method):
    answer = browser.open(path, method=method, headers=NAVIGATION)

    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.data == (browser.get("/").data if method == "GET" else b"")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "ETag" not in answer.headers
    assert "Accept" in answer.vary


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "image/*", "application/json, text/html;q=0.5", ""]
)
def test_other_clients_at_an_unknown_path_get_json(browser, accept):
    answer = browser.get("/nowhere", headers={"Accept": accept})

    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"
    assert "Accept" in answer.vary


def test_nothing_but_a_navigation_gets_the_shell(browser):
    answer = browser.post("/nowhere", headers=NAVIGATION)

    assert (answer.status_code, answer.get_json()["success"]) == (404, False)


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"{PREFIX}/nowhere",
            "/api",
            "/docs/nowhere",
            "/problems/nowhere",
            "/mail/nowhere",
            "/media/no.webp",
        ),
        *("/static/nowhere.css", "/assets/x/nowhere.js", "/assets/x", "/healthz/x", "/developers/x"),
    ],
)
def test_what_lies_below_other_paths_keeps_its_own_404(browser, path):
    answer = browser.get(path, headers=NAVIGATION)

    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"


# Files


def test_a_file_of_the_version_is_kept_for_ever(browser, assets):
    answer = browser.get(f"{assets}/main.js")

    assert answer.text == MODULE
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_under_another_version_the_file_is_served_and_not_kept(browser):
    answer = browser.get("/assets/0123456789ab/main.js")

    assert (answer.status_code, answer.text) == (200, MODULE)
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(
            ("strings/en.js", "text/javascript"),
            ("styles/base.css", "text/css"),
            ("icon.svg", "image/svg+xml"),
        ),
        ("font.woff2", "font/woff2"),
    ],
)
def test_a_file_has_its_type_and_runs_nothing_if_it_is_opened(browser, assets, name, kind):
    answer = browser.get(f"{assets}/{name}")

    assert answer.mimetype == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["main.js", "styles/base.css"])
def test_text_is_compressed_once_and_revalidated_in_either_form(browser, assets, path):
    plain = browser.get(f"{assets}/{path}", headers={"Accept-Encoding": "identity"})
    packed = browser.get(f"{assets}/{path}", headers=GZIP)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data)
    for answer in (plain, packed):
        again = browser.get(f"{assets}/{path}", headers=GZIP | {"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Accept-Encoding" in answer.vary
        assert "Accept-Encoding" in again.vary


def test_what_is_compressed_already_is_sent_as_it_is(browser, assets):
    answer = browser.get(f"{assets}/font.woff2", headers=GZIP)

    assert "Content-Encoding" not in answer.headers
    assert answer.data == bytes(2_000)


def test_head_says_what_get_would(browser, assets):
    got, asked = (browser.open(f"{assets}/main.js", method=each, headers=GZIP) for each in ("GET", "HEAD"))

    assert asked.data == b""
    for name in ("Content-Length", "Content-Encoding", "Content-Type", "ETag", "Cache-Control"):
        assert asked.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".git/config.json", "notes.md", "link.js", "no.js", "styles", "styles/", "", "main.js/"),
        *("../outside.js", "..%2foutside.js", "%2e%2e/outside.js", "/etc/passwd", "styles/../main.js"),
        *("index.html", "service-worker.js", "manifest.webmanifest", "main.js%00", "\\..\\outside.js"),
    ],
)
def test_nothing_else_is_served_from_there(browser, assets, name):
    answer = browser.get(f"{assets}/{name}", headers=NAVIGATION)

    assert answer.status_code == 404
    assert answer.get_json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/service-worker.js", "text/javascript"), ("/manifest.webmanifest", "application/manifest+json")],
)
def test_worker_and_manifest_are_at_the_root_with_the_version_in_them(browser, assets, path, kind):
    answer = browser.get(path)

    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert assets.removeprefix("/assets/") in answer.text


def test_without_a_worker_its_path_is_json_404(browser, folder, app):
    (folder / "service-worker.js").unlink()
    app.extensions[EXTENSION] = Files(folder)

    answer = browser.get("/service-worker.js", headers=NAVIGATION)

    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")


# Versions


def test_the_version_follows_names_and_bytes_and_nothing_else(folder):
    def version():
        return Files(folder).version(is_edited=False).name

    first = version()
    os.utime(folder / "main.js", (1, 1))
    assert version() == first
    (folder / "main.js").rename(folder / "start.js")
    renamed = version()
    (folder / "styles" / "base.css").write_text("body { margin: 1 }")
    assert len({first, renamed, version()}) == 3


def test_in_development_an_edited_file_is_a_new_version(browser, folder, setting):
    setting(app_env="development")
    before = browser.get("/").text
    (folder / "main.js").write_text("export const names = [];")

    after = browser.get("/").text

    assert before != after
    script = re.search(r'src="([^"]+)"', after)[1]
    assert browser.get(script).text == "export const names = [];"
    assert "immutable" in browser.get(script).headers["Cache-Control"]


def test_while_an_editor_replaces_the_shell_the_one_before_is_served(browser, folder, setting):
    setting(app_env="development")
    before = browser.get("/").text
    written = (folder / "index.html").read_text()
    (folder / "index.html").unlink()
    assert browser.get("/").text == before

    (folder / "index.html").write_text(f"{written}<p>edited</p>")

    assert browser.get("/").text.endswith("<p>edited</p>")


def test_elsewhere_files_are_read_once(browser, folder, assets):
    (folder / "main.js").write_text("edited")

    assert browser.get(f"{assets}/main.js").text == MODULE
    assert assets in browser.get("/").text


# The folder of the repository


def test_every_file_of_the_client_has_a_type_that_is_served():
    unknown = {
        path.name
        for path in (ROOT / "frontend").rglob("*")
        if path.is_file()
        and path.suffix not in TYPES
        and not path.name.startswith((".", "README", "LICENSE"))
    }

    assert unknown == set()


def test_the_image_contains_the_client():
    assert "!frontend" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_document_names_the_zone_of_days_and_the_worker_the_paths_of_pages(app):
    client = app.test_client()
    zone = app.extensions["rollcall-settings"].timezone.key

    assert f'<meta name="rollcall-timezone" content="{zone}">' in client.get("/").text
    worker = client.get("/service-worker.js").text
    assert "{{" not in worker
    assert json.dumps(PATHS, indent=2) in worker
