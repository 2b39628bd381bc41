"""Each machine cleans its own folder: web processes after a response, and workers in their maintenance."""

from __future__ import annotations

import os
from time import time

import pytest

from app.adapters import certificate_pdf, storage
from app.jobs import workers
from app.services.retention import local_files

DAY = 86_400


@pytest.fixture
def folder(setting, tmp_path, monkeypatch):
    """The folder of a machine whose files are in a bucket, and a process that begins."""
    monkeypatch.setattr(local_files._pace, "next_at", 0.0)
    setting(media_store="s3", media_dir=str(tmp_path))
    return tmp_path


@pytest.fixture
def put(folder):
    def write(name, *, days):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"Ada Lovelace")
        os.utime(file, (time() - days * DAY,) * 2)
        return file

    return write


@pytest.fixture
def left(put):
    """What a crash left half received, and a certificate that nobody asks for any more; and younger ones, which stay."""
    stays = [
        put(f"{storage.DRAFTS}/.young", days=0.9),
        put(f"{certificate_pdf.FOLDER}/ab/young.pdf", days=6.9),
        put("files/ab/old.bin", days=99),
    ]
    goes = [
        put(f"{storage.DRAFTS}/.old", days=1.1),
        put(f"{certificate_pdf.FOLDER}/ab/old.pdf", days=7.1),
        put(f"{certificate_pdf.FOLDER}/ab/.half", days=7.1),
    ]
    return lambda: (sum(each.exists() for each in stays), sum(each.exists() for each in goes))


def test_a_web_process_cleans_behind_its_first_response(app, left):
    response = app.test_client().get("/healthz")
    assert left() == (3, 3), "the client does not wait for it"

    response.close()

    assert left() == (3, 0)


def test_a_worker_cleans_in_its_maintenance(app, left):
    with app.app_context():
        workers.build_worker().run_maintenance_tasks()

    assert left() == (3, 0)


def test_of_the_processes_that_share_a_folder_one_cleans_it_in_an_hour(app, put, folder, monkeypatch):
    with app.app_context():
        local_files.clean_when_due()
        file = put(f"{storage.DRAFTS}/.old", days=2)
        local_files.clean_when_due()
        monkeypatch.setattr(local_files._pace, "next_at", 0.0)  # another process
        local_files.clean_when_due()
        assert file.exists()

        monkeypatch.setattr(local_files._pace, "next_at", 0.0)
        os.utime(folder / local_files.STAMP, (time() - 3_601,) * 2)
        local_files.clean_when_due()

    assert not file.exists()


def test_a_folder_that_cannot_be_cleaned_fails_no_request(app, put, monkeypatch, caplog):
    put(f"{storage.DRAFTS}/.old", days=2)
    monkeypatch.setattr("pathlib.Path.unlink", _refused)

    response = app.test_client().get("/healthz")
    response.close()

    assert response.status_code == 200
    assert "local files: PermissionError, in an hour again" in caplog.text


def test_where_there_is_no_folder_none_is_made(app, folder, setting):
    setting(media_dir=str(folder / "none"))

    with app.app_context():
        local_files.clean_when_due()

    assert list(folder.iterdir()) == []


def _refused(*_, **__):
    raise PermissionError
