"""Many module records at once: the heavy part on other processes, the private key on none.

A batch goes through an executor (a pool of processes, a Dask cluster) in sheets, twice. The
first time each sheet comes back as the digests that are to be signed, which takes no time
here; the second time it goes out with the signatures and comes back as files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from typing import Any

from .badge import badge
from .credential import StatusEntry, compose, proof_of, written
from .facts import Completion, Issuer
from .issuing import IssuedRecord
from .keys import SigningKey
from .mould import Mould, make_mould, shape
from .pdf import certificate

SHEET = 20
"""Records that travel together: few enough that a killed run loses little."""


@dataclass(frozen=True, slots=True)
class Job:
    """One record to make, and its place in the status list."""

    completion: Completion
    status: StatusEntry | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A few jobs with everything a worker needs for them."""

    jobs: tuple[Job, ...]
    issuer: Issuer
    issued: datetime
    proof: dict[str, Any]

    def documents(self) -> list[dict[str, Any]]:
        """The unsigned credentials."""
        return [
            compose(job.completion, self.issuer, issued=self.issued, status=job.status)
            for job in self.jobs
        ]


Printed = tuple[Job, IssuedRecord]


def issue_many(
    jobs: Iterable[Job],
    issuer: Issuer,
    key: SigningKey,
    *,
    issued: datetime,
    executor: Executor,
    workers: int,
) -> Iterator[list[Printed]]:
    """Make the records of all jobs; yield them in lists, in the order they are done.

    Each has the same bytes as `issue` would give it.
    """
    proof = proof_of(issuer, key.public, created=issued)
    left = iter(jobs)
    digesting: dict[Future[list[bytes]], Sheet] = {}
    printing: dict[Future[list[tuple[bytes, bytes]]], Sheet] = {}

    def feed() -> None:
        while len(digesting) < 2 * workers:
            some = tuple(islice(left, SHEET))
            if not some:
                return
            sheet = Sheet(some, issuer, issued, proof)
            digesting[executor.submit(digests, sheet)] = sheet

    feed()
    while digesting or printing:
        waiting: list[Future[Any]] = [*digesting, *printing]
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done & digesting.keys():
            sheet = digesting.pop(future)
            signatures = [key.private.sign(digest) for digest in future.result()]
            printing[executor.submit(files, sheet, signatures)] = sheet
        if len(printing) < 4 * workers:
            feed()
        for ready in done & printing.keys():
            yield _printed(printing.pop(ready), ready.result())


def digests(sheet: Sheet) -> list[bytes]:
    """What is to be signed for each record of a sheet."""
    return [_mould(one, sheet.proof).digest(one) for one in sheet.documents()]


def files(sheet: Sheet, signatures: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The credential and the PDF of each record of a sheet, once it is signed."""
    # There are as many workers as cores. Typst reads this when it first starts its threads; with
    # one for each core, every worker would be in the way of the others.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    made = []
    for job, document, signature in zip(sheet.jobs, sheet.documents(), signatures, strict=True):
        credential = written(_mould(document, sheet.proof).signed(document, signature))
        made.append(
            (credential, certificate(job.completion, sheet.issuer, credential, issued=sheet.issued))
        )
    return made


def _printed(sheet: Sheet, made: Sequence[tuple[bytes, bytes]]) -> list[Printed]:
    """The records of a sheet; their badges are one picture, which did not have to travel."""
    return [
        (
            job,
            IssuedRecord(
                id=job.completion.id,
                json=credential,
                pdf=pdf,
                png=badge(job.completion, sheet.issuer, credential),
            ),
        )
        for job, (credential, pdf) in zip(sheet.jobs, made, strict=True)
    ]


_MOULDS: dict[tuple[str, str], Mould] = {}
_MOST_MOULDS = 64


def _mould(document: dict[str, Any], proof: dict[str, Any]) -> Mould:
    """The mould of records like this one, made when the first of them comes by."""
    name = shape(document), json.dumps(proof, sort_keys=True)
    if name not in _MOULDS:
        if len(_MOULDS) >= _MOST_MOULDS:
            _MOULDS.clear()
        _MOULDS[name] = make_mould(document, proof)
    return _MOULDS[name]


def pool(workers: int) -> ProcessPoolExecutor:
    """Processes of this machine to issue with."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
