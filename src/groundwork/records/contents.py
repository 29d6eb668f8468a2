"""What a credential says, read without trusting its shape: anybody may have written it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from .credential import AREA_RESULT
from .reading import is_series, members


def record_id(credential: dict[str, Any]) -> str:
    """The id of a record, as its issuer keeps it."""
    try:
        return str(UUID(text_of(credential, "id")))
    except ValueError:
        return text_of(credential, "id")


def record_of(credential: dict[str, Any]) -> dict[str, Any]:
    """What a credential says of a learner and a training, in the words of this project.

    A series is told by the first of the credentials inside it, with its modules listed.
    """
    if is_series(credential):
        series, *modules = members(credential)
        told = record_of(series)
        return {**told, "id": record_id(credential), "modules": list(map(_module, modules))}
    subject = _part(credential, "credentialSubject")
    achievement = _part(subject, "achievement")
    results = _results(subject, achievement)
    of_type = {text_of(result, "resultType"): result for result in results}

    def value(kind: str) -> object:
        return of_type.get(kind, {}).get("value")

    return {
        "id": record_id(credential),
        "learner": _learner(subject),
        "title": text_of(achievement, "name"),
        "module": text_of(achievement, "humanCode"),
        "version": text_of(achievement, "version"),
        "language": text_of(achievement, "inLanguage"),
        "age_bands": [tag for tag in _all(achievement, "tag") if isinstance(tag, str)],
        "started": text_of(subject, "activityStartDate")[:10],
        "completed": text_of(subject, "activityEndDate")[:10],
        "issued": text_of(credential, "validFrom")[:10],
        "hours": _number(value("ext:ContactHours")),
        "minutes": _whole(value("ext:ContactMinutes")),
        "areas": _areas(results),
        "modules": [],
        "self_paced_minutes": _whole(value("ext:SelfPacedMinutes")),
        "live_minutes": _whole(value("ext:LiveMinutes")),
        "equity_minutes": _whole(value("ext:EquityMinutes")),
        "supervision_minutes": _whole(value("ext:ReflectiveSupervisionMinutes")),
        "assessment": _assessment(of_type.get("RawScore", {})),
        "about": text_of(subject, "narrative"),
        "criteria": text_of(_part(achievement, "criteria"), "narrative"),
        "description": text_of(credential, "description"),
    }


def _module(credential: dict[str, Any]) -> dict[str, Any]:
    told = record_of(credential)
    return {
        name: told[name] for name in ("id", "module", "title", "version", "completed", "minutes")
    }


def _assessment(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": text_of(result, "name"),
        "score": _number(result.get("value")),
        "max_score": _number(result.get("valueMax")),
        "pass_mark": _number(result.get("requiredValue")),
    }


def _results(subject: dict[str, Any], achievement: dict[str, Any]) -> list[dict[str, Any]]:
    """Each thing measured: what describes it, and what was reached, in one."""
    reached = {text_of(result, "resultDescription"): result for result in _maps(subject, "result")}
    return [
        {**description, **reached.get(text_of(description, "id"), {})}
        for description in _maps(achievement, "resultDescription")
    ]


def _areas(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "area": text_of(alignment, "targetCode"),
            "label": text_of(alignment, "targetName"),
            "domain": text_of(alignment, "targetDescription"),
            "minutes": _whole(result.get("value")),
        }
        for result in results
        if text_of(result, "resultType") == AREA_RESULT
        for alignment in _maps(result, "alignment")
    ]


def _learner(subject: dict[str, Any]) -> str:
    names = (
        text_of(identity, "identityHash")
        for identity in _maps(subject, "identifier")
        if text_of(identity, "identityType") == "name"
    )
    return next(names, "") or text_of(subject, "name")


def claimed_name(credential: dict[str, Any] | None) -> str | None:
    """What a credential calls its issuer."""
    return text_of(_part(credential or {}, "issuer"), "name")[:200] or None


def _all(fields: dict[str, Any], name: str) -> list[Any]:
    value = fields.get(name, [])
    return value if isinstance(value, list) else [value]


def _maps(fields: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [part for part in _all(fields, name) if isinstance(part, dict)]


def _part(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return next(iter(_maps(fields, name)), {})


def text_of(fields: dict[str, Any], name: str) -> str:
    """A field that must be text, or nothing at all."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str) and len(value) < 20 else None
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None
