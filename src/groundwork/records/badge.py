"""The badge: a PNG picture with the signed credential baked into it."""

from __future__ import annotations

import json

from . import words
from .facts import Completion, Issuer
from .pdf import LAGOON
from .reading import KEYWORD
from .typesetting import masked, typeset

_PIXELS_PER_INCH = 144.0


def badge(completion: Completion, issuer: Issuer, credential: bytes) -> bytes:
    """Return the picture of a completion with `credential` in its iTXt chunk."""
    from openbadgeslib.baking import bake_png

    return bake_png(_picture(completion, issuer), credential.decode(), keyword=KEYWORD)


def _picture(completion: Completion, issuer: Issuer) -> bytes:
    shown = {
        "title": completion.title,
        "line": f"Groundwork · {words.hours_text(completion.minutes)}",
        "color": issuer.color or LAGOON,
    }
    return typeset(
        "badge.typ",
        {"badge": json.dumps(masked(shown))},
        format="png",
        ppi=_PIXELS_PER_INCH,
    )
