"""For translators: every text found where it is written, and catalogs kept up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..curriculum import load_curriculum
from ..settings import read_settings

messages_app = typer.Typer(no_args_is_help=True, help="Texts to translate, and their catalogs.")


@messages_app.command()
def extract(
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write them into.")] = None,
) -> None:
    """Write a template (.pot) of every text a learner reads, each with its file and line."""
    from ..messages import write_templates

    settings = read_settings()
    folder = to or settings.root / "_build" / "messages"
    for path in write_templates(load_curriculum(settings), folder):
        print(path)


@messages_app.command()
def update(
    language: Annotated[str, typer.Argument(help="The language, such as es or pt_BR.")],
    pages: Annotated[
        list[str] | None, typer.Argument(help="Pages to begin, such as index.")
    ] = None,
) -> None:
    """Bring a language's catalogs up to date with the English, and begin the pages named."""
    from ..messages import update as update_catalogs

    for path in update_catalogs(load_curriculum(read_settings()), language, pages or ()):
        print(path)
