"""The built book as files: read once, kept while they do not change, never outside its folder."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

MOST_KEPT = 64 * 1024 * 1024
SMALLEST_PACKED = 1024
TEXT = re.compile(r"^(text/|image/svg|application/(json|javascript|manifest|xml))")
HTML_TAG = re.compile(rb"<html\b", re.I)
HEAD_END = re.compile(rb"</head\s*>", re.I)

KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""What is served under a fixed kind, whatever this machine's own tables say."""


@dataclass(frozen=True)
class File:
    """One file's bytes and kind, with what is worked out from them once."""

    data: bytes
    kind: str
    stamp: tuple[int, int]

    @cached_property
    def digest(self) -> str:
        """A short hash of the content."""
        return hashlib.sha256(self.data).hexdigest()[:24]

    @cached_property
    def packed(self) -> bytes | None:
        """The bytes compressed, for text that is long enough."""
        return pack(self.data) if TEXT.match(self.kind) else None

    @cached_property
    def page(self) -> tuple[bytes, bytes, bytes]:
        """A page cut in three: after `<html`, and before the end of its head."""
        opened = HTML_TAG.search(self.data)
        closed = HEAD_END.search(self.data)
        if not opened or not closed or closed.start() < opened.end():
            return self.data, b"", b""
        return (
            self.data[: opened.end()],
            self.data[opened.end() : closed.start()],
            self.data[closed.start() :],
        )

    def woven(self, attributes: bytes, element: bytes) -> bytes:
        """The page with attributes on `<html>` and an element at the end of its head."""
        before, head, rest = self.page
        return before + attributes + head + element + rest if rest else before


def pack(data: bytes) -> bytes | None:
    """Compress for sending; None when it is too short to be worth it."""
    return gzip.compress(data, 6, mtime=0) if len(data) >= SMALLEST_PACKED else None


class Book:
    """The folder of the built book."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[Path, File] = {}
        self._size = 0
        self._lock = Lock()

    @property
    def built(self) -> bool:
        """Whether there is a book to serve."""
        return (self.folder / "index.html").is_file()

    def find(self, address: str) -> Path | None:
        """The file of an address, or None: never one outside the book, never a hidden one."""
        parts = address.split("/")
        if "\0" in address or "\\" in address or any(part.startswith(".") for part in parts):
            return None
        if not parts[-1]:
            parts[-1] = "index.html"
        try:
            path = self.folder.joinpath(*[part for part in parts if part]).resolve()
            inside = path.is_relative_to(self.folder.resolve())
            return path if inside and path.is_file() else None
        except (OSError, ValueError):
            return None

    def is_folder(self, address: str) -> bool:
        """Whether an address lacks only its last slash."""
        return bool(address) and not address.endswith("/") and self.find(f"{address}/") is not None

    def read(self, path: Path) -> File:
        """A file of the book, from memory while it has not changed."""
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        kept = self._kept.get(path)
        if kept and kept.stamp == stamp:
            return kept
        file = File(path.read_bytes(), kind_of(path), stamp)
        self._keep(path, file)
        return file

    def _keep(self, path: Path, file: File) -> None:
        with self._lock:
            if self._size + len(file.data) > MOST_KEPT:
                self._kept.clear()
                self._size = 0
            self._kept[path] = file
            self._size += len(file.data)


def kind_of(path: Path) -> str:
    """The media type of a file, by its ending."""
    return (
        KINDS.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream"
    )


def age_of(address: str, query: Mapping[str, str]) -> str:
    """How long a browser may keep a file without asking again.

    An address with a version (`?v=`) names one content for ever; fonts hardly change.
    """
    if "v" in query and address.startswith("_static/"):
        return "public, max-age=31536000, immutable"
    if address.startswith("_static/fonts/"):
        return "public, max-age=604800"
    return "no-cache"
