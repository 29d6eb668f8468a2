"""Languages: what is said to a learner, in the language it is said in.

English is the language everything is written in. Every other language is a folder of
catalogs, `locales/<language>/LC_MESSAGES/**/*.po`, in which each English text, the message,
stands beside its translation. What a catalog does not have is said in English.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .errors import ContentError

SOURCE = "en"
LANGUAGE = re.compile(r"[a-z]{2}(_[A-Z]{2})?")
FIXED = re.compile(r"\{(?:claim|fact)\}`[^`]*`|\[\[[a-z0-9-]+(?=\|)|\{\w+\}(?!`)")
LONG_NUMBER = re.compile(r"\d{3,}")
LEAST_SHARE = 0.9
"""The share of a page's messages that must be translated before the page is offered."""


@dataclass(frozen=True)
class Catalog:
    """The translations of one language, by the domain (the file) they stand in."""

    language: str = SOURCE
    domains: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    pages: frozenset[str] = frozenset()
    """The pages of the book that are offered in it."""

    @cached_property
    def _anywhere(self) -> dict[str, str]:
        return {said: told for texts in self.domains.values() for said, told in texts.items()}

    def find(self, message: str, domain: str = "") -> str | None:
        """The translation of a message, its own domain's before any other's, or None."""
        key = tidy(message)
        return self.domains.get(domain, {}).get(key) or self._anywhere.get(key)

    def say(self, message: str, domain: str = "") -> str:
        """The translation of a message, or the message itself."""
        return self.find(message, domain) or message

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return self.language.replace("_", "-")


ENGLISH = Catalog()
_spoken: ContextVar[Catalog] = ContextVar("spoken", default=ENGLISH)


def tidy(message: str) -> str:
    """A message as catalogs name it: no space at either end of a line."""
    return "\n".join(line.strip() for line in message.strip().splitlines())


def spoken() -> Catalog:
    """The catalog of the language that is spoken now."""
    return _spoken.get()


@contextmanager
def speaking(catalog: Catalog) -> Iterator[None]:
    """Speak another language for a while."""
    token = _spoken.set(catalog)
    try:
        yield
    finally:
        _spoken.reset(token)


def gettext(message: str) -> str:
    """A sentence of the interface in the language spoken now; imported as `_`."""
    return spoken().say(message, "interface")


def marked(message: str) -> str:
    """Mark a sentence for translation that is said later; imported as `N_`."""
    return message


def filled(message: str, **words: Any) -> str:
    """A sentence of the interface with words in its places."""
    return gettext(message).format(**words)


def own_name(language: str) -> str:
    """What a language calls itself."""
    from babel import Locale

    name = Locale.parse(language).get_display_name() or language
    return name[:1].upper() + name[1:]


def day(date: dt.date) -> str:
    """A day as it is written in the language spoken now."""
    if spoken().language == SOURCE:
        return f"{date.day} {date:%b %Y}"
    from babel.dates import format_date

    return format_date(date, locale=spoken().language)


def catalog_folder(root: Path, language: str) -> Path:
    """Where the catalogs of a language are kept."""
    return root / "locales" / language / "LC_MESSAGES"


def languages(root: Path) -> list[str]:
    """The languages there are catalogs of, English aside."""
    folder = root / "locales"
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(
        name for name in names if LANGUAGE.fullmatch(name) and catalog_folder(root, name).is_dir()
    )


def catalog_files(root: Path, language: str) -> dict[str, Path]:
    """The files of a language by their domain, which for a page is the page's own name."""
    folder = catalog_folder(root, language)
    return {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for path in sorted(folder.rglob("*.po"))
    }


def load_catalog(root: Path, language: str) -> Catalog:
    """Read a language's catalogs; what is empty or doubtful (fuzzy) counts as not translated."""
    if language == SOURCE:
        return ENGLISH
    files = catalog_files(root, language)
    return Catalog(language, {domain: _translations(path) for domain, path in files.items()})


def _translations(path: Path) -> dict[str, str]:
    return {
        tidy(str(message.id)): str(message.string)
        for message in read_po_file(path)
        if message.id and message.string and not message.fuzzy
        if misfit(str(message.id), str(message.string)) is None
    }


def misfit(message: str, translation: str) -> str | None:
    """What a translation lost or made up of the things that must stay, or None.

    They are the evidence and the facts that are cited, the phrases of a passage, the places
    that are filled in, and every number of three digits or more.
    """
    wanted, given = set(FIXED.findall(message)), set(FIXED.findall(translation))
    if wanted != given:
        return ", ".join(sorted(wanted ^ given))
    digits = re.sub(r"\D", "", translation)
    lost = [number for number in LONG_NUMBER.findall(message) if number not in digits]
    return ", ".join(lost) or None


def read_po_file(path: Path) -> Any:
    """A catalog file as Babel reads it; raise `ContentError` with the line that is wrong."""
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            return read_po(file, abort_invalid=True)
    except PoFileError as error:
        raise ContentError(
            f"not readable as a catalog: {error}", path=path, line=(error.lineno or 0) + 1
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"the file cannot be read ({error})", path=path) from error
