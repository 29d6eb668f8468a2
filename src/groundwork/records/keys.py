"""Signing keys and the identifiers they stand behind."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ..errors import RecordError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_LOOPBACK = frozenset(("localhost", "127.0.0.1"))


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key; its private half is never part of what is printed."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @cached_property
    def public(self) -> PublicKey:
        """The half that may be published."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from openbadgeslib.ob3 import multikey_from_pem

        pem = self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        return PublicKey(self.name, multikey_from_pem(pem))

    def pem(self) -> bytes:
        """The private key as unencrypted PKCS #8, for the signer and the key file."""
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A published key: its fragment in a DID document, its Multikey form, its standing."""

    name: str
    multikey: str
    active: bool = True


def signing_key(folder: Path) -> SigningKey:
    """Return the newest key of a folder; the first call makes one.

    Two processes that make the first key at once end with the same one: a key is
    written whole under another name, then linked to its own, which only one can do.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        names = sorted(folder.glob("*.pem"))
        path = names[-1] if names else _make(folder)
        return _load(path)
    except OSError as error:
        raise RecordError(f"The signing key in {folder} cannot be used: {error}") from error


def all_keys(folder: Path) -> tuple[SigningKey, ...]:
    """Every key of a folder, oldest first: sign with the last, verify with all."""
    return tuple(_load(path) for path in sorted(folder.glob("*.pem")))


def _make(folder: Path) -> Path:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / f"{datetime.now(UTC):%Y}.pem"
    draft = folder / f".{secrets.token_hex(8)}.new"
    _write(draft, SigningKey(path.stem, Ed25519PrivateKey.generate()).pem())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        draft.unlink()
    _sync_folder(folder)
    return path


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _load(path: Path) -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise RecordError(f"{path} is not a readable private key.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise RecordError(f"{path} is not an Ed25519 key.")
    return SigningKey(path.stem, private)


def did_key(key: PublicKey) -> str:
    """The identifier that is its own key; it needs no server and has no owner."""
    return f"did:key:{key.multikey}"


def did_web(public_url: str) -> str:
    """The identifier of whoever runs a host; a path does not matter, a port does."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if not host or "@" in public_url:
        raise RecordError("The public address must be https://host, without a user name.")
    if parts.scheme != "https" and host not in _LOOPBACK:
        raise RecordError(f"The public address of {host} must begin with https://.")
    authority = host.encode("idna").decode("ascii") + (f":{parts.port}" if parts.port else "")
    return f"did:web:{quote(authority, safe='')}"


def verification_method(did: str, key: PublicKey) -> str:
    """The name of one key of an identifier, as a proof cites it."""
    fragment = key.multikey if did.startswith("did:key:") else key.name
    return f"{did}#{fragment}"


def did_document(did: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """What `/.well-known/did.json` answers: every key ever used, and which still count."""
    methods = [
        {
            "id": verification_method(did, key),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": key.multikey,
        }
        for key in keys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [verification_method(did, key) for key in keys if key.active],
    }
