"""`flask collections`: the files of `collections/`."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.web.collections import serving
from app.web.collections.files import LOCAL

FOLDER = Path(__file__).parents[2] / "collections"

group = AppGroup("collections", help="The Postman and Hoppscotch collections.")


@group.command("write")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default="collections/")
def write(folder: Path) -> None:
    """Write the collections and their environments, as the API is now."""
    folder.mkdir(exist_ok=True)
    for name, make in serving.files().items():
        (folder / name).write_bytes(make(LOCAL))
        click.echo(folder / name)
