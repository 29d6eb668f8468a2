"""Tables as people's programs write them, and tables written so that no program runs them.

Excel saves a CSV with a byte order mark, in Windows' own letters, or with semicolons, as the
country has it; meeting tools write tabs in UTF-16. All of them are read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .errors import AnswerError, SettingsError

MOST_BYTES = 2_000_000
MOST_LINES = 20_000
MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
DELIMITERS = ",;\t"
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a cell may not begin with, for Excel and its kin would take it for a formula."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Cell = str | int | float | None
Sheet = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, by its number there, as lists of cells."""

    number: int
    cells: list[str]

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it."""
        return not any(self.cells)


def read_lines(data: bytes) -> list[Line]:
    """Read a CSV of any of the usual kinds; raise `AnswerError` when it is none."""
    if len(data) > MOST_BYTES:
        raise AnswerError(f"the file is larger than {MOST_BYTES // 1_000_000} MB", field="file")
    text = _decoded(data)
    delimiter, text, skipped = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    lines: list[Line] = []
    try:
        for cells in reader:
            first = skipped + reader.line_num - sum(cell.count("\n") for cell in cells)
            lines.append(Line(first, [" ".join(cell.split()) for cell in cells]))
            if len(lines) > MOST_LINES:
                raise AnswerError(f"the file has more than {MOST_LINES:,} lines", field="file")
    except csv.Error as error:
        raise AnswerError(
            f"line {reader.line_num + skipped} cannot be read ({error})", field="file"
        ) from error
    return lines


def _decoded(data: bytes) -> str:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise AnswerError(
            "this is a workbook, not a CSV; save it in Excel as “CSV UTF-8”", field="file"
        )
    named = next((name for mark, name in MARKS if data.startswith(mark)), None)
    try:
        return data.decode(named or "utf-8")
    except UnicodeDecodeError:
        if named or b"\x00" in data:
            raise AnswerError("the file is not text that can be read", field="file") from None
    # What Excel calls plain “CSV” on Windows; it leaves five bytes undefined.
    return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> tuple[str, str, int]:
    """What stands between the cells, the text behind Excel's own note of it, lines skipped."""
    said = re.match(r"sep=(.)\r?\n", text)
    if said:
        return said[1], text[said.end() :], 1
    heads = [line for line in text.splitlines()[:20] if line.strip()]
    counts = {sign: max((line.count(sign) for line in heads), default=0) for sign in DELIMITERS}
    return max(DELIMITERS, key=lambda sign: counts[sign]), text, 0


def find_columns(cells: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Which column holds what, by the many names a heading has; the first of a kind counts."""
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        heading = re.sub(r"[^a-z0-9]+", " ", cell.casefold()).strip()
        for kind, spelled in names.items():
            if heading in spelled:
                found.setdefault(kind, at)
    return found


def guarded(value: Cell) -> Cell:
    """A cell that no spreadsheet runs: text like a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = CONTROL.sub("\ufffd", value)
    return f"'{text}" if text.lstrip(" \n").startswith(RISKY) or text.startswith(RISKY) else text


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV that Excel opens with its letters right."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([guarded(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def xlsx_bytes(sheets: Mapping[str, Sheet]) -> bytes:
    """A workbook of some sheets; the first row of each is its heading."""
    try:
        from openpyxl import Workbook  # type: ignore[import-untyped]  # has no types
        from openpyxl.styles import Font  # type: ignore[import-untyped]  # has no types
    except ImportError as error:
        raise SettingsError(
            "Workbooks need openpyxl; install groundwork[cohort], or write a CSV."
        ) from error
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title[:31])
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(row=at, column=column, value=guarded(value))
                if isinstance(value, str):
                    cell.data_type = "s"
                if at == 1:
                    cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
