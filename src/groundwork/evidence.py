"""The evidence ledger: what may be claimed, how firmly, and on whose work it rests."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import StringConstraints, field_validator

from .errors import ContentError
from .language import marked as N_
from .source import Content, Source, Text, first_repeated, load, read_yaml

CONFIDENCE = {
    "high": N_("strong evidence"),
    "medium": N_("some evidence"),
    "contested": N_("contested"),
}
CHECKED = {
    "seen": N_("read at the source"),
    "partly": N_("partly read at the source"),
    "unverified": N_("not yet read at the source"),
}


LATEX = re.compile(r"[\\{}$~%&#^_`\"']|--|\s{2}|\n")
"""What pybtex reads as more than plain text."""


class Claim(Content):
    """One thing the book says, with its references and how far they were read."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9]+$")]
    text: Text
    keys: tuple[Text, ...]
    confidence: Literal["high", "medium", "contested"]
    checked: Literal["seen", "partly", "unverified"]
    reviewed: dt.date

    @field_validator("reviewed", mode="before")
    @classmethod
    def _date(cls, value: Any) -> Any:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value

    @property
    def anchor(self) -> str:
        """Where the claim stands on the evidence page."""
        return f"claim-{self.id.lower()}"


class ClaimFile(Content):
    """The ledger as written."""

    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """One work, as a reader wants to see it."""

    key: str
    authors: str
    year: str
    title: str
    published: str
    link: str | None


class Ledger:
    """Every claim of the course and every work they rest on."""

    def __init__(
        self, source: Source, claims: tuple[Claim, ...], works: dict[str, Reference]
    ) -> None:
        self.source = source
        self.claims = claims
        self.works = works

    @cached_property
    def by_id(self) -> dict[str, Claim]:
        """Claims by their id."""
        return {claim.id: claim for claim in self.claims}

    def references(self, ids: list[str]) -> list[Reference]:
        """The works behind some claims, each once, by author and year."""
        keys = {key for claim in ids for key in self.by_id[claim].keys}
        return sorted((self.works[key] for key in keys), key=lambda w: (w.authors.lower(), w.year))

    def problems(self) -> list[ContentError]:
        """What is wrong with the ledger as a whole."""
        found = []
        repeated = first_repeated([claim.id for claim in self.claims])
        if repeated:
            found.append(self.source.error(f"the claim {repeated} stands twice; remove one"))
        for number, claim in enumerate(self.claims):
            missing = [key for key in claim.keys if key not in self.works]
            if missing:
                found.append(
                    self.source.error(
                        f"claim {claim.id} cites {missing[0]!r}, which references.bib does not "
                        "hold; add the entry or correct the key",
                        ("claims", number, "keys"),
                    )
                )
        return found


def load_ledger(folder: Path) -> Ledger:
    """Read `claims.yml` and `references.bib` of a folder."""
    source = read_yaml(folder / "claims.yml")
    return Ledger(source, load(ClaimFile, source).claims, load_works(folder / "references.bib"))


def load_works(path: Path) -> dict[str, Reference]:
    """Read a BibTeX file; raise `ContentError` with the line pybtex names."""
    from pybtex.database import BibliographyData
    from pybtex.database.input.bibtex import Parser
    from pybtex.exceptions import PybtexError

    try:
        text = path.read_text(encoding="utf-8")
        data: BibliographyData = Parser().parse_string(text)
    except OSError as error:
        raise ContentError(f"the file cannot be read ({error.strerror})", path=path) from error
    except PybtexError as error:
        line = getattr(error, "lineno", None) or 1
        raise ContentError(f"not readable as BibTeX: {error}", path=path, line=line) from error
    return {key: _reference(key, entry) for key, entry in data.entries.items()}


def _reference(key: str, entry: Any) -> Reference:
    fields = entry.fields
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    where = next(
        (
            fields[n]
            for n in (
                "journal",
                "booktitle",
                "publisher",
                "institution",
                "howpublished",
                "organization",
            )
            if n in fields
        ),
        "",
    )
    numbers = fields.get("volume", "")
    if numbers and "number" in fields:
        numbers += f"({fields['number']})"
    tail = ", ".join(part for part in (plain(where), numbers, pages(fields)) if part)
    doi = fields.get("doi")
    return Reference(
        key=key,
        authors=_people(people),
        year=plain(fields.get("year", "n.d.")),
        title=plain(fields.get("title", "")),
        published=tail,
        link=f"https://doi.org/{doi}" if doi else fields.get("url"),
    )


def pages(fields: Any) -> str:
    """A page range with a real dash."""
    return plain(fields.get("pages", "")).replace("--", "–").replace("-", "–")


def _people(people: list[Any]) -> str:
    names = [_name(person) for person in people]
    if len(names) > 4:
        return f"{names[0]}, {names[1]}, et al."
    if len(names) > 1:
        return f"{', '.join(names[:-1])} & {names[-1]}"
    return names[0] if names else ""


def _name(person: Any) -> str:
    last = plain(" ".join(person.prelast_names + person.last_names))
    first = [plain(name) for name in (*person.first_names, *person.middle_names)]
    initials = " ".join(f"{name[0]}." for name in first if name)
    return f"{last}, {initials}" if initials else last


def plain(text: str) -> str:
    """BibTeX text without its braces and escapes."""
    if not LATEX.search(text):
        return text
    from pybtex.richtext import Text as RichText

    return str(RichText.from_latex(text))
