"""The glossary: words a learner meets, in plain English."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from .source import Content, Source, Text, first_repeated, load, read_yaml


class Term(Content):
    """One word of the field, its other forms, and what it means.

    Forms in `unmarked` are everyday words too: explained here, not marked in a lesson.
    """

    id: Text
    term: Text
    also: tuple[Text, ...] = ()
    text: Text
    claims: tuple[Text, ...] = ()
    unmarked: tuple[Text, ...] = ()

    @property
    def anchor(self) -> str:
        """Where the term stands on the glossary page."""
        return f"term-{self.id}"


class GlossaryFile(Content):
    """The glossary as written."""

    terms: tuple[Term, ...]


class Glossary:
    """Every term, and a way to find the terms in a text."""

    def __init__(self, source: Source, terms: tuple[Term, ...]) -> None:
        self.source = source
        self.terms = terms

    @cached_property
    def by_words(self) -> dict[str, Term]:
        """Terms by each form that may be marked in a text, in lower case."""
        return {
            form.lower(): term
            for term in self.terms
            for form in (term.term, *term.also)
            if form not in term.unmarked
        }

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds any form of any term as whole words, the longest first."""
        forms = sorted(self.by_words, key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, forms))})\b", re.I)


def load_glossary(path: Path) -> Glossary:
    """Read the glossary; raise `ContentError(s)` with file and line."""
    source = read_yaml(path)
    terms = load(GlossaryFile, source).terms
    repeated = first_repeated([term.id for term in terms])
    if repeated:
        raise source.error(f"the term {repeated!r} stands twice; remove one")
    return Glossary(source, terms)
