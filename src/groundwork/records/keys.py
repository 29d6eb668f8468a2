"""Signing keys and the identifiers they stand behind."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from ..errors import RecordError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RING = "ring.json"
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
    """A published key: its fragment in a DID document, its Multikey form, its standing.

    A key that is not `active` was withdrawn: whatever it signed no longer counts.
    """

    name: str
    multikey: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key of the ring, with its dates; its private half may be gone."""

    public: PublicKey
    created: datetime
    retired: datetime | None = None
    reason: str = ""
    held: bool = True

    @property
    def name(self) -> str:
        """What the key is called, in a DID document too."""
        return self.public.name

    @property
    def signs(self) -> bool:
        """Whether new records may be signed with it."""
        return self.held and self.retired is None


def signing_key(folder: Path) -> SigningKey:
    """Return the newest key of a folder that still signs; the first call makes one."""
    try:
        found = _newest(folder)
        if found:
            return found
        with _holding(folder):
            return _newest(folder) or _make(folder, at=datetime.now(UTC))
    except OSError as error:
        raise RecordError(f"The signing key in {folder} cannot be used: {error}") from error


def ring(folder: Path) -> tuple[RingKey, ...]:
    """Every key there ever was, oldest first; looking makes nothing.

    `ring.json` beside the keys remembers them with their dates, so that what a key signed
    can be checked when its private half is lost or has been destroyed.
    """
    if not folder.is_dir():
        return ()
    held = {path.stem: path for path in folder.glob("*.pem")}
    noted = [_noted(entry, held) for entry in _entries(folder)]
    known = {key.name for key in noted}
    made = [_unnoted(path) for name, path in held.items() if name not in known]
    return tuple(sorted([*noted, *made], key=lambda key: (key.created, _number(key.name))))


def public_keys(folder: Path) -> tuple[PublicKey, ...]:
    """The keys to publish: withdrawn ones too, which are named as such."""
    return tuple(key.public for key in ring(folder))


def rotate(folder: Path, *, at: datetime) -> SigningKey:
    """Make a key that signs from now on; the ones before are retired with honor and stay good."""
    with _holding(folder):
        before = ring(folder)
        key = _make(folder, at=at)
        noted = [
            replace(old, retired=at, reason="rotated") if old.retired is None else old
            for old in before
        ]
        _note(folder, [*noted, RingKey(key.public, at)])
    return key


def retire(folder: Path, name: str, *, reason: str, compromised: bool, at: datetime) -> SigningKey:
    """Stop signing with a key, and return the one that signs from now on.

    A compromised key is withdrawn as well: nothing it signed verifies any more.
    """
    with _holding(folder):
        keys = {key.name: key for key in ring(folder)}
        if name not in keys:
            raise RecordError(
                f"There is no key {name!r}; there are {', '.join(keys) or 'none yet'}."
            )
        key = keys[name]
        if not key.public.active:
            raise RecordError(f"The key {name} was withdrawn before.")
        keys[name] = replace(
            key,
            public=replace(key.public, active=not compromised),
            retired=key.retired or at,
            reason=reason,
        )
        _note(folder, list(keys.values()))
    return signing_key(folder)


def _newest(folder: Path) -> SigningKey | None:
    usable = [key for key in ring(folder) if key.signs]
    return _load(folder / f"{usable[-1].name}.pem") if usable else None


def _make(folder: Path, *, at: datetime) -> SigningKey:
    """Write a new key under a name of its year that no key had before."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    before = ring(folder)
    key = SigningKey(_free_name(at, {old.name for old in before}), Ed25519PrivateKey.generate())
    _write(folder / f"{key.name}.pem", key.pem())
    _note(folder, [*before, RingKey(key.public, at)])
    return key


def _free_name(at: datetime, taken: set[str]) -> str:
    names = (f"{at:%Y}" if number == 1 else f"{at:%Y}-{number}" for number in count(1))
    return next(name for name in names if name not in taken)


def _number(name: str) -> int:
    """How many keys of its year came before one, itself counted."""
    digits = name.partition("-")[2]
    return int(digits) if digits.isdecimal() else 1


@contextmanager
def _holding(folder: Path) -> Iterator[None]:
    """Be the only one who changes the ring; made private to its owner on the way."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _entries(folder: Path) -> list[dict[str, Any]]:
    path = folder / RING
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path} cannot be read as a ring of keys: {error}") from error
    if not isinstance(entries, list):
        raise RecordError(f"{path} cannot be read as a ring of keys.")
    return entries


def _noted(entry: dict[str, Any], held: Mapping[str, Path]) -> RingKey:
    try:
        retired = entry["retired"]
        return RingKey(
            PublicKey(entry["name"], entry["multikey"], not entry["compromised"]),
            datetime.fromisoformat(entry["created"]),
            datetime.fromisoformat(retired) if retired else None,
            entry["reason"],
            entry["name"] in held,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{RING} has an entry that is not whole: {error!r}") from error


def _unnoted(path: Path) -> RingKey:
    """A key file the ring does not mention yet, from before there was a ring."""
    return RingKey(_load(path).public, datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _note(folder: Path, keys: Sequence[RingKey]) -> None:
    entries = [
        {
            "name": key.name,
            "multikey": key.public.multikey,
            "created": key.created.isoformat(timespec="seconds"),
            "retired": key.retired and key.retired.isoformat(timespec="seconds"),
            "reason": key.reason,
            "compromised": not key.public.active,
        }
        for key in keys
    ]
    draft = folder / f".{secrets.token_hex(8)}.new"
    _write(draft, (json.dumps({"keys": entries}, indent=2) + "\n").encode())
    draft.replace(folder / RING)
    _sync_folder(folder)


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
