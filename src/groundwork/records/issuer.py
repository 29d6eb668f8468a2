"""Who issues on this machine: an organization's file says so, or the learner's own key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import RecordError, SettingsError
from ..language import gettext
from . import words
from .facts import Issuer, Person, Picture
from .keys import PublicKey, did_key, did_web
from .trust import OwnIssuer

if TYPE_CHECKING:
    from ..settings import Settings

_NEEDED = frozenset(("name", "contact"))
_ALLOWED = _NEEDED | {"qualifications", "signatory", "logo", "signature", "color"}
_PICTURE_LIMIT = 1024 * 1024
_KINDS: dict[str, Literal["png", "jpg", "svg"]] = {
    ".png": "png",
    ".jpg": "jpg",
    ".jpeg": "jpg",
    ".svg": "svg",
}


def load_issuer(settings: Settings, key: PublicKey) -> Issuer:
    """Return who issues here; raise `SettingsError` if the settings contradict each other.

    An organization needs both a public address and an issuer file. With neither, the
    key is the learner's own and the records say "self-issued".
    """
    if settings.public_url is None and settings.issuer is None:
        return Issuer(kind="self", did=did_key(key), name=gettext(words.SELF_NAME))
    if settings.public_url is None or settings.issuer is None:
        raise SettingsError(
            "Records of an organization need both GROUNDWORK_PUBLIC_URL and "
            "GROUNDWORK_ISSUER; records of a learner's own machine need neither."
        )
    return _organization(settings.issuer, settings.public_url)


def own_issuer(issuer: Issuer, keys: Sequence[PublicKey]) -> OwnIssuer:
    """The issuer of this machine as its own verify page knows it."""
    return OwnIssuer(issuer.did, issuer.name, tuple(keys))


def _organization(path: Path, public_url: str) -> Issuer:
    fields = _fields(path)
    try:
        return Issuer(
            kind="organization",
            did=did_web(public_url),
            name=fields["name"],
            public_url=public_url.rstrip("/"),
            contact=fields["contact"],
            qualifications=fields.get("qualifications", ""),
            signatory=_signatory(fields.get("signatory"), path),
            logo=_picture(fields.get("logo"), path),
            signature=_picture(fields.get("signature"), path),
            color=fields.get("color"),
        )
    except (RecordError, OSError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _fields(path: Path) -> dict[str, Any]:
    import yaml

    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read as an issuer file: {error}") from error
    if not isinstance(fields, dict) or not fields.keys() >= _NEEDED:
        raise SettingsError(f"{path}: an issuer needs {', '.join(sorted(_NEEDED))}.")
    if unknown := fields.keys() - _ALLOWED:
        raise SettingsError(
            f"{path}: unknown {sorted(map(str, unknown))}; allowed are {sorted(_ALLOWED)}."
        )
    for name in fields.keys() - {"signatory"}:
        if not isinstance(fields[name], str) or not fields[name].strip():
            raise SettingsError(f"{path}: {name} must be text.")
    return fields


def _signatory(value: object, path: Path) -> Person | None:
    if value is None:
        return None
    if isinstance(value, str):
        return Person(value)
    if not isinstance(value, dict) or not {"name"} <= value.keys() <= {"name", "title"}:
        raise SettingsError(f"{path}: signatory is a name, or has name and title.")
    return Person(str(value["name"]), str(value.get("title") or ""))


def _picture(name: str | None, path: Path) -> Picture | None:
    if name is None:
        return None
    file = path.parent / name
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise SettingsError(f"{path}: {name} is none of {', '.join(_KINDS)}.")
    if file.stat().st_size > _PICTURE_LIMIT:
        raise SettingsError(f"{path}: {name} is larger than 1 MB.")
    return Picture(file.read_bytes(), kind)
