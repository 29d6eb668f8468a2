"""The Open Badges 3.0 credential: composed as plain data, signed by a strict signer."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid5

from ..errors import RecordError
from . import words
from .facts import AreaMinutes, Completion, Issuer
from .keys import SigningKey, verification_method

if TYPE_CHECKING:
    from openbadgeslib.ob3 import OpenBadgeCredential

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
FRAMEWORK = "Infant and early childhood mental health competency areas"
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
    completion: Completion,
    issuer: Issuer,
    *,
    issued: datetime,
    status: StatusEntry | None = None,
) -> dict[str, Any]:
    """Return the unsigned credential of a completion."""
    if issued.tzinfo is None:
        raise RecordError(f"{issued!r} has no time zone.")
    if (issuer.kind == "organization") != (status is not None):
        raise RecordError("Exactly the records of an organization have a status entry.")
    document = {
        "@context": list(CONTEXTS),
        "id": completion.id.urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": completion.title,
        "description": _description(issuer),
        "issuer": _profile(issuer),
        "validFrom": _moment(issued),
        "awardedDate": _moment(issued),
        "credentialSubject": _subject(completion),
        "evidence": _evidence(completion),
    }
    if status is not None:
        document["credentialStatus"] = _status(status, issuer)
    check_plain(document)
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
    return (json.dumps(signed, ensure_ascii=False, indent=2) + "\n").encode()


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


def _profile(issuer: Issuer) -> dict[str, Any]:
    about = "\n".join(line for line in (issuer.qualifications, issuer.contact) if line)
    profile = {"id": issuer.did, "type": ["Profile"], "name": issuer.name}
    if about:
        profile["description"] = about
    if issuer.public_url:
        profile["url"] = issuer.public_url
    return profile


def _description(issuer: Issuer) -> str:
    if issuer.kind == "self":
        return f"Completion record of one Groundwork module. {words.SELF_ISSUED}"
    return f"Completion record of one Groundwork module, issued by {issuer.name}."


def _subject(completion: Completion) -> dict[str, Any]:
    pairs = list(_results(completion))
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "identityHash": completion.name,
                "identityType": "name",
                "hashed": False,
            }
        ],
        "activityStartDate": _moment(completion.started),
        "activityEndDate": _moment(completion.completed),
        "narrative": _narrative(completion),
        "achievement": _achievement(completion, [description for description, _ in pairs]),
        "result": [result for _, result in pairs],
    }


def _achievement(completion: Completion, descriptions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": urn(completion.module, completion.version, completion.language),
        "type": ["Achievement"],
        "achievementType": "Course",
        "name": completion.title,
        "humanCode": completion.module,
        "version": completion.version,
        "inLanguage": completion.language,
        "description": _course(completion),
        "criteria": {"narrative": _criteria(completion)},
        "tag": list(completion.age_bands),
        "alignment": [_alignment(area) for area in completion.minutes_by_area],
        "resultDescription": descriptions,
    }


def _course(completion: Completion) -> str:
    objectives = "\n".join(f"- {objective}" for objective in completion.objectives)
    agenda = "\n".join(
        f"- {item.title} ({words.minutes_text(item.minutes)})" for item in completion.agenda
    )
    return (
        f"For people who work with children from {words.ages_text(completion)} "
        f"and their families.\n\nObjectives:\n{objectives}\n\nAgenda:\n{agenda}\n\n"
        f"Authors: {', '.join(completion.authors)}"
    )


def _criteria(completion: Completion) -> str:
    return "\n\n".join(
        (
            "Every lesson finished with its self-checks answered, the quiz passed, "
            "and the written reflection complete.",
            f"How the minutes were counted: {completion.hours_method}",
            "What this record is not:\n"
            + "\n".join(f"- {line}" for line in words.what_it_is_not(completion)),
        )
    )


def _narrative(completion: Completion) -> str:
    lines = [
        words.delivery_text(completion),
        words.assessment_text(completion),
        words.reflection_text(completion),
    ]
    for role, person in (("Instructor", completion.instructor), ("Sponsor", completion.sponsor)):
        if person is not None:
            about = f", {person.qualifications}" if person.qualifications else ""
            lines.append(f"{role}: {person.name}{about}.")
    return "\n".join(lines)


def _evidence(completion: Completion) -> list[dict[str, Any]]:
    return [
        {
            "type": ["Evidence"],
            "name": f"Quiz, form {completion.form}",
            "narrative": words.assessment_text(completion),
        },
        {
            "type": ["Evidence"],
            "name": "Written reflection",
            "narrative": words.reflection_text(completion),
        },
    ]


def _results(completion: Completion) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each thing measured: what it is, and what this learner reached."""
    hours = words.number(round(completion.minutes / 60, 2))
    yield _result(completion, "Contact hours", "ext:ContactHours", hours, required=hours)
    for area in completion.minutes_by_area:
        yield _area_result(completion, area)
    for name, kind, minutes in (
        ("Minutes in all", "ext:ContactMinutes", completion.minutes),
        ("Self-paced minutes", "ext:SelfPacedMinutes", completion.self_paced_minutes),
        ("Minutes led by an instructor", "ext:LiveMinutes", completion.live_minutes),
        ("Minutes on diversity and equity", "ext:EquityMinutes", completion.equity_minutes),
        (
            "Minutes on providing reflective supervision",
            "ext:ReflectiveSupervisionMinutes",
            completion.supervision_minutes,
        ),
    ):
        yield _result(completion, name, kind, str(minutes))
    yield _result(
        completion,
        f"Quiz, form {completion.form}",
        "RawScore",
        words.number(completion.score),
        required=words.number(completion.pass_share * completion.max_score),
        highest=words.number(completion.max_score),
    )
    description, result = _result(completion, "Written reflection", "Status", None)
    yield description, {**result, "status": "Completed"}


def _area_result(
    completion: Completion, area: AreaMinutes
) -> tuple[dict[str, Any], dict[str, Any]]:
    description, result = _result(
        completion, f"Minutes on {area.label}", AREA_RESULT, str(area.minutes), about=area.area
    )
    return description, {**result, "alignment": [_alignment(area)]}


def _result(
    completion: Completion,
    name: str,
    kind: str,
    value: str | None,
    *,
    required: str | None = None,
    highest: str | None = None,
    about: str = "",
) -> tuple[dict[str, Any], dict[str, Any]]:
    described = urn(completion.module, completion.version, completion.language, kind, about)
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
        "targetFramework": FRAMEWORK,
        "targetUrl": urn("area", area.area),
    }


def _status(status: StatusEntry, issuer: Issuer) -> dict[str, Any]:
    address = f"{issuer.public_url}/status/{status.list_number}"
    return {
        "id": f"{address}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(status.index),
        "statusListCredential": address,
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
