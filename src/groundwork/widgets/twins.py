"""What a lesson's notebook twin shows: its self-checks and its moving figures, live."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from pathlib import Path

import anywidget
import traitlets

from ..curriculum import Curriculum, load_curriculum
from ..errors import ContentError
from ..settings import find_root, read_settings
from .item import ItemWidget, widget_for

IMPORT = re.compile(r"""(?<=from )["']\./(?P<file>[\w-]+\.m?js)["']""")


@cache
def _curriculum(root: Path) -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(root)}))


def self_check(item: str) -> ItemWidget:
    """The widget of one practice item of the project around the notebook."""
    practice = _curriculum(find_root(Path.cwd())).practice
    if item not in practice:
        raise ContentError(f"there is no practice item {item!r}", path=Path.cwd())
    return widget_for(practice[item].with_key())


class FigureWidget(anywidget.AnyWidget):
    """A moving figure of the book; it keeps no state."""

    _esm = ""
    _css = Path(__file__).parents[1] / "theme" / "static" / "figures.css"
    name = traitlets.Unicode().tag(sync=True)


def bundled(path: Path) -> str:
    """One module with the modules it imports inside it, as data addresses.

    A notebook loads a widget's module from a string, where `./kit.js` leads nowhere.
    """

    def inside(found: re.Match[str]) -> str:
        source = bundled(path.with_name(found["file"]))
        return f'"data:text/javascript;base64,{b64encode(source.encode()).decode()}"'

    return IMPORT.sub(inside, path.read_text(encoding="utf-8"))


def figure(name: str) -> FigureWidget:
    """The widget of one drawing in assets/figures."""
    path = find_root(Path.cwd()) / "assets" / "figures" / f"{name}.js"
    return FigureWidget(_esm=bundled(path), name=name)
