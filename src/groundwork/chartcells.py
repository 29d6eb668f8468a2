"""Code cells that only show a chart: drawn while the book is built, without a kernel.

In a notebook such a cell runs like any other. In the book it becomes a directive, so that
the page is made again when the chart's code or its data change, and the picture is kept
until then.
"""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

from .course import CODE

CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?P<options>(?::[a-z-]+:[^\n]*\n)*)"
    r"from groundwork\.charts import show\n+"
    r"show\([\"'](?P<name>[a-z0-9-]+)[\"']\)\n```$",
    re.M,
)
CODE_OF_CHARTS = Path(__file__).with_name("charts.py")


def as_directives(text: str) -> str:
    """A page with its chart cells turned into directives, each line where it was."""

    def directive(cell: re.Match[str]) -> str:
        left = cell[0].count("\n") - 1
        return f"```{{data-chart}} {cell['name']}\n```" + "\n" * left

    return CELL.sub(directive, text)


def needs_no_kernel(text: str) -> bool:
    """Whether a page holds no code but chart cells."""
    return not CODE.search(CELL.sub("", text))


def sources(name: str, data: Path) -> list[Path]:
    """The files a chart is made of: the code of all charts, and the data that its own names."""
    code = ast.parse(CODE_OF_CHARTS.read_text(encoding="utf-8"))
    named = {
        node.value
        for function in code.body
        if isinstance(function, ast.FunctionDef) and function.name == name.replace("-", "_")
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return [CODE_OF_CHARTS, *(path for path in sorted(data.glob("*.csv")) if path.name in named)]


def drawn(name: str, data: Path, kept: Path) -> str:
    """A chart as HTML: the one kept, or drawn anew when its code or data are others."""
    digest = hashlib.sha256(name.encode())
    for path in sources(name, data):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    place = kept / f"{name}-{digest.hexdigest()[:16]}.html"
    if place.is_file():
        return place.read_text(encoding="utf-8")
    from .charts import chart  # its libraries take a second to load

    html = chart(name, data).html()
    kept.mkdir(parents=True, exist_ok=True)
    for old in kept.glob(f"{name}-*.html"):
        if re.fullmatch(r"[0-9a-f]{16}", old.stem.removeprefix(f"{name}-")):
            old.unlink()
    place.write_text(html, encoding="utf-8")
    return html
