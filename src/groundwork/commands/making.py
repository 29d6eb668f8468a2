"""The book: served, built, printed, and its lessons as notebooks."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ..curriculum import load_curriculum
from ..settings import read_settings
from .shared import DataOption, say

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    data: DataOption = None,
    prefix: Annotated[str, typer.Option(help="Path the portal lives under.")] = "/",
    watch: Annotated[
        bool, typer.Option("--watch", help="Build pages again when they change, for authors.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that answer, for a cohort.")
    ] = 1,
    as_it_is: Annotated[
        bool, typer.Option("--as-it-is", help="Serve the book as it is, stale or not.")
    ] = False,
) -> None:
    """Build the book if it is stale, and serve it with your progress in it.

    As a service of a JupyterHub (its JUPYTERHUB_ variables say so) it has accounts.
    """
    from ..making import build_book, is_stale
    from ..portal import read_hub
    from ..portal import serve as serve_portal
    from ..watching import watching

    settings = read_settings(data=data)
    settings.make_data()
    hub = read_hub(os.environ)
    if not as_it_is and is_stale(settings):
        build_book(settings, say=say)
    with watching(settings, say=say) if watch else nullcontext():
        serve_portal(
            settings, host=host, port=port, prefix=hub.prefix if hub else prefix, workers=workers,
            hub=hub,
        )  # fmt: skip


@app.command()
def build(
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the modules, a PDF each.")] = False,
    module: Annotated[
        str | None, typer.Option("--module", help="The one module to print, by its id.")
    ] = None,
    if_stale: Annotated[
        bool, typer.Option("--if-stale", help="Only when something changed since the last build.")
    ] = False,
) -> None:
    """Build the book; a warning is an error. With --pdf, print it once it is up to date."""
    from ..making import build_book, is_stale

    settings = read_settings()
    if not (pdf or if_stale) or is_stale(settings):
        build_book(settings, say=say)
    if not pdf:
        print(settings.book / "index.html")
        return
    from ..printing import print_modules

    print_modules(settings, load_curriculum(settings), module, say=say)


@app.command()
def notebooks(
    to: Annotated[Path, typer.Option("--to", help="Folder to write them into.")] = Path(
        "notebooks"
    ),
) -> None:
    """Write the lessons as notebooks in which each self-check is a live widget."""
    from ..notebooks import write_notebooks

    for path in write_notebooks(load_curriculum(read_settings()), to):
        print(path)
