"""Rosters: a file of people, shown first as what it would change, then taken in as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from . import cohorts
from .audit import Act
from .cohorts import Newcomer, Role
from .errors import AnswerError, ConflictError
from .log import Member
from .spreadsheets import Line, find_columns, read_lines

MOST_PEOPLE = 2000
COLUMNS = {
    "name": ("name", "full name", "learner", "participant", "student", "student name"),
    "first": ("first name", "first", "given name"),
    "last": ("last name", "last", "surname", "family name"),
    "email": ("email", "e mail", "email address", "e mail address", "mail"),
    "key": ("user", "user name", "username", "hub user", "hub user name", "login"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a file, at a line of it."""

    line: int
    person: Newcomer


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used, and why."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a roster would change. With problems in it, it changes nothing.

    `absent` are in the cohort and not in the file; they stay unless asked to go.
    """

    added: list[Newcomer] = field(default_factory=list)
    returned: list[Newcomer] = field(default_factory=list)
    changed: list[tuple[str, Newcomer]] = field(default_factory=list)
    same: int = 0
    absent: list[Member] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def lines(self, *, remove_absent: bool = False) -> Iterator[str]:
        """The preview in words, one line each."""
        for problem in self.problems:
            yield str(problem)
        for person in self.added:
            yield f"new: {_known_as(person)}"
        for person in self.returned:
            yield f"comes back, with everything they did: {_known_as(person)}"
        for before, person in self.changed:
            yield f"changes: {before} -> {_known_as(person)}"
        for member in self.absent:
            verb = "leaves" if remove_absent else "stays, though not in the file"
            yield f"{verb}: {cohorts.shown_name(member)}"
        yield (
            f"{len(self.added)} new, {len(self.returned)} come back, {len(self.changed)} change, "
            f"{self.same} stay as they are"
        )


def _known_as(person: Newcomer) -> str:
    known = ", ".join(filter(None, (person.key, person.email)))
    return f"{person.name} ({known})" if person.name else known


def read_roster(data: bytes) -> tuple[list[Row], list[Problem]]:
    """Read a file of people; every line that cannot be used is named, the good ones are kept."""
    lines = [line for line in read_lines(data) if not line.blank]
    if not lines:
        raise AnswerError("the file is empty", field="file")
    columns = find_columns(lines[0].cells, COLUMNS)
    if not {"email", "key"} & columns.keys():
        raise AnswerError(
            f"line {lines[0].number} must name the columns: name, and email or user",
            field="file",
        )
    if len(lines) - 1 > MOST_PEOPLE:
        raise AnswerError(f"a roster holds {MOST_PEOPLE:,} people at most", field="file")
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line in lines[1:]:
        try:
            person = _person(line, columns)
            _check_once(person, line.number, seen)
        except AnswerError as error:
            problems.append(Problem(line.number, str(error)))
        else:
            rows.append(Row(line.number, person))
    return rows, problems


def _person(line: Line, columns: dict[str, int]) -> Newcomer:
    said = {kind: line.cells[at] if at < len(line.cells) else "" for kind, at in columns.items()}
    name = said.get("name") or " ".join(filter(None, (said.get("first"), said.get("last"))))
    key, email = said.get("key") or None, said.get("email") or None
    if not (key or email):
        raise AnswerError(f"{name or 'somebody'} has neither e-mail nor user name", field="email")
    return Newcomer(key=key, email=email, name=name)


def _check_once(person: Newcomer, line: int, seen: dict[str, int]) -> None:
    for known in filter(None, (person.key, person.email)):
        if known in seen:
            raise AnswerError(f"{known} stands in line {seen[known]} already", field="file")
    for known in filter(None, (person.key, person.email)):
        seen[known] = line


def preview(session: Session, course: str, data: bytes) -> Preview:
    """Say what a roster would change; change nothing."""
    cohorts.cohort_of(session, course)
    rows, problems = read_roster(data)
    found = Preview(rows=rows, problems=problems)
    here = _Here(cohorts.members(session, course, with_left=True))
    named: set[int] = set()
    same = 0
    for row in rows:
        try:
            member = here.find(row.person)
        except ConflictError as error:
            problems.append(Problem(row.line, str(error)))
            continue
        if member is None:
            found.added.append(row.person)
            continue
        named.add(member.id)
        if member.role != Role.LEARNER and member.left is None:
            role = member.role.replace("_", "-")
            problems.append(Problem(row.line, f"{_known_as(row.person)} is {role} here"))
        elif member.left is not None:
            found.returned.append(row.person)
        elif _differs(member, row.person):
            found.changed.append((_was(member), row.person))
        else:
            same += 1
    problems.sort(key=lambda problem: problem.line)
    absent = [one for one in here.learners if one.id not in named]
    return Preview(
        added=found.added, returned=found.returned, changed=found.changed, same=same,
        absent=absent, problems=problems, rows=rows,
    )  # fmt: skip


class _Here:
    """The people of a cohort, looked up by what a file may call them."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.by_key = {one.key: one for one in members if one.key}
        self.by_email = {one.email: one for one in members if one.email}
        self.learners = [one for one in members if one.role == Role.LEARNER and one.left is None]

    def find(self, person: Newcomer) -> Member | None:
        by_key = self.by_key.get(person.key) if person.key else None
        by_email = self.by_email.get(person.email) if person.email else None
        if by_key and by_email and by_key is not by_email:
            # One that waits under an address becomes one with its owner's own place.
            if by_email.key is None and by_key.email is None:
                return by_key
            raise ConflictError(
                f"{person.key} and {person.email} are two different people in this cohort"
            )
        if by_email and person.key and by_email.key not in (None, person.key):
            raise ConflictError(f"{person.email} belongs to the user {by_email.key}")
        return by_key or by_email


def _differs(member: Member, person: Newcomer) -> bool:
    said = (person.key, person.email, person.name)
    kept = (member.key, member.email, member.name)
    return any(new and new != old for new, old in zip(said, kept, strict=True))


def _was(member: Member) -> str:
    known = ", ".join(filter(None, (member.key, member.email)))
    return f"{member.name} ({known})" if member.name else known


def apply(
    session: Session, course: str, data: bytes, *, remove_absent: bool = False, act: Act
) -> Preview:
    """Take a roster in, in the caller's transaction; raise `AnswerError` if any line is bad."""
    made = preview(session, course, data)
    if made.problems:
        raise AnswerError("; ".join(map(str, made.problems)), field="file")
    for row in made.rows:
        cohorts.admit(session, course, row.person, act=act)
    if remove_absent:
        for member in made.absent:
            cohorts.dismiss(session, member, act=act)
    return made
