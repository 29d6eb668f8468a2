"""Typst with the typefaces of this folder, and what happens when they lack a letter.

The bundled typefaces hold Latin (Vietnamese included), Greek, Cyrillic and Arabic
letters and a few emoji. Other writing is set in the machine's own typefaces. What even
those lack is never drawn as an empty box: `Unprintable` is raised, and the caller sets
the page again with such runs `masked`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import RecordError

if TYPE_CHECKING:
    import typst

_HERE = Path(__file__).parent
FONTS = _HERE / "fonts"
_LOCK = Lock()  # a compiler keeps its inputs between calls
_UNSEEN = frozenset("\t\n\r\u200c\u200d\ufe0e\ufe0f")
MASK = "[…]"


class Unprintable(RecordError):
    """No typeface of this machine holds every letter of a page."""


@cache
def _compiler(template: str, *, system_fonts: bool) -> typst.Compiler:
    import typst

    return typst.Compiler(
        str(_HERE / template),
        root=str(_HERE),
        font_paths=[str(FONTS)],
        ignore_system_fonts=not system_fonts,
    )


def typeset(template: str, inputs: dict[str, str], **how: Any) -> bytes:
    """Return the one file a template makes of its inputs."""
    try:
        return _compile(template, inputs, system_fonts=False, **how)
    except Unprintable:
        return _compile(template, inputs, system_fonts=True, **how)


def _compile(template: str, inputs: dict[str, str], *, system_fonts: bool, **how: Any) -> bytes:
    import typst

    try:
        with _LOCK:
            made = _compiler(template, system_fonts=system_fonts).compile(sys_inputs=inputs, **how)
    except typst.TypstError as error:
        if "could not be displayed with font" in str(error):
            raise Unprintable(str(error)) from error
        raise RecordError(f"{template}: {error}") from error
    if not isinstance(made, bytes):
        raise RecordError(f"{template} did not fit into one file.")
    return made


def masked(value: Any) -> Any:
    """The same plain data with every run of letters we cannot print shown as `MASK`."""
    if isinstance(value, dict):
        return {name: masked(part) for name, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    if isinstance(value, str):
        return _masked_text(value)
    return value


def _masked_text(text: str) -> str:
    runs = groupby(text, key=lambda sign: sign in _UNSEEN or ord(sign) in _covered())
    return "".join("".join(run) if known else MASK for known, run in runs)


@cache
def _covered() -> frozenset[int]:
    """Every code point the bundled typefaces draw."""
    return frozenset(
        point for font in sorted(FONTS.glob("*.ttf")) for point in _points(font.read_bytes())
    )


def _points(font: bytes) -> Iterator[int]:
    """The code points of a TrueType font, read from its `cmap` (formats 4 and 12)."""
    cmap = next(
        struct.unpack_from(">I", font, record + 8)[0]
        for record in range(12, 12 + 16 * struct.unpack_from(">H", font, 4)[0], 16)
        if font[record : record + 4] == b"cmap"
    )
    for index in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        at = cmap + struct.unpack_from(">I", font, cmap + 8 + 8 * index)[0]
        kind = struct.unpack_from(">H", font, at)[0]
        if kind == 4:
            yield from _points_4(font, at)
        elif kind == 12:
            yield from _points_12(font, at)


def _points_4(font: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    for start, end in zip(starts, ends, strict=True):
        if start != 0xFFFF:
            yield from range(start, end + 1)


def _points_12(font: bytes, at: int) -> Iterator[int]:
    for index in range(struct.unpack_from(">I", font, at + 12)[0]):
        start, end, _ = struct.unpack_from(">3I", font, at + 16 + 12 * index)
        yield from range(start, end + 1)
