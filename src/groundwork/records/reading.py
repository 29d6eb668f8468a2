"""What can be read and proven about a stranger's file, with the keys at hand.

Nothing here asks the network for anything, and nothing here trusts anybody: who an
issuer is, and whether a record still stands, is decided in `verify.py`. A file may be
made to cost time and memory, so this runs in the process of `sandbox.py`.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

FILE_LIMIT = 5 * 1024 * 1024
CREDENTIAL_LIMIT = 256 * 1024
SUITE = "eddsa-rdfc-2022"
KEYWORD = b"openbadgecredential"

Outcome = Literal[
    "genuine",  # the signature fits, and covers everything
    "expired",  # the same, but its time is over
    "early",  # the same, but its time has not come
    "altered",  # the signature does not fit, or does not cover everything
    "foreign",  # signed in the name of one issuer with the key of another
    "no_key",  # the key it names is not among those at hand
    "unreadable",
]
Carrier = Literal["pdf", "png", "json"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a file turned out to be; `credential` is whatever it claims, proven or not."""

    outcome: Outcome
    why: str
    carrier: Carrier | None = None
    credential: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain data, to cross a pipe."""
        return asdict(self)


class _UnreadableError(Exception):
    """The file is not one credential that could be checked; the message says why."""


def examine(data: bytes, keys: Mapping[str, str]) -> Finding:
    """Read a file and check its signature; `keys` maps verification methods to Multikeys."""
    carrier = _carrier(data)
    try:
        credential = _parsed(_text(data, carrier))
        method = _method(credential)
    except _UnreadableError as error:
        return Finding("unreadable", str(error), carrier)
    outcome, why = _proof(credential, method, keys)
    return Finding(outcome, why, carrier, credential)


def _carrier(data: bytes) -> Carrier:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    return "pdf" if b"%PDF-" in data[:1024] else "json"


def _text(data: bytes, carrier: Carrier) -> bytes:
    if len(data) > FILE_LIMIT:
        raise _UnreadableError("The file is larger than 5 MB; no record is.")
    if carrier == "pdf":
        return _attached(data)
    return _baked(data) if carrier == "png" else data


def _attached(data: bytes) -> bytes:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            specs = [pdf.attachments[name] for name in pdf.attachments]
            found = [
                spec.get_file().read_bytes()
                for spec in specs
                if spec.filename.lower().endswith(".json")
            ]
    except pikepdf.PasswordError:
        raise _UnreadableError("The PDF is locked with a password.") from None
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _UnreadableError("The PDF is damaged and cannot be opened.") from error
    if not found:
        raise _UnreadableError(
            "This PDF has no credential attached. A certificate has one; "
            "printing or saving it again may have lost it."
        )
    if len(found) > 1:
        raise _UnreadableError("This PDF has more than one credential attached.")
    return found[0]


def _baked(data: bytes) -> bytes:
    found = [text for text in map(_credential_text, _chunks(data)) if text is not None]
    if not found:
        raise _UnreadableError("This picture holds no credential.")
    if len(found) > 1:
        raise _UnreadableError("This picture holds more than one credential.")
    return found[0]


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk of a PNG file: its kind and what it holds."""
    at = 8
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += size + 12


def _credential_text(chunk: tuple[bytes, bytes]) -> bytes | None:
    kind, body = chunk
    keyword, _, rest = body.partition(b"\0")
    if kind != b"iTXt" or keyword != KEYWORD or len(rest) < 2:
        return None
    text = rest[2:].split(b"\0", 2)[-1]
    if not rest[0]:
        return text
    try:
        return zlib.decompressobj().decompress(text, CREDENTIAL_LIMIT + 1)
    except zlib.error:
        raise _UnreadableError("The picture is damaged and cannot be opened.") from None


def _parsed(text: bytes) -> dict[str, Any]:
    if len(text) > CREDENTIAL_LIMIT:
        raise _UnreadableError("The credential is larger than 256 kB; no record is.")
    try:
        document = json.loads(text.decode(), object_pairs_hook=_once)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise _UnreadableError("The credential is nested too deeply.") from None
    except ValueError:
        raise _UnreadableError("This is not a PDF, a badge picture or a credential.") from None
    if not isinstance(document, dict) or "OpenBadgeCredential" not in _listed(document, "type"):
        raise _UnreadableError("This is not an Open Badges 3.0 credential.")
    _check_contexts(document)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise _UnreadableError("The credential says the same thing twice, in two ways.")
    return fields


def _listed(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else [value]


def _check_contexts(document: dict[str, Any]) -> None:
    from openbadgeslib.ob3.contexts import bundled_contexts

    for context in _listed(document, "@context"):
        if not isinstance(context, str) or context not in bundled_contexts():
            raise _UnreadableError(
                "The credential asks for definitions from elsewhere; none are fetched."
            )


def _method(document: dict[str, Any]) -> str:
    proof = document.get("proof")
    if proof is None:
        raise _UnreadableError("The credential has no signature, so nothing can be checked.")
    if not isinstance(proof, dict):
        raise _UnreadableError("The credential must have exactly one signature.")
    method = proof.get("verificationMethod")
    if proof.get("cryptosuite") != SUITE or not isinstance(method, str):
        raise _UnreadableError("The credential is signed in a way that is not known here.")
    if not issuer_did(document).startswith("did:"):
        raise _UnreadableError("The credential names no issuer whose key could be found.")
    return method


def issuer_did(document: dict[str, Any]) -> str:
    """The identifier of the issuer that a credential names."""
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    return did if isinstance(did, str) else ""


def _proof(document: dict[str, Any], method: str, keys: Mapping[str, str]) -> tuple[Outcome, str]:
    did = issuer_did(document)
    if method.partition("#")[0] != did:
        return "foreign", "It names one issuer and is signed by another."
    if did.startswith("did:key:"):
        multikey = did.removeprefix("did:key:")
        if method != f"{did}#{multikey}":
            return "foreign", "It is signed with a key that is not the issuer's."
    elif method in keys:
        multikey = keys[method]
    else:
        return "no_key", "The key it is signed with is not known here."
    return _signature(document, multikey)


def _signature(document: dict[str, Any], multikey: str) -> tuple[Outcome, str]:
    from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, resolve_did

    try:
        OB3LdpVerifier(pubkey_pem=resolve_did(f"did:key:{multikey}")).verify(document)
    except OB3VerificationError as error:
        return _refusal(str(error))
    return "genuine", "The signature fits, and it covers everything in the file."


def _refusal(message: str) -> tuple[Outcome, str]:
    """Sort the strict verifier's refusals; their wording is pinned by tests."""
    if message.startswith("Credential has expired"):
        return "expired", "The signature fits, but the record's time is over."
    if message.startswith("Credential is not yet valid"):
        return "early", "The signature fits, but the record is dated in the future."
    if message.startswith(("refusing", "credential document", "Malformed", "JSON-LD context")):
        return "unreadable", "The credential is not built like one, so it was not checked."
    if "signature mismatch" in message:
        return "altered", "Its content does not fit its signature: something was changed."
    return "altered", "It holds parts that its signature does not cover."
