"""How the questions of a quiz did, from the attempts in the log.

Counted is each person's first attempt at a form, for a pre-check and for the quiz apart, with
the points it counts now: later attempts at the same form are made knowing the answers. An index
is worked out for `FEWEST` people and more; what leaves the house (`exported`) shows no group of
fewer than `SMALLEST`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean, median, stdev
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .curriculum import Curriculum
from .indices import (
    FEWEST,
    Gain,
    Interval,
    alpha,
    alpha_interval,
    correlation_interval,
    extremes,
    gain,
    item_rest,
    mean_difference,
)
from .items import Estimate, Form, Item, Mark, Match, Multiple, Order, Single, Sort
from .log import Attempt, Enrolment
from .rescoring import quizzes_of
from .worksheets import SAT_AS

SMALLEST = 10
"""The smallest group that an export shows."""
EASY, HARD = 0.95, 0.20
WEAK = 0.10
NEVER = 0.02
MOST_ANSWERS = 12
"""How many different wrong pairings a table lists, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How often something was answered; `upper` and `lower` are shares of the extreme groups.

    `people` is None where an export keeps a small number back.
    """

    text: str
    right: bool
    people: int | None
    share: float | None
    upper: float | None = None
    lower: float | None = None


@dataclass(frozen=True, slots=True)
class ItemStats:
    """One question: `facility` is its mean points (0 to 1), `rest` its item-rest correlation."""

    id: str
    type: str
    objective: str
    stem: str
    people: int
    facility: float | None
    rest: float | None
    rest_interval: Interval | None
    seconds: float | None
    chosen: list[Chosen]
    advice: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FormStats:
    """One form as sat for one purpose; `mean` and `spread` in points, `minutes` a median.

    `error` is the standard error of measurement: spread · sqrt(1 - alpha).
    """

    quiz: str
    form: str
    purpose: str
    people: int
    left_out: int
    max_score: float
    pass_score: float
    mean: float | None
    spread: float | None
    alpha: float | None
    alpha_interval: Interval | None
    error: float | None
    pass_rate: float | None
    minutes: float | None
    histogram: list[int | None]
    items: list[ItemStats]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Form A against form B as quizzes: the difference of their mean shares, and its interval."""

    a: float
    b: float
    people_a: int
    people_b: int
    difference: Interval


@dataclass(frozen=True, slots=True)
class Change:
    """From the pre-check to the first quiz, and who did only one of them."""

    gain: Gain
    only_before: int | None
    only_before_mean: float | None
    only_after: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What can be said of a module's quiz in one course, and what was counted."""

    module: str
    title: str
    course: str
    counted: str
    forms: list[FormStats]
    comparison: Comparison | None
    change: Change | None
    notes: list[str]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


COUNTED = (
    "Counted is each person's first attempt at a form, pre-check and quiz apart, with the points "
    "it counts now. Later attempts at a form, and attempts at other questions than it asks now, "
    "are not."
)
SELECTED = (
    "The quiz begins with form B, so form A is sat in the quiz only by people who did not pass B: "
    "a difference between the forms is one between those people too."
)
SEEN_BEFORE = "Some who sat form A in the quiz had met its questions in the pre-check."


def report(session: Session, curriculum: Curriculum, quiz: str, course: str) -> Report:
    """Work out the report of a module's quiz, or of one of its forms, in a course.

    Raise `ConflictError` when there is no such quiz.
    """
    names = quizzes_of(curriculum, quiz)
    module = curriculum.course.by_id[names[0].rpartition("-")[0]]
    share = module.meta.pass_share
    sat = {name: _Sat.read(session, curriculum, name, course) for name in names}
    forms = [one.stats(name, share) for name, one in sat.items() if one.rows or one.left_out]
    by_end = {name.rpartition("-")[2]: one for name, one in sat.items()}
    notes = [f"No index is given for fewer than {FEWEST} people."] if _few(forms) else []
    if len(by_end) > 1 and by_end["a"].rows:
        notes += [SELECTED]
        if by_end["pre"].people & by_end["a"].people:
            notes += [SEEN_BEFORE]
    return Report(
        module=module.id,
        title=module.meta.title,
        course=course,
        counted=COUNTED,
        forms=forms,
        comparison=_compare(by_end) if len(by_end) > 1 else None,
        change=_change(by_end) if len(by_end) > 1 else None,
        notes=notes,
    )


def _few(forms: Iterable[FormStats]) -> bool:
    return any(0 < form.people < FEWEST for form in forms)


@dataclass(frozen=True, slots=True)
class _Row:
    """What is read of one attempt."""

    person: int
    answers: Mapping[str, Any]
    points: list[float]
    seconds: Mapping[str, Any]
    minutes: float
    passed: bool | None

    @property
    def total(self) -> float:
        return sum(self.points)


@dataclass(frozen=True, slots=True)
class _Sat:
    """The first attempts at one form for one purpose."""

    form: Form
    purpose: str
    name: str
    rows: list[_Row]
    left_out: int

    @classmethod
    def read(cls, session: Session, curriculum: Curriculum, quiz: str, course: str) -> _Sat:
        module, _, end = quiz.rpartition("-")
        purpose, name = SAT_AS[end]
        form = curriculum.quizzes[module].form("A" if name == "A" else "B")
        query = (
            select(Attempt)
            .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
            .where(
                Attempt.module == module,
                Attempt.purpose == purpose,
                Attempt.form == name,
                Enrolment.course == course,
            )
            .order_by(Attempt.id)
        )
        firsts: dict[int, _Row] = {}
        left_out = 0
        for attempt in session.scalars(query):
            if attempt.version != form.version:
                left_out += 1
            elif attempt.enrolment_id not in firsts:
                firsts[attempt.enrolment_id] = _row(attempt, form)
        return cls(form, purpose, name, list(firsts.values()), left_out)

    @property
    def people(self) -> set[int]:
        return {row.person for row in self.rows}

    def shares(self) -> dict[int, float]:
        """Each person's share of the points."""
        return {row.person: row.total / self.form.max_score for row in self.rows}

    def stats(self, quiz: str, share: float) -> FormStats:
        n = len(self.rows)
        totals = [row.total for row in self.rows]
        enough = n >= FEWEST
        points = [row.points for row in self.rows]
        reliable = alpha(points) if enough else None
        spread = stdev(totals) if n > 1 else None
        k = len(self.form.items)
        knows_pass = self.purpose == "quiz" and n > 0
        return FormStats(
            quiz=quiz,
            form=self.name,
            purpose=self.purpose,
            people=n,
            left_out=self.left_out,
            max_score=self.form.max_score,
            pass_score=share * self.form.max_score,
            mean=fmean(totals) if n else None,
            spread=spread,
            alpha=reliable,
            alpha_interval=alpha_interval(reliable, people=n, items=k) if reliable else None,
            error=spread * max(0.0, 1 - reliable) ** 0.5 if reliable and spread else None,
            pass_rate=sum(bool(row.passed) for row in self.rows) / n if knows_pass else None,
            minutes=median(row.minutes for row in self.rows) if n else None,
            histogram=_histogram(totals, k),
            items=[self._item(at, item) for at, item in enumerate(self.form.items)],
        )

    def _item(self, at: int, item: Item) -> ItemStats:
        n = len(self.rows)
        own = [row.points[at] for row in self.rows]
        points = [row.points for row in self.rows]
        rest = item_rest(points, at) if n >= FEWEST else None
        seen = [row.seconds[item.id] for row in self.rows if row.seconds.get(item.id)]
        groups = None
        if n >= FEWEST:
            groups = extremes([row.total - row.points[at] for row in self.rows])
        made = ItemStats(
            id=item.id,
            type=item.type,
            objective=item.objective,
            stem=item.stem,
            people=n,
            facility=fmean(own) if n else None,
            rest=rest,
            rest_interval=correlation_interval(rest, n) if rest is not None else None,
            seconds=median(seen) if seen else None,
            chosen=chosen(item, [row.answers.get(item.id) for row in self.rows], groups),
        )
        return replace(made, advice=list(advice(made)))


def _row(attempt: Attempt, form: Form) -> _Row:
    return _Row(
        person=attempt.enrolment_id,
        answers=attempt.answers,
        points=[float(attempt.scores.get(item.id, 0.0)) for item in form.items],
        seconds=attempt.seconds or {},
        minutes=(attempt.finished - attempt.started).total_seconds() / 60,
        passed=attempt.passed,
    )


def _histogram(totals: Sequence[float], items: int) -> list[int | None]:
    """How many people had each whole number of points, from 0 to all."""
    counts = Counter(round(total - 0.001) for total in totals)
    return [counts[points] for points in range(items + 1)]


def _compare(sat: Mapping[str, _Sat]) -> Comparison | None:
    a, b = (list(sat[end].shares().values()) for end in ("a", "b"))
    if min(len(a), len(b)) < FEWEST:
        return None
    return Comparison(fmean(a), fmean(b), len(a), len(b), mean_difference(a, b))


def _change(sat: Mapping[str, _Sat]) -> Change | None:
    """The pre-check against the first quiz, which is form B."""
    before, after = sat["pre"].shares(), sat["b"].shares()
    both = sorted(before.keys() & after.keys())
    if not both:
        return None
    dropped = [before[person] for person in before.keys() - after.keys()]
    return Change(
        gain=gain([before[one] for one in both], [after[one] for one in both]),
        only_before=len(dropped),
        only_before_mean=fmean(dropped) if dropped else None,
        only_after=len(after.keys() - before.keys()),
    )


def chosen(
    item: Item, answers: Sequence[Any], groups: tuple[list[int], list[int]] | None
) -> list[Chosen]:
    """What was answered and how often: every option, or the wrong pairings that were made.

    `groups` are the positions of the upper and lower group among the answers. An estimate
    and an order have no distractors; what they have instead is left to their facility.
    """
    picks = [frozenset(_picks(item, answer)) for answer in answers]
    counts = Counter(pick for one in picks for pick in one)
    known = _offered(item)
    wrong = [pick for pick, _ in counts.most_common() if pick not in known]
    rows = [*known, *wrong[:MOST_ANSWERS]]
    n = len(answers)

    def part(pick: str, members: Sequence[int]) -> float:
        return sum(pick in picks[at] for at in members) / len(members)

    return [
        Chosen(
            text=pick,
            right=known.get(pick, False),
            people=counts[pick],
            share=counts[pick] / n if n else None,
            upper=part(pick, groups[0]) if groups else None,
            lower=part(pick, groups[1]) if groups else None,
        )
        for pick in rows
    ]


def _offered(item: Item) -> dict[str, bool]:
    """What everybody can choose, and whether it is right."""
    match item:
        case Single() | Multiple():
            return {option.text: option.correct for option in item.options}
        case Mark():
            words = {one["id"]: one["text"] for one in item.segments() if isinstance(one, dict)}
            return {words[phrase.id]: phrase.correct for phrase in item.phrases}
    return {}


def _picks(item: Item, answer: Any) -> Iterator[str]:
    """What an answer chose, in words; what does not fit the item is passed over."""
    match item:
        case Single():
            texts = {option.id: option.text for option in item.options}
            yield from (texts[one] for one in [answer] if isinstance(one, str) and one in texts)
        case Multiple():
            texts = {option.id: option.text for option in item.options}
            yield from _known(texts, answer)
        case Mark():
            words = {one["id"]: one["text"] for one in item.segments() if isinstance(one, dict)}
            yield from _known(words, answer)
        case Match():
            left = {part.id: part.text for part in item.left}
            right = {part.id: part.text for part in item.right}
            yield from _wrong_pairs(left, right, item.pairs, answer)
        case Sort():
            cards = {card.id: card.text for card in item.cards}
            boxes = {box.id: box.text for box in item.categories}
            key = {card.id: card.category for card in item.cards}
            yield from _wrong_pairs(cards, boxes, key, answer)
        case Order() | Estimate():
            return


def _known(texts: Mapping[str, str], answer: Any) -> Iterator[str]:
    if isinstance(answer, list):
        yield from (texts[one] for one in answer if isinstance(one, str) and one in texts)


def _wrong_pairs(
    left: Mapping[str, str], right: Mapping[str, str], key: Mapping[str, str], answer: Any
) -> Iterator[str]:
    if not isinstance(answer, dict):
        return
    for one, other in answer.items():
        if one in left and other in right and key.get(one) != other:
            yield f"{left[one]} → {right[other]}"


def advice(item: ItemStats) -> Iterator[str]:
    """What an author may want to look at; advice, not a verdict."""
    if item.people < FEWEST or item.facility is None:
        return
    if item.rest is not None and item.rest < 0:
        yield "Those who did well elsewhere did worse here: check the key and the wording."
    elif item.rest is not None and item.rest < WEAK and item.facility < EASY:
        yield "It hardly tells those who know from those who do not: look at the wording."
    if item.facility > EASY:
        yield "Nearly everybody is right: it may be too easy, or given away."
    if item.facility < HARD:
        yield "Few are right: check the key, or whether the lesson teaches it."
    for one in item.chosen:
        if one.upper is None or one.lower is None or one.share is None:
            continue
        if not one.right and one.share < NEVER and item.type in ("single", "multiple", "mark"):
            yield f"Hardly anybody chose “{one.text}”: it does not work as a distractor."
        if not one.right and one.upper > one.lower + 0.1 and one.upper > 0.3:
            yield f"Those who did well elsewhere chose “{one.text}”: is it right as well?"


def exported(made: Report) -> Report:
    """The report as it may leave the house: no group of fewer than `SMALLEST` people shows.

    Where one number of a table would be kept back, the next smallest is as well, so that
    it cannot be worked out from the rest.
    """
    change = made.change
    if change:
        hidden = change.gain.pairs < SMALLEST
        few = change.only_before is not None and 0 < change.only_before < SMALLEST
        change = (
            None
            if hidden
            else replace(
                change,
                only_before=None if few else change.only_before,
                only_before_mean=None if few else change.only_before_mean,
                only_after=_kept(change.only_after),
            )
        )
    notes = [*made.notes, f"Groups of fewer than {SMALLEST} people are not shown."]
    return replace(
        made, forms=[_exported_form(form) for form in made.forms], change=change, notes=notes
    )


def _exported_form(form: FormStats) -> FormStats:
    if form.people < SMALLEST:
        return replace(
            form, mean=None, spread=None, pass_rate=None, minutes=None, histogram=[], items=[]
        )
    passed = None if form.pass_rate is None else form.pass_rate * form.people
    small = passed is not None and min(_edges(passed, form.people)) < SMALLEST
    return replace(
        form,
        pass_rate=None if small else form.pass_rate,
        histogram=_shielded(form.histogram),
        items=[replace(item, chosen=_exported_table(item.chosen)) for item in form.items],
    )


def _edges(passed: float, people: int) -> list[float]:
    """The sizes of the groups a rate tells of; an empty one tells of nobody."""
    return [size for size in (passed, people - passed) if round(size)] or [float(people)]


def _kept(count: int | None) -> int | None:
    return None if count is not None and 0 < count < SMALLEST else count


def _shielded(counts: Sequence[int | None]) -> list[int | None]:
    """Counts without the small ones, and never with exactly one missing."""
    kept = [_kept(count) for count in counts]
    if sum(count is None for count in kept) == 1:
        rest = [at for at, count in enumerate(kept) if count]
        if rest:
            kept[min(rest, key=lambda at: kept[at] or 0)] = None
    return kept


def _exported_table(rows: Sequence[Chosen]) -> list[Chosen]:
    kept = _shielded([row.people for row in rows])
    # The extreme groups are a quarter of the people; their shares would tell small numbers.
    return [
        replace(
            row, people=count, share=None if count is None else row.share, upper=None, lower=None
        )
        for row, count in zip(rows, kept, strict=True)
    ]
