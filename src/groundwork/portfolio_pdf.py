"""The portfolio as one PDF: cover, trainings, hours by area, supervision, and the proofs.

Certificates that were issued here are appended page by page and attached as the files they
are, since only the whole file can be checked. Files from elsewhere may be anything, so they
are opened in a process of its own, bounded in time and memory.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .errors import RecordError
from .facts import Facts
from .portfolio import (
    AreaHours,
    Meeting,
    Part,
    Portfolio,
    by_area,
    copy_lines,
    days,
    totals,
)
from .portfolio_entries import hours
from .records.typesetting import FONTS, Unprintable, masked, typeset

if TYPE_CHECKING:
    import pikepdf

MEMORY = 768 * 1024 * 1024
CPU_SECONDS = 30
WALL_SECONDS = 90
MOST_PAGES = 60
TEMPLATE = "portfolio.typ"
PICTURE = Path(__file__).parent / "records" / "attachment.typ"

DECIDES = "Your association decides."
ABOUT = (
    "This portfolio lists what one person did, with their own words for trainings from elsewhere. "
    "It is not an Endorsement and does not say that one is due. Groundwork is not affiliated with "
    "any association."
)
WORDS: dict[str, Any] = {
    "decides": DECIDES,
    "about": ABOUT,
    "trainings": "Trainings",
    "none": "Nothing is listed yet.",
    "columns": ["Training", "Dates", "Hours", "Trainer", "Competency areas"],
    "all": "In all",
    "areas": "Hours by competency area",
    "areas_note": "Each minute counts for at most one area. Labels of areas only; they are not the "
    "text of the Competency Guidelines®.",
    "area": "Area",
    "hours": "Hours",
    "bars": "Filled: from Groundwork. Outlined: from elsewhere.",
    "supervision": "Reflective supervision received",
    "supervision_columns": ["Date", "Hours", "Provider", "Qualification", "Form"],
    "parts": "Work, references and papers",
    "done": "done",
    "appended": "What follows",
    "left": "Kept, but not part of this file",
}
PARTS = (("work", "Work"), ("reference", "References"), ("paper", "Papers"))
FORMS = {"individual": "individual", "group": "group"}


@dataclass(frozen=True, slots=True)
class Appended:
    """A file that is to follow the portfolio: a certificate issued here, or a person's own."""

    title: str
    name: str
    kind: str
    issued_here: bool
    data: bytes


def portfolio_pdf(
    portfolio: Portfolio, facts: Facts, files: Sequence[Appended], *, today: date
) -> bytes:
    """Make the PDF; a file that cannot be opened is named in it instead of stopping it.

    Raise `RecordError` when not even that is possible.
    """
    page = _page(portfolio, facts, today)
    try:
        return _bound(page, files)
    except RecordError:
        # A stranger's file ended the process that read it: ours alone are still good.
        own = [one for one in files if one.issued_here]
        left = [_titled(one) for one in files if not one.issued_here]
        return _bound({**page, "left": left}, own)


def _titled(one: Appended) -> str:
    return f"{one.title}: {one.name}"


# What the pages say


def _page(portfolio: Portfolio, facts: Facts, today: date) -> dict[str, Any]:
    added = totals(portfolio)
    return {
        "words": WORDS,
        "title": "Portfolio",
        "name": portfolio.name or "No name was set",
        "toward": _toward(portfolio, facts),
        "footer": f"Portfolio of {portfolio.name}" if portfolio.name else "Portfolio",
        "made": f"Made on {today:%B} {today.day}, {today.year}, with Groundwork.",
        "sums": [
            {"large": f"{hours(added.training)} h", "small": "of training listed"},
            {"large": f"{hours(added.groundwork)} h", "small": "of them with a Groundwork record"},
            {"large": f"{hours(added.supervision)} h", "small": "of reflective supervision"},
        ],
        "trainings": copy_lines(portfolio, facts),
        "training_hours": hours(added.training),
        "areas": list(_areas(by_area(portfolio, facts), added.unassigned)),
        "supervision": [_met(one) for one in reversed(portfolio.supervision)],
        "supervision_hours": hours(added.supervision),
        "parts": list(_parts(portfolio)),
        "appended": [],
        "left": [],
    }


def _toward(portfolio: Portfolio, facts: Facts) -> str:
    category = facts.endorsement.category(portfolio.plan.category)
    association = facts.endorsement.association(portfolio.plan.association)
    named = [one.label for one in (category, association) if one]
    return " · ".join(named)


def _areas(areas: Sequence[AreaHours], unassigned: int) -> Iterator[dict[str, Any]]:
    held = [one for one in areas if one.minutes]
    most = max([unassigned, *(one.minutes for one in held)], default=0)
    for one in held:
        yield {
            "label": one.label,
            "domain": one.domain,
            "here": one.groundwork / most,
            "there": one.elsewhere / most,
            "hours": hours(one.minutes),
        }
    if unassigned:
        yield {
            "label": "Not given to an area",
            "domain": "",
            "here": 0,
            "there": unassigned / most,
            "hours": hours(unassigned),
        }


def _met(one: Meeting) -> dict[str, str]:
    return {
        "day": f"{one.met_on:%m/%d/%Y}",
        "hours": hours(one.minutes),
        "provider": one.provider,
        "qualification": one.qualification,
        "form": FORMS.get(one.form, one.form),
    }


def _parts(portfolio: Portfolio) -> Iterator[dict[str, Any]]:
    for kind, title in PARTS:
        rows = [_part(part) for part in portfolio.of_kind(kind)]
        if rows:
            yield {"title": title, "rows": rows}


def _part(part: Part) -> dict[str, Any]:
    when = ""
    if part.starts:
        when = days(part.starts, part.ends) if part.ends else f"since {part.starts:%m/%d/%Y}"
    return {"title": part.title, "when": when, "note": part.note, "done": part.done}


# A process of its own


def _bound(page: Mapping[str, Any], files: Sequence[Appended]) -> bytes:
    """Set the pages and append the files, in a process that may not take too much."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        listed = []
        for number, one in enumerate(files):
            (folder / f"{number}.bin").write_bytes(one.data)
            listed.append({**asdict(one), "data": f"{number}.bin"})
        (folder / "work.json").write_text(
            json.dumps({"page": page, "files": listed}), encoding="utf-8"
        )
        try:
            done = subprocess.run(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-P", "-m", __name__, name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RecordError("The portfolio took too long to make.") from error
        made = folder / "portfolio.pdf"
        if done.returncode or not made.is_file():
            raise RecordError("The portfolio could not be made into a PDF.")
        return made.read_bytes()


def _work(folder: Path) -> None:
    """Make `portfolio.pdf` of what lies in a folder."""
    import pikepdf
    import typst  # noqa: F401  # loaded before memory is bounded

    _limit()
    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    files = [
        Appended(**{**one, "data": (folder / one["data"]).read_bytes()}) for one in work["files"]
    ]
    opened = {one: _opened(folder, one) for one in files}
    page = work["page"]
    page["appended"] = [_titled(one) for one, pdf in opened.items() if pdf is not None]
    page["left"] += [_titled(one) for one, pdf in opened.items() if pdf is None]
    (folder / "body.pdf").write_bytes(_set(page))
    with pikepdf.open(folder / "body.pdf") as whole:
        for one, pdf in opened.items():
            if pdf is not None:
                _append(whole, pdf, one)
        whole.save(folder / "portfolio.pdf", deterministic_id=True)


def _limit() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def _set(page: dict[str, Any]) -> bytes:
    try:
        return typeset(TEMPLATE, {"page": json.dumps(page)}, format="pdf")
    except Unprintable:
        return typeset(TEMPLATE, {"page": json.dumps(masked(page))}, format="pdf")


def _opened(folder: Path, one: Appended) -> pikepdf.Pdf | None:
    """The pages of a file, or None where there are none that can be appended."""
    import pikepdf

    path = folder / "appended.pdf"
    try:
        path.write_bytes(one.data if one.kind == "application/pdf" else _picture(folder, one))
        pdf = pikepdf.open(path)
        # Read now, so that what is broken is found here and not while saving.
        whole = 0 < len(pdf.pages) <= MOST_PAGES and not pdf.is_encrypted
        for page in pdf.pages if whole else ():
            page.contents_coalesce()
    except (pikepdf.PdfError, RecordError, ValueError, OverflowError, RuntimeError):
        return None
    path.rename(folder / f"{len(list(folder.iterdir()))}.pdf")
    return pdf if whole else None


def _picture(folder: Path, one: Appended) -> bytes:
    """A page with one picture on it."""
    import typst

    shutil.copy(PICTURE, folder / "attachment.typ")
    (folder / "picture").write_bytes(one.data)
    kind = one.kind.removeprefix("image/").replace("jpeg", "jpg")
    try:
        made = typst.compile(
            str(folder / "attachment.typ"),
            root=str(folder),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"title": one.title, "format": kind},
        )
    except typst.TypstError as error:
        raise RecordError(f"{one.name} cannot be shown: {error}") from error
    if not isinstance(made, bytes):
        raise RecordError(f"{one.name} did not fit on a page.")
    return made


def _append(whole: pikepdf.Pdf, pdf: pikepdf.Pdf, one: Appended) -> None:
    """Append the pages of a file; one that was issued here is attached as it is, too."""
    import pikepdf

    for page in pdf.pages:
        # They point into a tree of their own document, which does not come along.
        for key in ("/StructParents", "/AA"):
            if key in page:
                del page[key]
        whole.pages.append(page)
    if one.issued_here:
        whole.attachments[one.name] = pikepdf.AttachedFileSpec(
            whole, one.data, filename=one.name, mime_type=one.kind, description=one.title
        )


if __name__ == "__main__":
    _work(Path(sys.argv[1]))
