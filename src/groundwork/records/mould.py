"""Many records of one module, signed without reading the same definitions each time.

What is signed is not the JSON but the statements (RDF) that it makes, and most of the work
of signing is to find these. For records of one module they differ in a few words only. A
mould finds them once, with a mark in the place of each such word, and then fills in the
words of one record after another; only the canonical order is worked out for each.

A mould is believed because it proves itself when it is made: its first record must come out
as the strict signer makes it, to the last byte of the signature.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from ..errors import RecordError
from .credential import CONTEXTS

Place = tuple[str | int, ...]
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_FREE = frozenset(
    (
        "id", "validFrom", "awardedDate", "credentialSubject/identifier/*/identityHash",
        "credentialSubject/activityStartDate", "credentialSubject/activityEndDate",
        "credentialSubject/narrative", "credentialSubject/result/*/value",
        "credentialSubject/achievement/resultDescription/*/name", "evidence/*/name",
        "evidence/*/narrative", "credentialStatus/id", "credentialStatus/statusListIndex",
    )
)  # fmt: skip
"""Where records of one module may differ: plain words and names of their own, one in a place."""


@dataclass(frozen=True, slots=True)
class Mould:
    """The statements of one kind of record, with a mark for each word that may differ."""

    statements: tuple[dict[str, Any], ...]
    proof: dict[str, Any]
    proof_hash: bytes

    def digest(self, document: dict[str, Any]) -> bytes:
        """What the key signs for a record: the hash of the proof, then of the statements."""
        from pyld.jsonld import URDNA2015

        words = {_mark(place): word for place, word in _free(document)}
        dataset = {"@default": [_filled(one, words) for one in self.statements]}
        canonical = URDNA2015().main(dataset, {"format": "application/n-quads"})
        return self.proof_hash + hashlib.sha256(canonical.encode()).digest()

    def signed(self, document: dict[str, Any], signature: bytes) -> dict[str, Any]:
        """The record with the signature of its digest."""
        return document | {"proof": self.proof | {"proofValue": "z" + _base58(signature)}}


def shape(document: dict[str, Any]) -> str:
    """What two records must have in common to come from one mould."""
    blank = copy.deepcopy(document)
    for place, _ in _free(document):
        _put(blank, place, "")
    return hashlib.sha256(json.dumps(blank, sort_keys=True).encode()).hexdigest()


def make_mould(document: dict[str, Any], proof: dict[str, Any]) -> Mould:
    """Make the mould for records like this one; `proof` is theirs, without a signature.

    Raise `RecordError` if it does not reproduce the strict signer's work.
    """
    marked = copy.deepcopy(document)
    for place, _ in _free(document):
        _put(marked, place, _mark(place))
    mould = Mould(_statements(marked), proof, hashlib.sha256(_canonical(proof)).digest())
    _prove(mould, document)
    return mould


def _prove(mould: Mould, document: dict[str, Any]) -> None:
    """Sign with a key that is thrown away, in both ways, and compare."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from .credential import strictly_signed

    key = Ed25519PrivateKey.generate()
    made = mould.signed(document, key.sign(mould.digest(document)))
    if made != strictly_signed(document, key, mould.proof):
        raise RecordError("A batch of records would not be signed as single ones are.")


def _statements(document: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    from openbadgeslib.ob3.contexts import document_loader
    from pyld import jsonld

    dataset = jsonld.to_rdf(
        document, {"produceGeneralizedRdf": False, "documentLoader": document_loader()}
    )
    if set(dataset) != {"@default"}:
        raise RecordError("A record says something outside of its own graph.")
    return tuple(dataset["@default"])


def _canonical(proof: dict[str, Any]) -> bytes:
    from openbadgeslib.ob3.contexts import document_loader
    from pyld import jsonld

    text = jsonld.normalize(
        {**proof, "@context": list(CONTEXTS)},
        {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": document_loader(),
        },
    )
    return cast("str", text).encode()


def _filled(statement: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    return {
        part: {**term, "value": words.get(term["value"], term["value"])}
        for part, term in statement.items()
    }


def _mark(place: Place) -> str:
    return "urn:word:" + "/".join(map(str, place))


def _free(value: Any, place: Place = (), path: str = "") -> Iterator[tuple[Place, str]]:
    """Each word of a record that may differ from the next one's, with its place."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _free(part, (*place, name), f"{path}/{name}".lstrip("/"))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _free(part, (*place, index), f"{path}/*")
    elif path in _FREE:
        yield place, value


def _put(document: Any, place: Place, word: str) -> None:
    for step in place[:-1]:
        document = document[step]
    document[place[-1]] = word


def _base58(data: bytes) -> str:
    """Base 58 as Bitcoin writes it, which is what multibase calls `z`."""
    number = int.from_bytes(data)
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits
