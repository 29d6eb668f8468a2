"""Imports run one way: the edges know the core, never the reverse."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import groundwork

PACKAGE = Path(groundwork.__file__).parent
RUNGS = (
    {"errors"},
    {"settings", "source", "language", "spreadsheets"},
    {"course", "endorsement", "evidence", "facts", "glossary", "passages", "drawings"},
    {"items"},
    {"scoring", "hours"},
    {"banks", "gift", "moodle_xml", "qti"},
    {"curriculum"},
    {"readability", "writing", "schemas", "translation"},
    {"check", "charts", "paper", "widgets", "worksheets"},
    {"log"},
    {"gradebook"},
    {"progress", "practice", "sittings", "reflections", "records"}
    | {"calibration", "review", "belongings", "rescoring", "indices"}
    | {"portfolio", "portfolio_entries", "portfolio_pdf"}
    | {"audit", "cohorts", "roster", "schedule", "attendance", "meetings"}
    | {"feedback", "handmarks", "evaluation"},
    {"awarding", "completions", "recordbook", "verifying", "stats"}
    | {"board", "finishing", "gradesheet", "forgetting", "learners"},
    {"attention", "grading", "coursefolder", "rebuilding", "sanitize", "assignments"}
    | {"handins", "marksheet", "marking", "stock", "autograde"}
    | {"collecting", "regrading", "precheckpage"},
    {"book", "theme", "making", "notebooks", "portal", "preview", "exports", "printing"}
    | {"keeping", "binding", "chartcells", "gallery", "offline", "search", "watching", "bilingual"}
    | {"messages", "statspage"},
    {"commands", "hubside"},
    {"cli"},
    {"__main__"},
)
HEIGHT = {room: height for height, rooms in enumerate(RUNGS) for room in rooms}
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if path != PACKAGE / "__init__.py" and "versions" not in path.parts
)


def room(path: Path) -> str:
    """The top-level file or folder of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in the file, as a path from the package's parent."""
    here = [PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            start = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def imported(path: Path) -> set[str]:
    """The rooms of this package that a file imports from, its own aside."""
    parts = (name.split(".") for name in dotted(path))
    rooms = {p[1] for p in parts if p[0] == PACKAGE.name and len(p) > 1}
    return {name for name in rooms if name == "__main__" or name[:2] != "__"} - {room(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_only_from_the_same_rung_or_below(path: Path) -> None:
    assert all(HEIGHT[name] <= HEIGHT[room(path)] for name in imported(path))


def test_no_two_rooms_of_a_rung_import_each_other() -> None:
    rooms: dict[str, set[str]] = {}
    for path in MODULES:
        rooms.setdefault(room(path), set()).update(imported(path))

    circles = {
        (a, b) for a, seen in rooms.items() for b in seen if a in rooms.get(b, set()) and a < b
    }

    assert not circles
