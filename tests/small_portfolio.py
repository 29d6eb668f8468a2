"""The small course with the real rules of Endorsement, and a training from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from groundwork.settings import Settings
from small_portal import small_settings

FACTS = Path(__file__).parents[1] / "assets" / "facts"
WORKSHOP: dict[str, Any] = {
    "title": "Attuned conversations",
    "starts": "2026-02-03",
    "ends": "2026-02-04",
    "minutes": 360,
    "trainer": "R. Okafor, LCSW",
    "sponsor": "Lakeside Network",
    "areas": {"tf-attachment": 240, "tf-development": 60},
    "equity_minutes": 30,
    "note": "Two mornings.",
}


def settings_in(folder: Path, **changes: Any) -> Settings:
    """The small course with the areas of the workshop and the real rules of Endorsement."""
    made = small_settings(folder, **changes)
    areas = made.root / "assets" / "facts" / "competencies.yml"
    areas.write_text(areas.read_text() + "".join(_area(name) for name in WORKSHOP["areas"]))
    shutil.copy(FACTS / "endorsement.yml", areas.parent)
    return made


def _area(name: str) -> str:
    return f'  - id: {name}\n    label: "{name}"\n    domain: "Theoretical Foundations"\n'
