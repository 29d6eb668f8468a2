"""The badge: a PNG picture with the signed credential baked into it."""

from __future__ import annotations

import json
from functools import lru_cache

from ..language import filled
from . import words
from .facts import Earned, Issuer
from .pdf import LAGOON
from .reading import KEYWORD
from .typesetting import masked, typeset

_PIXELS_PER_INCH = 144.0


def badge(earned: Earned, issuer: Issuer, credential: bytes) -> bytes:
    """Return the picture of a completion with `credential` in its iTXt chunk."""
    from openbadgeslib.baking import bake_png

    with words.in_language_of(earned):
        line = filled("Groundwork · {hours}", hours=words.hours_text(earned.minutes))
    picture = _picture(earned.title, line, issuer.color or LAGOON)
    return bake_png(picture, credential.decode(), keyword=KEYWORD)


@lru_cache(maxsize=64)
def _picture(title: str, line: str, color: str) -> bytes:
    """The picture alone, which is the same for everybody who earned it."""
    shown = {"title": title, "line": line, "color": color}
    return typeset(
        "badge.typ",
        {"badge": json.dumps(masked(shown))},
        format="png",
        ppi=_PIXELS_PER_INCH,
    )
