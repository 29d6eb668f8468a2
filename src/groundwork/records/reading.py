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
from uuid import UUID, uuid5

FILE_LIMIT = 5 * 1024 * 1024
CREDENTIAL_LIMIT = 256 * 1024
SUITE = "eddsa-rdfc-2022"
KEYWORD = b"openbadgecredential"
CLR_CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
MEMBERS_LIMIT = 33
_ENVELOPE = frozenset(
    (
        "@context", "id", "type", "name", "description", "issuer", "validFrom", "awardedDate",
        "partial", "credentialSubject", "credentialStatus", "proof",
    )
)  # fmt: skip
_REPEATED = ("name", "description", "issuer", "validFrom", "awardedDate", "credentialStatus")
_PROOF = frozenset(
    ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")
)

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
    if is_series(document):
        _check_envelope(document)
        return dict(document)
    if not isinstance(document, dict) or "OpenBadgeCredential" not in _listed(document, "type"):
        raise _UnreadableError("This is not an Open Badges 3.0 credential.")
    _check_contexts(document)
    return document


def is_series(document: object) -> bool:
    """Whether this is a CLR: one credential with others inside."""
    return isinstance(document, dict) and "ClrCredential" in _listed(document, "type")


def members(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The credentials inside a CLR whose envelope was found good: the series, then its modules."""
    found: list[dict[str, Any]] = document["credentialSubject"]["verifiableCredential"]
    return found


def _check_envelope(document: dict[str, Any]) -> None:
    """Hold a CLR against the one shape that Groundwork gives it.

    Nothing in the envelope may say more than its members, which are checked strictly, each
    on its own: so the JSON that is read is what the signature covers.
    """
    strange = _UnreadableError(
        "The credential is a CLR, but not built as Groundwork builds the record of a series, "
        "so it was not checked."
    )
    try:
        inside = members(document)
        fits = (
            2 <= len(inside) <= MEMBERS_LIMIT
            and all(map(_is_member, inside))
            and _is_envelope_of(document, inside)
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise strange from None
    if not fits:
        raise strange
    for member in inside:
        _check_contexts(member)


def _is_member(member: dict[str, Any]) -> bool:
    kinds = _listed(member, "type")
    return "OpenBadgeCredential" in kinds and "ClrCredential" not in kinds


def _is_envelope_of(document: dict[str, Any], inside: list[dict[str, Any]]) -> bool:
    series = inside[0]
    subject = document["credentialSubject"]
    achieved = [member["credentialSubject"]["achievement"]["id"] for member in inside]
    whose = series["credentialSubject"]["identifier"]
    name = UUID(document["id"])
    return (
        document.keys() <= _ENVELOPE
        and document["@context"] == list(CLR_CONTEXTS)
        and document["type"] == ["VerifiableCredential", "ClrCredential"]
        and document["id"] == name.urn
        and series["id"] == uuid5(name, "series").urn
        and document["partial"] is True
        and all(document.get(field) == series.get(field) for field in _REPEATED)
        and all(member["issuer"]["id"] == series["issuer"]["id"] for member in inside)
        and all(member["credentialSubject"]["identifier"] == whose for member in inside)
        and subject
        == {
            "type": ["ClrSubject"],
            "identifier": whose,
            "verifiableCredential": inside,
            "association": [
                {
                    "type": "Association",
                    "associationType": "isParentOf",
                    "sourceId": achieved[0],
                    "targetId": achievement,
                }
                for achievement in achieved[1:]
            ],
        }
        and (not isinstance(document.get("proof"), dict) or document["proof"].keys() == _PROOF)
    )


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

    if is_series(document):
        return _series_signature(document, multikey)
    try:
        OB3LdpVerifier(pubkey_pem=resolve_did(f"did:key:{multikey}")).verify(document)
    except OB3VerificationError as error:
        return _refusal(str(error))
    return "genuine", "The signature fits, and it covers everything in the file."


def _series_signature(document: dict[str, Any], multikey: str) -> tuple[Outcome, str]:
    """Check the signature around the members; each of them is still to be checked."""
    from openbadgeslib.ob3 import (
        OB3VerificationError,
        bundled_clr_contexts,
        resolve_did,
        verify_data_integrity_proof,
    )

    try:
        verify_data_integrity_proof(
            document,
            resolve_did(f"did:key:{multikey}"),
            extra_contexts=bundled_clr_contexts(),
        )
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
