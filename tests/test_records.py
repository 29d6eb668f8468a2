"""A record says what was done, and nobody can make it say anything else."""

import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema  # type: ignore[import-untyped]
import pikepdf
import pytest

import record_samples as samples
from groundwork.errors import RecordError, SettingsError
from groundwork.records import (
    IssuedRecord,
    Issuer,
    KnownIssuer,
    OwnIssuer,
    PublicKey,
    SigningKey,
    StatusEntry,
    TrustedIssuers,
    Verdict,
    did_document,
    did_key,
    did_web,
    free_entry,
    issue,
    load_issuer,
    load_trusted_issuers,
    mould,
    own_issuer,
    printed_name,
    public_keys,
    retire,
    ring,
    rotate,
    sandbox,
    signing_key,
    status_list,
    verify,
)
from groundwork.records.credential import compose, proof_of, sign
from groundwork.records.keys import verification_method
from groundwork.records.mould import make_mould
from groundwork.records.typesetting import masked
from groundwork.records.verify import Standing
from groundwork.settings import read_settings
from record_samples import ISSUED, completion, organization

HERE = Path(__file__).parent
SCHEMA = HERE / "cases" / "ob3" / "achievementcredential.schema.json"
INDEPENDENT = HERE / "independent"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("data") / "keys")


@pytest.fixture(scope="module")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("other") / "keys")


@pytest.fixture(scope="module")
def learner(key: SigningKey) -> Issuer:
    return Issuer(kind="self", did=did_key(key.public), name="Self-issued")


@pytest.fixture(scope="module")
def record(key: SigningKey, learner: Issuer) -> IssuedRecord:
    return issue(completion(), learner, key, issued=ISSUED)


@pytest.fixture(scope="module")
def official(key: SigningKey) -> IssuedRecord:
    """A record of an organization."""
    return issue(completion(), organization(), key, issued=ISSUED, status=StatusEntry(1, 4711))


@pytest.fixture(scope="module")
def own(key: SigningKey) -> OwnIssuer:
    """The organization's own portal."""
    return own_issuer(organization(), [key.public])


def checked(
    data: bytes,
    *,
    own: OwnIssuer | None = None,
    listed: KnownIssuer | None = None,
    page: str | None = None,
    standing: Standing | None = None,
) -> Verdict:
    """The verdict of a portal that stored this page hash and standing."""
    return verify(
        data,
        issuers=TrustedIssuers({listed.did: listed} if listed else {}),
        own=own,
        page_hashes=lambda _: page,
        status=lambda _: standing,
    )


def changed(data: bytes, change: Change) -> bytes:
    document = json.loads(data)
    change(document)
    return json.dumps(document, ensure_ascii=False).encode()


def independently(credential: bytes, folder: Path, did: dict[str, Any] | None = None) -> Any:
    """What Digital Bazaar's libraries say, which share no code with ours."""
    path = folder / "credential.json"
    path.write_bytes(credential)
    command = ["node", str(INDEPENDENT / "verify.mjs"), str(path), str(samples.contexts())]
    if did is not None:
        (folder / "did.json").write_text(json.dumps(did), encoding="utf-8")
        command.append(str(folder / "did.json"))
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


# What a record is


@pytest.mark.parametrize("kind", ["record", "official"])
def test_credential_is_valid_by_the_official_schema(
    kind: str, request: pytest.FixtureRequest
) -> None:
    schema = json.loads(SCHEMA.read_bytes())
    pinned = (SCHEMA.parent / "README.md").read_text(encoding="utf-8")
    validator = jsonschema.Draft201909Validator(
        schema, format_checker=jsonschema.Draft201909Validator.FORMAT_CHECKER
    )

    document = json.loads(request.getfixturevalue(kind).json)

    assert hashlib.sha256(SCHEMA.read_bytes()).hexdigest() in pinned
    assert list(validator.iter_errors(document)) == []
    document["validFrom"] = "2026-11-20"
    assert list(validator.iter_errors(document)) != []


def test_credential_holds_the_hours_by_area_for_a_machine(record: IssuedRecord) -> None:
    verdict = checked(record.json)

    assert verdict.record is not None
    assert verdict.record["hours"] == 1.5
    assert {area["area"]: area["minutes"] for area in verdict.record["areas"]} == {
        "tf-development": 65,
        "tf-pregnancy": 15,
        "com-speaking": 10,
    }
    assert verdict.record["supervision_minutes"] == 0
    assert verdict.record["assessment"]["score"] == 11.5


def test_every_copy_of_the_credential_has_the_same_bytes(record: IssuedRecord) -> None:
    with pikepdf.open(io.BytesIO(record.pdf)) as pdf:
        attached = pdf.attachments["credential.json"].get_file().read_bytes()

    assert attached == record.json
    assert record.png.count(b"openbadgecredential\0\0\0\0\0" + record.json) == 1


def test_the_same_completion_makes_the_same_files(
    key: SigningKey, learner: Issuer, record: IssuedRecord
) -> None:
    assert issue(completion(), learner, key, issued=ISSUED) == record


def test_only_an_organization_has_a_status_entry(
    record: IssuedRecord, official: IssuedRecord, key: SigningKey
) -> None:
    assert "credentialStatus" not in json.loads(record.json)
    assert json.loads(official.json)["credentialStatus"]["statusListIndex"] == "4711"
    with pytest.raises(RecordError, match="status entry"):
        issue(completion(), organization(), key, issued=ISSUED)


def test_certificate_has_the_marks_of_pdf_a_3a_and_pdf_ua_1(official: IssuedRecord) -> None:
    with pikepdf.open(io.BytesIO(official.pdf)) as pdf:
        root = pdf.Root
        marks = str(root.Metadata.read_bytes(), "utf-8")
        attached = root.AF[0]
        figures = [item for item in tags(root.StructTreeRoot) if item.get("/S") == "/Figure"]
        headers = [item for item in tags(root.StructTreeRoot) if item.get("/S") == "/TH"]
        fonts = [item for item in pdf.objects if is_font_description(item)]

        assert len(pdf.pages) == 2
        assert root.MarkInfo.Marked
        assert root.Lang == "en"
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        assert "<pdfaid:part>3<" in marks
        assert "<pdfaid:conformance>A<" in marks
        assert "<pdfuaid:part>1<" in marks
        assert attached.AFRelationship == "/Data"
        assert figures
        assert all(str(figure.Alt) for figure in figures)
        assert len(headers) == 4
        assert fonts
        assert all({"/FontFile2", "/FontFile3"} & set(font.keys()) for font in fonts)


def tags(element: Any) -> list[Any]:
    """Every element of a structure tree."""
    if isinstance(element, pikepdf.Array):
        return [found for child in element.as_list() for found in tags(child)]
    if not isinstance(element, pikepdf.Dictionary):
        return []
    return [element, *tags(element.get("/K", pikepdf.Array()))]


def is_font_description(item: Any) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/FontDescriptor"


# Names


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        '<b>Ada</b> "Countess" & O\'Hara',
        '#panic("x") $ *b* @a \\ [y] `z`',
        "<script>alert(1)</script>",
        "Łucja Ñandú Đặng Thị Huệ",
        "فاطمة الزهراء",
        "陳大文",
        "Ana 🌻💛",
        "Анна Ελένη",
        "𓀀 Hieroglyph",
        "W" * 200,
        "Maria von und zu " * 11,
    ],
)
def test_names_of_all_kinds_are_printed_signed_and_read_back(
    name: str, key: SigningKey, learner: Issuer, tmp_path: Path
) -> None:
    record = issue(completion(name=name), learner, key, issued=ISSUED)

    verdict = checked(record.pdf)

    assert verdict.record is not None
    assert verdict.record["learner"] == name.strip()
    assert independently(record.json, tmp_path)["verified"]


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("  Ada\tLovelace\r\n ", "Ada Lovelace"),
        ("Ada\u00a0 Lovelace", "Ada Lovelace"),
        ("Nun\u0303ez", "Nu\u00f1ez"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_name_is_tidied(typed: str, printed: str) -> None:
    assert printed_name(typed) == printed


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \n",
        "Ada\0",
        "Ada\b",
        "Ada\x7f",
        "Ada\x85",
        "\ud800",
        "A\u202eda",
        "A\u200bda",
        "\ue000",
        "x" * 201,
        "...",
    ],
)
def test_name_that_cannot_be_printed_is_refused(name: str) -> None:
    with pytest.raises(RecordError):
        printed_name(name)


def test_letters_no_typeface_holds_are_named_not_boxed() -> None:
    assert masked({"name": ["Ada 陳大文 Ж ع", 3]}) == {"name": ["Ada […] Ж ع", 3]}


@pytest.mark.parametrize(
    "change",
    [
        {"minutes": 95},
        {"live_minutes": 5},
        {"score": 9},
        {"score": 13},
        {"started": datetime(2026, 11, 21, tzinfo=UTC)},
        {"completed": datetime(2026, 11, 21)},
    ],
    ids=str,
)
def test_completion_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordError):
        completion(**change)


def test_control_character_anywhere_is_refused(key: SigningKey, learner: Issuer) -> None:
    with pytest.raises(RecordError, match=r"title|name"):
        issue(completion(title="Brain\x0carchitecture"), learner, key, issued=ISSUED)


# Verifying: a good record


@pytest.mark.parametrize("kind", ["json", "pdf", "png"])
def test_record_is_valid_where_it_was_issued(
    kind: str, official: IssuedRecord, own: OwnIssuer
) -> None:
    verdict = checked(
        getattr(official, kind), own=own, page=official.sha256s["pdf"], standing="valid"
    )

    assert verdict.status == "valid"
    assert verdict.issuer.trust == "self"
    assert verdict.page_proven is (True if kind == "pdf" else None)


def test_self_issued_record_has_a_good_signature_and_nobody_who_vouches(
    record: IssuedRecord,
) -> None:
    verdict = checked(record.pdf)

    assert verdict.status == "unknown_issuer"
    assert verdict.issuer.trust == "unknown"
    assert verdict.page_proven is None
    assert "signature is good" in verdict.reasons[0]
    assert "vouches" in verdict.reasons[1]
    assert "not proven" in verdict.reasons[2]


def test_learners_key_on_a_list_is_vouched_for(record: IssuedRecord, learner: Issuer) -> None:
    verdict = checked(record.json, listed=KnownIssuer(learner.did, "Ana Ruiz, trainer"))

    assert verdict.status == "valid"
    assert verdict.issuer.name == "Ana Ruiz, trainer"
    assert verdict.issuer.trust == "listed"


def test_other_verifiers_agree(
    record: IssuedRecord, official: IssuedRecord, key: SigningKey, tmp_path: Path
) -> None:
    from openbadgeslib.ob3 import OB3LdpVerifier

    document = did_document(organization().did, [key.public])
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        return json.dumps(document).encode()

    assert OB3LdpVerifier().verify(record.json).name == "Brain architecture"
    assert OB3LdpVerifier().verify(official.json, download=download).name == "Brain architecture"
    assert asked == [f"{samples.ADDRESS}/.well-known/did.json"]
    assert independently(record.json, tmp_path) == {"verified": True, "error": None}
    assert independently(official.json, tmp_path, document) == {"verified": True, "error": None}


# Verifying: every change has its own answer


def rename(document: dict[str, Any]) -> None:
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"


def add_hours(document: dict[str, Any]) -> None:
    document["credentialSubject"]["result"][0]["value"] = "15"


def drop_status(document: dict[str, Any]) -> None:
    del document["credentialStatus"]


def add_unsigned(document: dict[str, Any]) -> None:
    document["endorsed"] = "yes"


def add_old_expiry(document: dict[str, Any]) -> None:
    document["expirationDate"] = "2099-01-01T00:00:00Z"


@pytest.mark.parametrize("change", [rename, add_hours, drop_status, add_unsigned, add_old_expiry])
def test_changed_credential_is_tampered_here_and_there(
    change: Change, official: IssuedRecord, own: OwnIssuer, key: SigningKey, tmp_path: Path
) -> None:
    forged = changed(official.json, change)

    verdict = checked(forged, own=own, standing="valid")

    assert verdict.status == "tampered"
    assert verdict.record is None
    document = did_document(organization().did, [key.public])
    assert not independently(forged, tmp_path, document)["verified"]


def test_another_name_in_the_attached_credential_is_tampered(
    official: IssuedRecord, own: OwnIssuer
) -> None:
    forged = samples.with_attachment(official.pdf, changed(official.json, rename))

    assert checked(forged, own=own, standing="valid").status == "tampered"


def test_page_that_was_not_issued_is_not_proven(official: IssuedRecord, own: OwnIssuer) -> None:
    verdict = checked(
        official.pdf + b"\n% edited", own=own, page=official.sha256s["pdf"], standing="valid"
    )

    assert verdict.status == "valid"
    assert verdict.page_proven is False
    assert "not the one we issued" in verdict.reasons[0]


def test_credential_in_another_persons_page_is_not_proven(
    official: IssuedRecord, own: OwnIssuer, key: SigningKey
) -> None:
    theirs = issue(
        completion(id=uuid4(), name="Tomas"),
        organization(),
        key,
        issued=ISSUED,
        status=StatusEntry(1, 9),
    )
    swapped = samples.with_attachment(theirs.pdf, official.json)

    verdict = checked(swapped, own=own, page=official.sha256s["pdf"], standing="valid")

    assert verdict.page_proven is False
    assert verdict.record is not None
    assert verdict.record["learner"] == "Marisol Núñez-Łaska"


@pytest.mark.parametrize(
    ("standing", "status"),
    [("revoked", "revoked"), ("superseded", "superseded"), (None, "status_unknown")],
)
def test_record_that_no_longer_stands_says_so(
    standing: Standing | None, status: str, official: IssuedRecord, own: OwnIssuer
) -> None:
    assert checked(official.json, own=own, standing=standing).status == status


def test_unchecked_status_of_a_listed_issuer_is_never_valid(
    official: IssuedRecord, own: OwnIssuer
) -> None:
    listed = KnownIssuer(own.did, "Lone Star", own.keys)

    assert checked(official.json, listed=listed).status == "status_unknown"


def test_unknown_organization_is_not_vouched_for(official: IssuedRecord) -> None:
    verdict = checked(official.json)

    assert verdict.status == "unknown_issuer"
    assert verdict.record is None


def test_listed_organization_without_a_key_cannot_be_checked(official: IssuedRecord) -> None:
    verdict = checked(official.json, listed=KnownIssuer(organization().did, "Lone Star"))

    assert verdict.status == "status_unknown"
    assert verdict.record is None


def test_withdrawn_key_revokes_what_it_signed(official: IssuedRecord, own: OwnIssuer) -> None:
    withdrawn = replace(own, keys=(replace(own.keys[0], active=False),))

    assert checked(official.json, own=withdrawn, standing="valid").status == "revoked"


@pytest.mark.parametrize(
    ("field", "when", "status"),
    [("validUntil", -1, "expired"), ("validFrom", 1, "status_unknown")],
)
def test_time_of_a_record_is_kept(
    field: str, when: int, status: str, key: SigningKey, learner: Issuer
) -> None:
    document = compose(completion(), learner, issued=ISSUED)
    moment = datetime.now(UTC) + timedelta(days=when)
    document[field] = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    signed = sign(document, learner, key, created=ISSUED)

    assert checked(signed, listed=KnownIssuer(learner.did, "Ana")).status == status


def test_foreign_key_cannot_speak_for_an_organization(
    own: OwnIssuer, other_key: SigningKey
) -> None:
    impostor = issue(
        completion(), organization(), other_key, issued=ISSUED, status=StatusEntry(1, 1)
    )

    assert own.keys[0].name == other_key.name
    assert checked(impostor.json, own=own, standing="valid").status == "tampered"


def test_key_in_the_fragment_of_anothers_identifier_does_not_pass(
    own: OwnIssuer, other_key: SigningKey
) -> None:
    named = SigningKey(other_key.public.multikey, other_key.private)
    impostor = issue(completion(), organization(), named, issued=ISSUED, status=StatusEntry(1, 1))

    method = json.loads(impostor.json)["proof"]["verificationMethod"]
    assert method == f"{own.did}#{other_key.public.multikey}"
    assert checked(impostor.json, own=own, standing="valid").status == "tampered"
    listed = KnownIssuer(own.did, "Lone Star", own.keys)
    assert checked(impostor.json, listed=listed).status == "unknown_issuer"
    assert checked(impostor.json).status == "unknown_issuer"


def test_signature_by_another_than_the_issuer_it_names_is_tampered(
    learner: Issuer, other_key: SigningKey
) -> None:
    from openbadgeslib.ob3 import add_data_integrity_proof

    document = compose(completion(), learner, issued=ISSUED)
    method = verification_method(did_key(other_key.public), other_key.public)
    signed = add_data_integrity_proof(document, other_key.pem(), method)

    verdict = checked(json.dumps(signed).encode(), listed=KnownIssuer(learner.did, "Ana"))

    assert verdict.status == "tampered"


# Verifying: what is no record


def two_proofs(document: dict[str, Any]) -> None:
    document["proof"] = [document["proof"], document["proof"]]


def no_proof(document: dict[str, Any]) -> None:
    del document["proof"]


def remote_context(document: dict[str, Any]) -> None:
    document["@context"].append("https://evil.example/context.json")


def inline_context(document: dict[str, Any]) -> None:
    document["@context"].append({"name": "https://evil.example/name"})


def other_suite(document: dict[str, Any]) -> None:
    document["proof"]["cryptosuite"] = "none"


def lone_surrogate(document: dict[str, Any]) -> None:
    document["issuer"]["name"] = "\\ud800"


@pytest.mark.parametrize(
    "change", [two_proofs, no_proof, remote_context, inline_context, other_suite, lone_surrogate]
)
def test_credential_that_cannot_be_checked_is_unreadable(
    change: Change, record: IssuedRecord
) -> None:
    forged = changed(record.json, change).replace(b"\\\\ud800", b"\\ud800")

    assert checked(forged).status == "unreadable"


def test_key_said_twice_is_unreadable(record: IssuedRecord) -> None:
    forged = record.json.replace(b'"name"', b'"name": "First", "name"', 1)

    assert checked(forged).status == "unreadable"


def test_pdf_with_two_credentials_or_none_is_unreadable(record: IssuedRecord) -> None:
    two = samples.with_attachment(record.pdf, record.json, name="other.json", keep=True)
    none = samples.with_attachment(record.pdf, b"hello", name="notes.txt")

    assert "more than one" in checked(two).reasons[0]
    assert "no credential attached" in checked(none).reasons[0]


@pytest.mark.parametrize("data", [b"", b"hello", b"[]", b"{}", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_unreadable(data: bytes) -> None:
    assert checked(data).status == "unreadable"


@pytest.mark.parametrize("made", samples.HOSTILE.values(), ids=samples.HOSTILE)
def test_hostile_file_is_refused_within_two_seconds(
    made: Callable[[bytes], bytes], record: IssuedRecord
) -> None:
    data = made(record.json)
    checked(record.json)  # so that a worker is there
    began = time.monotonic()

    verdict = checked(data)

    assert verdict.status == "unreadable"
    assert time.monotonic() - began < 2


def test_file_that_ends_its_reader_is_unreadable_and_the_next_is_read(
    record: IssuedRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox.CPU_SECONDS < 2
    assert sandbox.MEMORY < 300 * 1024 * 1024

    refused = checked(samples.many_attachments())

    assert refused.status == "unreadable"
    assert "more time or memory" in refused.reasons[0]
    assert checked(record.json).status == "unknown_issuer"


# Keys and identifiers


def test_key_is_private_to_its_owner(tmp_path: Path) -> None:
    key = signing_key(tmp_path / "keys")

    files = list((tmp_path / "keys").iterdir())
    assert {file.suffix for file in files} >= {".pem", ".json"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert signing_key(tmp_path / "keys").public == key.public
    secret = re.sub(rb"-----.*?-----|\s", b"", key.pem()).decode()
    assert secret not in repr(key)
    assert "private" not in repr(key)


def test_processes_that_make_the_first_key_at_once_end_with_one(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from groundwork.records import signing_key; "
        "sys.stdin.read(1); print(signing_key(Path(sys.argv[1])).public.multikey)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys")]
    both = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)
    ]

    keys = {process.communicate(b"x")[0] for process in both}

    assert len(keys) == 1
    assert all(process.returncode == 0 for process in both)
    assert len(list((tmp_path / "keys").glob("*.pem"))) == 1


def test_broken_key_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "2026.pem").write_text("not a key", encoding="utf-8")

    with pytest.raises(RecordError, match=r"2026\.pem is not a readable private key"):
        signing_key(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(RecordError, match="cannot be used"):
        signing_key(tmp_path / "keys")


def test_keys_are_named_by_year_and_signed_with_the_newest(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    moments = [datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    made = [rotate(folder, at=at) for at in [*moments, datetime(2027, 1, 4, tzinfo=UTC)]]

    assert [key.name for key in made] == ["2026", "2026-2", "2027"]
    assert [key.name for key in ring(folder)] == ["2026", "2026-2", "2027"]
    assert [key.signs for key in ring(folder)] == [False, False, True]
    assert signing_key(folder).public == made[-1].public
    assert all(key.active for key in public_keys(folder))


def test_key_from_before_the_ring_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    old = signing_key(folder)
    (folder / "ring.json").unlink()

    assert public_keys(folder) == (old.public,)
    assert rotate(folder, at=datetime.now(UTC)).public in public_keys(folder)
    assert old.public in public_keys(folder)


def test_withdrawn_key_is_replaced_and_cannot_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    old = signing_key(folder)
    how: dict[str, Any] = {"reason": "stolen", "compromised": True, "at": datetime.now(UTC)}

    new = retire(folder, old.name, **how)

    assert new.public != old.public
    assert [key.active for key in public_keys(folder)] == [False, True]
    with pytest.raises(RecordError, match="withdrawn before"):
        retire(folder, old.name, **how)
    with pytest.raises(RecordError, match="no key '1999'"):
        retire(folder, "1999", **how)


@pytest.mark.parametrize("text", ["", "[]", '{"keys": 5}', '{"keys": [{"name": "2026"}]}'])
def test_ring_that_cannot_be_read_is_one_sentence(text: str, tmp_path: Path) -> None:
    (tmp_path / "ring.json").write_text(text, encoding="utf-8")

    with pytest.raises(RecordError, match=r"ring\.json"):
        signing_key(tmp_path)


def test_mould_that_would_not_sign_like_the_strict_signer_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: SigningKey
) -> None:
    document = compose(completion(), organization(), issued=ISSUED, status=StatusEntry(1, 5))
    proof = proof_of(organization(), key.public, created=ISSUED)
    make_mould(document, proof)

    monkeypatch.setattr(mould, "_mark", lambda place: f"urn:word:{len(place)}")

    with pytest.raises(RecordError, match="single ones"):
        make_mould(document, proof)


def test_records_that_differ_in_more_than_words_have_moulds_of_their_own() -> None:
    def shape(**changes: Any) -> str:
        return mould.shape(
            compose(completion(**changes), organization(), issued=ISSUED, status=StatusEntry(1, 5))
        )

    assert shape(name="Ana", score=12, form="A") == shape()
    assert shape(title="Another") != shape()
    assert shape(age_bands=("3-6y",)) != shape()


@pytest.mark.parametrize(
    ("address", "did"),
    [
        ("https://training.example.org", "did:web:training.example.org"),
        ("https://training.example.org:8443/services/x/", "did:web:training.example.org%3A8443"),
        ("https://schön.example", "did:web:xn--schn-7qa.example"),
        ("http://127.0.0.1:8000", "did:web:127.0.0.1%3A8000"),
    ],
)
def test_identifier_of_a_public_address(address: str, did: str) -> None:
    assert did_web(address) == did


@pytest.mark.parametrize("address", ["http://training.example.org", "https://me:pw@x.org", "x"])
def test_address_without_an_identifier_is_refused(address: str) -> None:
    with pytest.raises(RecordError):
        did_web(address)


def test_did_document_keeps_old_keys_and_asserts_with_standing_ones(key: SigningKey) -> None:
    old = PublicKey("2025", key.public.multikey, active=False)

    document = did_document("did:web:x.example", [old, key.public])

    assert len(document["verificationMethod"]) == 2
    assert document["assertionMethod"] == [f"did:web:x.example#{key.name}"]


def test_status_list_shows_what_was_revoked(key: SigningKey) -> None:
    from openbadgeslib.ob3 import (
        decode_encoded_list,
        resolve_did,
        set_indices,
        verify_data_integrity_proof,
    )

    entry = free_entry(1, {1, 2})
    signed = json.loads(status_list(1, {4711, entry.index}, organization(), key, at=ISSUED))

    verify_data_integrity_proof(signed, resolve_did(did_key(key.public)))
    encoded = signed["credentialSubject"]["encodedList"]
    assert set_indices(decode_encoded_list(encoded)) == {4711, entry.index}


# Settings


def settings(folder: Path, **changes: str) -> Any:
    (folder / "_toc.yml").touch()
    return read_settings({"GROUNDWORK_ROOT": str(folder), **changes})


def test_learners_own_machine_issues_for_itself(tmp_path: Path, key: SigningKey) -> None:
    issuer = load_issuer(settings(tmp_path), key.public)

    assert issuer.kind == "self"
    assert issuer.did == did_key(key.public)


def test_organization_is_read_from_its_file(tmp_path: Path, key: SigningKey) -> None:
    mark = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
    (tmp_path / "logo.svg").write_text(mark, encoding="utf-8")
    (tmp_path / "issuer.yml").write_text(
        "name: Lone Star\ncontact: a@b.example\nlogo: logo.svg\ncolor: '#6d3960'\n"
        "signatory: {name: Ofelia Brandt, title: Director}\n",
        encoding="utf-8",
    )
    found = settings(
        tmp_path,
        GROUNDWORK_PUBLIC_URL="https://x.example/",
        GROUNDWORK_ISSUER=str(tmp_path / "issuer.yml"),
    )

    issuer = load_issuer(found, key.public)

    assert issuer.did == "did:web:x.example"
    assert issuer.signatory is not None
    assert issuer.logo is not None
    assert issue(completion(), issuer, key, issued=ISSUED, status=StatusEntry(1, 5)).pdf


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "needs contact, name"),
        ("name: X", "needs contact, name"),
        ("name: X\ncontact: y\nlogoo: z", "unknown"),
        ("name: X\ncontact: 5", "contact must be text"),
        ("name: X\ncontact: y\ncolor: '#ffff00'", "too light"),
        ("name: X\ncontact: y\nlogo: nothing.png", "No such file"),
        ("name: X\ncontact: y\nlogo: logo.gif", "none of"),
    ],
)
def test_wrong_issuer_file_says_what_is_wrong(
    text: str, says: str, tmp_path: Path, key: SigningKey
) -> None:
    path = tmp_path / "issuer.yml"
    path.write_text(text, encoding="utf-8")
    found = settings(
        tmp_path, GROUNDWORK_PUBLIC_URL="https://x.example", GROUNDWORK_ISSUER=str(path)
    )

    with pytest.raises(SettingsError, match=says):
        load_issuer(found, key.public)


def test_trusted_issuers_are_read_with_their_saved_documents(
    tmp_path: Path, key: SigningKey, official: IssuedRecord
) -> None:
    document = did_document(organization().did, [key.public])
    (tmp_path / "lonestar.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "trusted.yml").write_text(
        f"- did: {organization().did}\n  name: Lone Star\n  document: lonestar.json\n"
        f"- did: {did_key(key.public)}\n  name: Ana\n",
        encoding="utf-8",
    )

    issuers = load_trusted_issuers(tmp_path / "trusted.yml")

    verdict = verify(
        official.json,
        issuers=issuers,
        own=None,
        page_hashes=lambda _: None,
        status=lambda _: None,
    )
    assert verdict.issuer.name == "Lone Star"
    assert verdict.status == "status_unknown"
    assert verdict.record is not None


@pytest.mark.parametrize(
    "text",
    [
        "a: b",
        "- 5",
        "- {did: 'did:web:x'}",
        "- {did: x, name: y}",
        "- {did: 'did:web:x', name: y, key: z}",
        "- {did: 'did:web:x', name: y, document: nothing.json}",
        "- {did: 'did:web:x', name: y, keys: [1]}",
        "[",
    ],
)
def test_wrong_list_of_issuers_names_the_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "trusted.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"trusted\.yml"):
        load_trusted_issuers(path)
