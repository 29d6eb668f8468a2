"""The record of a series holds its module records, and nobody can put others in their place."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema  # type: ignore[import-untyped]
import pikepdf
import pytest
from referencing import Registry, Resource

from groundwork.errors import RecordError
from groundwork.records import (
    IssuedRecord,
    Issuer,
    KnownIssuer,
    OwnIssuer,
    SeriesCompletion,
    SigningKey,
    StatusEntry,
    TrustedIssuers,
    Verdict,
    did_document,
    did_key,
    issue,
    own_issuer,
    signing_key,
    verify,
)
from groundwork.records.series import sign_series
from record_samples import ISSUED, completion, organization, series, series_record
from test_records import changed, independently

OB3 = Path(__file__).parent / "cases" / "ob3" / "achievementcredential.schema.json"
SHARED = (
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
)
CLR: dict[str, Any] = {
    # What 1EdTech's schema of a ClrCredential asks for around the classes it shares with
    # Open Badges 3.0, which are taken from the pinned official file.
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "required": ["@context", "type", "id", "name", "credentialSubject", "issuer", "validFrom"],
    "properties": {
        "@context": {
            "type": "array",
            "minItems": 3,
            "items": [
                {"const": "https://www.w3.org/ns/credentials/v2"},
                {"pattern": r"^https://purl\.imsglobal\.org/spec/clr/v2p0/context-2\.\d\.\d\.json$"},
                {"pattern": r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context-3\.\d\.\d\.json$"},
            ],
        },
        "type": {
            "allOf": [
                {"contains": {"const": "VerifiableCredential"}},
                {"contains": {"const": "ClrCredential"}},
            ]
        },
        "id": {"type": "string"},
        "name": {"type": "string"},
        "partial": {"type": "boolean"},
        "issuer": {"$ref": f"{SHARED}#/$defs/ProfileRef"},
        "validFrom": {"type": "string", "format": "date-time"},
        "awardedDate": {"type": "string", "format": "date-time"},
        "credentialStatus": {"$ref": f"{SHARED}#/$defs/CredentialStatus"},
        "proof": {"$ref": f"{SHARED}#/$defs/Proof"},
        "credentialSubject": {
            "type": "object",
            "required": ["type", "verifiableCredential"],
            "properties": {
                "type": {"contains": {"const": "ClrSubject"}},
                "identifier": {
                    "type": "array",
                    "items": {"$ref": f"{SHARED}#/$defs/IdentityObject"},
                },
                "verifiableCredential": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"$ref": SHARED},
                },
                "association": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["type", "associationType", "sourceId", "targetId"],
                        "properties": {
                            "type": {"const": "Association"},
                            "associationType": {
                                "enum": [
                                    "exactMatchOf", "isChildOf", "isParentOf", "isPartOf",
                                    "isPeerOf", "isRelatedTo", "precedes", "replacedBy",
                                ]
                            },
                            "sourceId": {"type": "string"},
                            "targetId": {"type": "string"},
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("data") / "keys")


@pytest.fixture(scope="module")
def official(key: SigningKey) -> IssuedRecord:
    return series_record(series(), organization(), key)


@pytest.fixture(scope="module")
def own(key: SigningKey) -> OwnIssuer:
    return own_issuer(organization(), [key.public])


def checked(data: bytes, own: OwnIssuer | None, **more: Any) -> Verdict:
    listed: KnownIssuer | None = more.pop("listed", None)
    return verify(
        data,
        issuers=TrustedIssuers({listed.did: listed} if listed else {}),
        own=own,
        page_hashes=lambda _: more.get("page"),
        status=lambda _: "valid",
    )


def test_series_is_a_clr_credential_by_the_official_classes(official: IssuedRecord) -> None:
    shared = Resource.from_contents(json.loads(OB3.read_bytes()))
    validator = jsonschema.Draft201909Validator(
        CLR,
        registry=Registry().with_resource(SHARED, shared),
        format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER,
    )
    document = json.loads(official.json)

    assert list(validator.iter_errors(document)) == []
    del document["credentialSubject"]["verifiableCredential"][1]["issuer"]
    assert list(validator.iter_errors(document)) != []


def test_other_verifiers_agree_about_a_series(
    official: IssuedRecord, key: SigningKey, tmp_path: Path
) -> None:
    document = did_document(organization().did, [key.public])

    assert independently(official.json, tmp_path, document) == {"verified": True, "error": None}


def test_series_holds_the_module_records_byte_for_byte(key: SigningKey) -> None:
    issuer = Issuer(kind="self", did=did_key(key.public), name="Self-issued")
    whole = series()
    record = series_record(whole, issuer, key)

    inside = json.loads(record.json)["credentialSubject"]["verifiableCredential"][1:]
    for module, member in zip(whole.modules, inside, strict=True):
        alone = issue(module, issuer, key, issued=ISSUED).json
        assert (json.dumps(member, ensure_ascii=False, indent=2) + "\n").encode() == alone


def test_every_copy_of_a_series_has_the_same_bytes(official: IssuedRecord) -> None:
    with pikepdf.open(io.BytesIO(official.pdf)) as pdf:
        attached = pdf.attachments["credential.json"].get_file().read_bytes()

    assert attached == official.json
    assert official.png.count(b"openbadgecredential\0\0\0\0\0" + official.json) == 1


def test_series_adds_up_each_minute_once(official: IssuedRecord, own: OwnIssuer) -> None:
    verdict = checked(official.pdf, own, page=official.sha256s["pdf"])

    assert verdict.status == "valid"
    assert verdict.page_proven
    record = verdict.record
    assert record is not None
    assert record["minutes"] == sum(area["minutes"] for area in record["areas"]) == 270
    assert record["areas"][0]["minutes"] == 195
    assert record["equity_minutes"] == 30
    assert record["supervision_minutes"] == 0
    assert [module["title"] for module in record["modules"]] == ["Module 0", "Module 1", "Module 2"]


def members(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["credentialSubject"]["verifiableCredential"]
    return found


def rename_inside(document: dict[str, Any]) -> None:
    for member in members(document):
        member["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"


def add_hours_inside(document: dict[str, Any]) -> None:
    members(document)[0]["credentialSubject"]["result"][0]["value"] = "45"


def unsigned_member_word(document: dict[str, Any]) -> None:
    members(document)[1]["endorsed"] = "yes"


def leave_one_out(document: dict[str, Any]) -> None:
    del members(document)[2]
    del document["credentialSubject"]["association"][1]


@pytest.mark.parametrize(
    "change", [rename_inside, add_hours_inside, unsigned_member_word, leave_one_out]
)
def test_changed_series_is_tampered(
    change: Callable[[dict[str, Any]], object], official: IssuedRecord, own: OwnIssuer
) -> None:
    verdict = checked(changed(official.json, change), own)

    assert verdict.status == "tampered"
    assert verdict.record is None


def another_name(document: dict[str, Any]) -> None:
    document["name"] = "Another series"


def unsigned_word(document: dict[str, Any]) -> None:
    document["endorsed"] = "yes"


def other_issuer(document: dict[str, Any]) -> None:
    members(document)[1]["issuer"]["id"] = "did:web:other.example"


def remote_context_inside(document: dict[str, Any]) -> None:
    members(document)[1]["@context"].append("https://evil.example/context.json")


def a_series_inside(document: dict[str, Any]) -> None:
    members(document)[1]["type"].append("ClrCredential")


def two_proofs(document: dict[str, Any]) -> None:
    document["proof"] = [document["proof"], document["proof"]]


@pytest.mark.parametrize(
    "change",
    [another_name, unsigned_word, other_issuer, remote_context_inside, a_series_inside, two_proofs],
)
def test_series_of_another_build_is_not_checked(
    change: Callable[[dict[str, Any]], object], official: IssuedRecord, own: OwnIssuer
) -> None:
    assert checked(changed(official.json, change), own).status == "unreadable"


def test_record_of_another_signer_inside_is_tampered(
    key: SigningKey, own: OwnIssuer, tmp_path: Path
) -> None:
    other = signing_key(tmp_path / "keys")
    whole = series()
    foreign = json.loads(series_record(whole, organization(), other).json)
    inside = [json.dumps(one).encode() for one in members(foreign)[1:]]

    mixed = sign_series(
        whole, organization(), key, inside, issued=ISSUED, status=StatusEntry(1, 99)
    )

    verdict = checked(mixed, own)
    assert verdict.status == "tampered"
    assert "inside" in verdict.reasons[0]


def test_withdrawn_key_of_one_record_inside_revokes_the_series(
    key: SigningKey, own: OwnIssuer, official: IssuedRecord
) -> None:
    withdrawn = replace(own, keys=(replace(own.keys[0], active=False),))

    assert checked(official.json, withdrawn).status == "revoked"


def test_series_of_two_people_or_of_nothing_is_refused() -> None:
    modules = (completion(), completion(id=uuid4(), name="Somebody Else"))

    with pytest.raises(RecordError, match="one person"):
        series(modules=modules)
    with pytest.raises(RecordError, match="at least one"):
        series(modules=())


def test_series_wants_the_records_of_its_modules(key: SigningKey) -> None:
    with pytest.raises(RecordError, match="exactly its modules"):
        sign_series(series(), organization(), key, [], issued=ISSUED, status=StatusEntry(1, 99))


def test_facts_come_back_from_plain_data_as_they_were() -> None:
    whole = series()

    assert SeriesCompletion.from_plain(json.loads(json.dumps(whole.to_plain()))) == whole
