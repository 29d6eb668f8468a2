"""The portal: the built book with a learner's progress in it, and the HTTP contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .hub import read_hub
from .serving import serve

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..curriculum import Curriculum
    from ..settings import Settings
    from .hub import Hub

__all__ = ["create_app", "read_hub", "serve"]


def create_app(
    settings: Settings,
    curriculum: Curriculum | None = None,
    *,
    prefix: str = "/",
    host: str = "127.0.0.1",
    hub: Hub | None = None,
) -> FastAPI:
    """Make the portal; what it needs is loaded now, so that other commands stay quick."""
    from .app import create_app as make

    return make(settings, curriculum, prefix=prefix, host=host, hub=hub)
