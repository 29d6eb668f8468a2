"""The portal's own pages, from their templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..language import filled
from .house import House, Who

TEMPLATES = Environment(
    loader=FileSystemLoader(
        [Path(__file__).parent / "templates", Path(__file__).parents[1] / "theme"]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def day(date: dt.date | str) -> str:
    """A day as it is read aloud; what is no date stays as it was written."""
    try:
        known = dt.date.fromisoformat(date) if isinstance(date, str) else date
    except ValueError:
        return str(date)
    return f"{known.day} {known:%B %Y}"


def day_in(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """The day that a moment has in a time zone, as it is read aloud."""
    return day(moment.astimezone(zone).date())


TEMPLATES.filters["day"] = day
TEMPLATES.filters["day_in"] = day_in
TEMPLATES.globals["_"] = filled


def page(
    portal: House,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    who: Who | None = None,
    **words: Any,
) -> HTMLResponse:
    """Render one of the portal's own pages; `who` is signed in, if anybody is."""
    words |= {"root": portal.prefix, "who": who, "accounts": portal.hub is not None}
    text = TEMPLATES.get_template(template).render(words)
    return HTMLResponse(text, status, dict(headers or {}))
