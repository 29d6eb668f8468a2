"""The JSON Schema of every kind of content file, so that an editor completes keys.

Written from the models that read the files, and never by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from .course import LessonFile, ModuleFile
from .evidence import ClaimFile
from .facts import AreaFile, EndorsementFile, FactFile
from .glossary import GlossaryFile
from .items import ItemFile
from .source import Content

FILES: dict[str, type[Content]] = {
    "items": ItemFile,
    "module": ModuleFile,
    "lesson": LessonFile,
    "claims": ClaimFile,
    "facts": FactFile,
    "endorsement": EndorsementFile,
    "competencies": AreaFile,
    "glossary": GlossaryFile,
}
"""The model of each kind of file, by the name of its schema."""


def schema(name: str) -> str:
    """One schema as text."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **FILES[name].model_json_schema(mode="validation"),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> Iterator[Path]:
    """Write every schema into a folder; yield each path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        path = folder / f"{name}.json"
        path.write_text(schema(name), encoding="utf-8")
        yield path
