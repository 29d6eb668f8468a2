"""The portal: the built book with a learner's progress in it, and the HTTP contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .serving import serve

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..curriculum import Curriculum
    from ..settings import Settings

__all__ = ["create_app", "serve"]


def create_app(
    settings: Settings,
    curriculum: Curriculum | None = None,
    *,
    prefix: str = "/",
    host: str = "127.0.0.1",
) -> FastAPI:
    """Make the portal; what it needs is loaded now, so that other commands stay quick."""
    from .app import create_app as make

    return make(settings, curriculum, prefix=prefix, host=host)
