"""Whom this portal vouches for: itself, and the issuers on a list it keeps."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SettingsError
from .keys import PublicKey, verification_method

_FIELDS = frozenset(("did", "name", "keys", "document"))


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """An issuer somebody vouches for, with the keys that are known to be its own."""

    did: str
    name: str
    keys: tuple[PublicKey, ...] = ()


class OwnIssuer(KnownIssuer):
    """The portal that verifies, as an issuer."""


@dataclass(frozen=True, slots=True)
class TrustedIssuers:
    """The issuers a portal's owner put on its list."""

    listed: dict[str, KnownIssuer] = field(default_factory=dict)

    def find(self, did: str) -> KnownIssuer | None:
        """Return the issuer of that identifier, if it is on the list."""
        return self.listed.get(did)


def key_ring(issuers: TrustedIssuers, own: OwnIssuer | None) -> dict[str, str]:
    """Every key at hand, by the name a proof cites it with."""
    known = [*issuers.listed.values(), *([own] if own else [])]
    return {
        verification_method(issuer.did, key): key.multikey
        for issuer in known
        for key in issuer.keys
    }


def load_trusted_issuers(path: Path | None) -> TrustedIssuers:
    """Read the list; raise `SettingsError` naming the file and the entry that is wrong.

    Each entry has `did` and `name`. A `did:web` also needs its keys, since nothing is
    fetched: `document`, its saved `did.json` beside the list, or `keys`, a map from
    fragment to `publicKeyMultibase`.
    """
    if path is None:
        return TrustedIssuers()
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read as a list of issuers: {error}") from error
    if not isinstance(entries, list):
        raise SettingsError(f"{path}: must be a list of issuers, each with did and name.")
    issuers = [_entry(entry, path, at) for at, entry in enumerate(entries, start=1)]
    return TrustedIssuers({issuer.did: issuer for issuer in issuers})


def _entry(entry: object, path: Path, at: int) -> KnownIssuer:
    if not isinstance(entry, dict) or not {"did", "name"} <= entry.keys() <= _FIELDS:
        raise SettingsError(
            f"{path}: issuer {at} needs did and name, and may have keys or document only."
        )
    did, name = str(entry["did"]), str(entry["name"])
    if not did.startswith(("did:web:", "did:key:")):
        raise SettingsError(f"{path}: issuer {at}: {did} is neither did:web nor did:key.")
    try:
        return KnownIssuer(did, name, tuple(_keys(entry, did, path)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path}: issuer {at}: its keys cannot be read: {error}") from error


def _keys(entry: dict[str, Any], did: str, path: Path) -> Iterator[PublicKey]:
    for name, multikey in (entry.get("keys") or {}).items():
        yield PublicKey(str(name).removeprefix("#"), str(multikey))
    if "document" not in entry:
        return
    document = json.loads((path.parent / str(entry["document"])).read_text(encoding="utf-8"))
    if document["id"] != did:
        raise ValueError(f"the document is about {document['id']}")
    standing = document["assertionMethod"]
    for method in document["verificationMethod"]:
        owner, _, name = str(method["id"]).partition("#")
        if owner in ("", did):
            active = method["id"] in standing
            yield PublicKey(name, _multikey(method), active)


def _multikey(method: dict[str, Any]) -> str:
    if "publicKeyMultibase" in method:
        return str(method["publicKeyMultibase"])
    from openbadgeslib.ob3 import multikey_from_pem

    raw = base64.urlsafe_b64decode(method["publicKeyJwk"]["x"] + "=")
    return multikey_from_pem(_pem(raw))


def _pem(raw: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
