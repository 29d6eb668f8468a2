"""The Open Badges 3.0 credential: composed as plain data, signed by a strict signer."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid5

from ..errors import RecordError
from ..language import filled
from ..language import gettext as _
from . import words
from .facts import AreaMinutes, Completion, Earned, Issuer, SeriesCompletion
from .keys import PublicKey, SigningKey, verification_method

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from openbadgeslib.ob3 import OpenBadgeCredential

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
AREA_RESULT = "ext:CompetencyMinutes"
# Names derived from this one stay the same for every issuer, so that the same module
# is recognized as the same achievement.
_NAMES = UUID("6b1f0c9e-5a0b-4d53-9a51-2f9d3e4b7c10")


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """A record's place in its issuer's signed status list."""

    list_number: int
    index: int


def urn(*parts: str) -> str:
    """The same name for the same parts, everywhere and for ever."""
    return uuid5(_NAMES, "\n".join(parts)).urn


def compose(
    completion: Earned,
    issuer: Issuer,
    *,
    issued: datetime,
    status: StatusEntry | None = None,
) -> dict[str, Any]:
    """Return the unsigned credential of a completion, a module's or a whole series'."""
    if issued.tzinfo is None:
        raise RecordError(f"{issued!r} has no time zone.")
    if (issuer.kind == "organization") != (status is not None):
        raise RecordError("Exactly the records of an organization have a status entry.")
    with words.in_language_of(completion):
        document = _document(completion, issuer, issued)
    if status is not None:
        document["credentialStatus"] = status_entry(status, issuer)
    check_plain(document)
    return document


def _document(completion: Earned, issuer: Issuer, issued: datetime) -> dict[str, Any]:
    document: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": completion.id.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": completion.title,
        "description": words.described(completion, issuer),
        "issuer": profile(issuer),
        "validFrom": moment(issued),
        "awardedDate": moment(issued),
        "credentialSubject": _subject(completion),
    }
    if isinstance(completion, Completion):
        document["evidence"] = _evidence(completion)
    return document


def sign(document: dict[str, Any], issuer: Issuer, key: SigningKey, *, created: datetime) -> bytes:
    """Return the signed credential as the bytes that every copy of it has."""
    from openbadgeslib.errors import LibOpenBadgesException
    from openbadgeslib.ob3 import OB3LdpSigner

    signer = OB3LdpSigner(key.pem(), verification_method(issuer.did, key.public))
    try:
        signed = signer.sign(cast("OpenBadgeCredential", _Composed(document)), created=created)
    except LibOpenBadgesException as error:
        raise RecordError(f"The record cannot be signed: {error}") from error
    return written(signed)


def proof_of(issuer: Issuer, key: PublicKey, *, created: datetime) -> dict[str, Any]:
    """The proof of a credential, but for its signature."""
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "verificationMethod": verification_method(issuer.did, key),
        "proofPurpose": "assertionMethod",
    }


def strictly_signed(
    document: dict[str, Any], private: Ed25519PrivateKey, proof: dict[str, Any]
) -> dict[str, Any]:
    """What the strict signer makes of a credential with that proof and some key."""
    from openbadgeslib.ob3 import OB3LdpSigner

    signer = OB3LdpSigner(SigningKey("", private).pem(), proof["verificationMethod"])
    created = datetime.fromisoformat(proof["created"])
    return signer.sign(cast("OpenBadgeCredential", _Composed(document)), created=created)


def written(signed: dict[str, Any], *, indent: int | None = 2) -> bytes:
    """A signed credential as the bytes that every copy of it has."""
    return (json.dumps(signed, ensure_ascii=False, indent=indent) + "\n").encode()


@dataclass(frozen=True, slots=True)
class _Composed:
    """Plain data in the one shape the signer asks for."""

    document: dict[str, Any]

    def to_vc(self) -> dict[str, Any]:
        return self.document


def check_plain(value: object, at: str = "") -> None:
    """Refuse what two implementations may canonicalize differently, naming its place."""
    if isinstance(value, dict):
        for name, part in value.items():
            check_plain(part, f"{at}/{name}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            check_plain(part, f"{at}/{index}")
    elif isinstance(value, str):
        _check_text(value, at)
    elif not isinstance(value, bool):
        raise RecordError(f"{at}: {value!r} is neither text nor yes or no.")


def _check_text(text: str, at: str) -> None:
    for sign in text:
        if sign not in "\t\n\r" and unicodedata.category(sign) in ("Cc", "Cs", "Cn"):
            raise RecordError(f"{at}: U+{ord(sign):04X} cannot stand in a record.")


def profile(issuer: Issuer) -> dict[str, Any]:
    """Who issues, as a credential says it."""
    about = "\n".join(line for line in (issuer.qualifications, issuer.contact) if line)
    told = {"id": issuer.did, "type": ["Profile"], "name": issuer.name}
    if about:
        told["description"] = about
    if issuer.public_url:
        told["url"] = issuer.public_url
    return told


def identifier(name: str) -> list[dict[str, Any]]:
    """Who a credential is about: the name they want printed, and nothing else."""
    return [
        {
            "type": "IdentityObject",
            "identityHash": name,
            "identityType": "name",
            "hashed": False,
        }
    ]


def _subject(completion: Earned) -> dict[str, Any]:
    pairs = list(_results(completion))
    return {
        "type": ["AchievementSubject"],
        "identifier": identifier(completion.name),
        "activityStartDate": moment(completion.started),
        "activityEndDate": moment(completion.completed),
        "narrative": words.narrative_text(completion),
        "achievement": _achievement(completion, [described for described, __ in pairs]),
        "result": [reached for __, reached in pairs],
    }


def _achievement(completion: Earned, descriptions: list[dict[str, Any]]) -> dict[str, Any]:
    series = isinstance(completion, SeriesCompletion)
    return {
        "id": achievement_id(completion),
        "type": ["Achievement"],
        "achievementType": "LearningProgram" if series else "Course",
        "name": completion.title,
        "humanCode": completion.module,
        "version": completion.version,
        "inLanguage": completion.language,
        "description": words.series_text(completion)
        if isinstance(completion, SeriesCompletion)
        else words.course_text(completion),
        "criteria": {"narrative": words.criteria_text(completion)},
        "tag": list(completion.age_bands),
        "alignment": [_alignment(area) for area in completion.minutes_by_area],
        "resultDescription": descriptions,
    }


def achievement_id(completion: Earned, *parts: str) -> str:
    """The name of what was achieved, or of a part of it: the same for the same content."""
    said = [completion.module, completion.version, completion.language]
    if isinstance(completion, SeriesCompletion):
        said += [f"{module.module} {module.version}" for module in completion.modules]
    return urn(*said, *parts)


def _evidence(completion: Completion) -> list[dict[str, Any]]:
    return [
        {
            "type": ["Evidence"],
            "name": words.quiz_name(completion),
            "narrative": words.assessment_text(completion),
        },
        {
            "type": ["Evidence"],
            "name": _("Written reflection"),
            "narrative": words.reflection_text(completion),
        },
    ]


def _results(completion: Earned) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each thing measured: what it is, and what this learner reached."""
    hours = words.number(round(completion.minutes / 60, 2))
    yield _result(completion, _("Contact hours"), "ext:ContactHours", hours, required=hours)
    for area in completion.minutes_by_area:
        yield _area_result(completion, area)
    for name, kind, minutes in words.measured(completion):
        yield _result(completion, name, kind, str(minutes))
    if isinstance(completion, SeriesCompletion):
        yield _completed(completion, _("All modules of the series"))
        return
    yield _result(
        completion,
        words.quiz_name(completion),
        "RawScore",
        words.number(completion.score),
        required=words.number(completion.pass_share * completion.max_score),
        highest=words.number(completion.max_score),
    )
    yield _completed(completion, _("Written reflection"))


def _completed(completion: Earned, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    description, result = _result(completion, name, "Status", None)
    return description, {**result, "status": "Completed"}


def _area_result(completion: Earned, area: AreaMinutes) -> tuple[dict[str, Any], dict[str, Any]]:
    name = filled("Minutes on {area}", area=area.label)
    description, result = _result(completion, name, AREA_RESULT, str(area.minutes), about=area.area)
    return description, {**result, "alignment": [_alignment(area)]}


def _result(
    completion: Earned,
    name: str,
    kind: str,
    value: str | None,
    *,
    required: str | None = None,
    highest: str | None = None,
    about: str = "",
) -> tuple[dict[str, Any], dict[str, Any]]:
    described = achievement_id(completion, kind, about)
    description = {
        "id": described,
        "type": ["ResultDescription"],
        "name": name,
        "resultType": kind,
        "requiredValue": required,
        "valueMin": highest and "0",
        "valueMax": highest,
    }
    result = {"type": ["Result"], "resultDescription": described, "value": value}
    return _said(description), _said(result)


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _alignment(area: AreaMinutes) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": area.label,
        "targetCode": area.area,
        "targetDescription": area.domain,
        "targetFramework": words.FRAMEWORK,
        "targetUrl": urn("area", area.area),
    }


def status_entry(status: StatusEntry, issuer: Issuer) -> dict[str, Any]:
    """Where it can be looked up whether a credential still stands."""
    address = f"{issuer.public_url}/status/{status.list_number}"
    return {
        "id": f"{address}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(status.index),
        "statusListCredential": address,
    }


def moment(time: datetime) -> str:
    """A time as a credential writes it."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
