"""What a page needs to check a record by itself: definitions, and the keys of listed issuers."""

from __future__ import annotations

from typing import Any

from .keys import verification_method
from .trust import TrustedIssuers


def definitions() -> dict[str, Any]:
    """Every JSON-LD context that a record may name, by its address; none is ever fetched."""
    from openbadgeslib.ob3 import bundled_clr_contexts
    from openbadgeslib.ob3.contexts import bundled_contexts

    return {**bundled_contexts(), **bundled_clr_contexts()}


def listed_issuers(issuers: TrustedIssuers) -> dict[str, Any]:
    """The issuers of a list as a page reads them: name and keys, by their identifier."""
    return {
        issuer.did: {
            "name": issuer.name,
            "keys": {
                verification_method(issuer.did, key): {
                    "multikey": key.multikey,
                    "active": key.active,
                }
                for key in issuer.keys
            },
        }
        for issuer in issuers.listed.values()
    }
