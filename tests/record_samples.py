"""A completion to make records of, and files made to hurt whoever reads them."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pikepdf

from groundwork.records import (
    AgendaItem,
    AreaMinutes,
    Completion,
    IssuedRecord,
    Issuer,
    Person,
    SeriesCompletion,
    SigningKey,
    StatusEntry,
    did_web,
    issue,
)

ISSUED = datetime(2026, 11, 20, 17, 6, tzinfo=UTC)
SERIES = UUID("0b2f8f0e-6f2b-4e0f-9c55-b0b1f6c0a7d2")
ADDRESS = "https://training.lonestar.example"


def completion(**changes: Any) -> Completion:
    """A finished module, with any of its facts changed."""
    facts: dict[str, Any] = {
        "id": UUID("6f1c7a52-3f0e-4a53-8f0d-0d5b6a4f9c11"),
        "name": "Marisol Núñez-Łaska",
        "module": "02-brain-architecture",
        "title": "Brain architecture",
        "version": "2026.1",
        "language": "en",
        "started": datetime(2026, 11, 3, 18, tzinfo=UTC),
        "completed": datetime(2026, 11, 20, 17, 5, tzinfo=UTC),
        "minutes_by_area": (
            AreaMinutes(
                "tf-development",
                "Infant and young child development and behavior",
                "Theoretical Foundations",
                65,
            ),
            AreaMinutes(
                "tf-pregnancy", "Pregnancy and early parenthood", "Theoretical Foundations", 15
            ),
            AreaMinutes("com-speaking", "Speaking", "Communicating", 10),
        ),
        "minutes": 90,
        "self_paced_minutes": 90,
        "live_minutes": 0,
        "hours_method": "Words at 200 a minute, added up and rounded down to 5 minutes.",
        "age_bands": ("prenatal-36m", "3-6y"),
        "equity_minutes": 0,
        "objectives": ("Describe a serve-and-return exchange", "Judge popular brain claims"),
        "agenda": (AgendaItem("How brains are built", 60), AgendaItem("Quiz", 30)),
        "form": "B",
        "score": 11.5,
        "max_score": 12,
        "pass_share": 0.8,
        "reflection_assessed_by": "the learner",
        "delivery": "Self-paced, online",
        "authors": ("The Groundwork authors",),
    }
    return Completion(**{**facts, **changes})


def series(count: int = 3, **changes: Any) -> SeriesCompletion:
    """A finished series of modules like the one above."""
    modules = tuple(
        completion(
            id=uuid5(SERIES, str(number)),
            module=f"{number:02}-module",
            title=f"Module {number}",
            equity_minutes=10,
        )
        for number in range(count)
    )
    facts: dict[str, Any] = {"id": SERIES, "name": modules[0].name, "title": "The series"}
    return SeriesCompletion(**{**facts, "modules": modules, **changes})


def series_record(whole: SeriesCompletion, issuer: Issuer, key: SigningKey) -> IssuedRecord:
    """The record of a series, with the records of its modules in it."""
    official = issuer.kind == "organization"
    members = [
        issue(
            module, issuer, key, issued=ISSUED, status=StatusEntry(1, at) if official else None
        ).json
        for at, module in enumerate(whole.modules)
    ]
    status = StatusEntry(1, 99) if official else None
    return issue(whole, issuer, key, issued=ISSUED, status=status, members=members)


def organization() -> Issuer:
    """An association with a public address."""
    return Issuer(
        kind="organization",
        did=did_web(ADDRESS),
        name="Lone Star Infant Mental Health",
        public_url=ADDRESS,
        contact="records@lonestar.example",
        qualifications="Association for infant mental health",
        signatory=Person("Ofelia Brandt", "Director of workforce learning"),
    )


def with_attachment(
    page: bytes, credential: bytes, *, name: str = "credential.json", keep: bool = False
) -> bytes:
    """The PDF with another credential in place of its own, or beside it."""
    with pikepdf.open(io.BytesIO(page)) as pdf:
        if not keep:
            del pdf.attachments["credential.json"]
        pdf.attachments[name] = pikepdf.AttachedFileSpec(
            pdf, credential, filename=name, mime_type="application/json"
        )
        return _saved(pdf)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def poison_graph(good: bytes) -> bytes:
    """Blank nodes nothing tells apart, which cost a canonicalizer factorial time."""
    document = json.loads(good)
    same = {"type": ["Alignment"], "targetName": "x", "targetUrl": "urn:uuid:x"}
    result = {"type": ["Result"], "alignment": [dict(same) for _ in range(60)]}
    document["credentialSubject"]["result"] = [result] * 3
    return json.dumps(document).encode()


def deep_json(good: bytes) -> bytes:
    """A value nested beyond any stack, small enough to be read."""
    return good.replace(b'"name"', b'"deep": ' + b"[" * 50_000 + b"]" * 50_000 + b', "name"', 1)


def huge_json(good: bytes) -> bytes:
    """More white space than a record has letters."""
    return good + b" " * 5_000_000


def too_large(good: bytes) -> bytes:
    """A file over the limit."""
    return good + b" " * (5 * 1024 * 1024)


def many_nodes(good: bytes) -> bytes:
    """Tens of thousands of empty things."""
    return good.replace(b'"evidence": [', b'"evidence": [' + b"{}," * 60_000, 1)


def flate_bomb_pdf(good: bytes) -> bytes:
    """An attachment of 2 kB that unpacks, twice, to half a gigabyte."""
    del good
    pdf = pikepdf.new()
    pdf.add_blank_page()
    spec = pikepdf.AttachedFileSpec(pdf, b"{}", filename="credential.json")
    pdf.attachments["credential.json"] = spec
    packed = zlib.compress(zlib.compress(b"0" * (512 * 1024 * 1024), 1), 9)
    twice = pikepdf.Array([pikepdf.Name.FlateDecode] * 2)
    spec.get_file().obj.write(packed, filter=twice)
    out = io.BytesIO()
    pdf.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    return out.getvalue()


def xref_bomb_pdf(good: bytes) -> bytes:
    """A cross-reference table that unpacks to hundreds of megabytes before anything is asked."""
    del good
    packed = zlib.compress(b"\0" * (512 * 1024 * 1024), 1)
    head = (
        b"%PDF-1.7\n1 0 obj\n<< /Type /XRef /Size 10000000 /W [1 4 2] /Root 2 0 R "
        b"/Filter /FlateDecode /Length " + str(len(packed)).encode() + b" >>\nstream\n"
    )
    return head + packed + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def deep_pdf(good: bytes) -> bytes:
    """A PDF object nested two million times."""
    del good
    return b"%PDF-1.4\n1 0 obj\n" + b"[" * 2_000_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def bomb_png(good: bytes) -> bytes:
    """A picture whose credential unpacks to half a gigabyte."""
    del good
    packed = zlib.compress(b"0" * (512 * 1024 * 1024), 1)
    body = b"openbadgecredential\0\1\0\0\0" + packed
    chunk = struct.pack(">I4s", len(body), b"iTXt") + body
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(chunk[4:]))


def series_of_poison(good: bytes) -> bytes:
    """A series of records, each with blank nodes nothing tells apart."""
    inside = [json.loads(poison_graph(good)) for _ in range(12)]
    document = json.loads(good) | {"type": ["VerifiableCredential", "ClrCredential"]}
    document["credentialSubject"] = {"type": ["ClrSubject"], "verifiableCredential": inside}
    return json.dumps(document).encode()


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    made.__name__: made
    for made in (
        poison_graph,
        deep_json,
        huge_json,
        too_large,
        many_nodes,
        flate_bomb_pdf,
        xref_bomb_pdf,
        deep_pdf,
        bomb_png,
        series_of_poison,
    )
}


def many_attachments() -> bytes:
    """A PDF that takes seconds to read, for its attachments are twenty thousand."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    stream = pdf.make_indirect(pikepdf.Stream(pdf, b"{}"))
    names: list[Any] = []
    for index in range(20_000):
        file = pikepdf.String("a.json")
        spec = pikepdf.Dictionary(
            Type=pikepdf.Name.Filespec, F=file, UF=file, EF=pikepdf.Dictionary(F=stream)
        )
        names += [pikepdf.String(f"a{index:06}"), pdf.make_indirect(spec)]
    listed = pikepdf.Dictionary(Names=pikepdf.Array(names))
    pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=listed)
    return _saved(pdf)


def contexts() -> Path:
    """The pinned JSON-LD contexts, as files."""
    import openbadgeslib.ob3.contexts

    return Path(openbadgeslib.ob3.contexts.__file__).parent
