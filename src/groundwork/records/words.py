"""Every sentence a record says, in one place, so that each can be translated.

They are said in the language spoken when the record is made (see `language`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from ..language import ENGLISH, SOURCE, filled, speaking, spoken
from ..language import gettext as _
from ..language import marked as N_
from .facts import Completion, Earned, Issuer, Person, SeriesCompletion

AGE_BANDS = {"prenatal-36m": N_("before birth to 36 months"), "3-6y": N_("3 to 6 years")}
PEOPLE = {
    "instructor": N_("Instructor: {name}"),
    "sponsor": N_("Sponsor: {name}"),
}
THEMSELVES = N_("the learner")
DELIVERY = N_("Self-study")
SELF_NAME = N_("Self-issued, on the learner's own machine")
SELF_ISSUED = N_(
    "Self-issued: the learner's own copy of Groundwork made and signed this record. "
    "No organization vouches for it."
)
FRAMEWORK = "Infant and early childhood mental health competency areas"
"""The name of the framework, the same in every language: programs compare it."""

CERTIFICATE = {
    "certificate": N_("Certificate of completion"),
    "completed_training": N_("completed the training"),
    "minutes": N_("Minutes"),
    "part": N_("Part"),
    "area": N_("Competency area"),
    "objectives": N_("Learning objectives"),
    "agenda": N_("Agenda"),
    "areas": N_("Minutes by competency area"),
    "is_not": N_("What this record is not"),
    "signature_alt": N_("Signature"),
    "qr_alt": N_("QR code that opens"),
    "attached": N_("The signed Open Badges 3.0 credential of this record"),
    "not_line": N_(
        "Not an Endorsement, not reflective supervision, not licensure credit. "
        "What it covers is on page 2; the signed credential is attached to this file."
    ),
}
SERIES_CERTIFICATE = {
    "completed_training": N_("completed the training series"),
    "part": N_("Module"),
    "agenda": N_("Modules"),
    "attached": N_("The signed CLR 2.0 credential of this series, its module records inside"),
}
UNPRINTABLE = N_(
    "Letters that no typeface here holds are shown as […]. "
    "The signed credential attached to this file has them in full."
)


def in_language_of(earned: Earned) -> AbstractContextManager[None]:
    """Speak the language of the training while its record is made, whoever asked for it."""
    catalog = spoken()
    return speaking(catalog if catalog.tag == earned.language else ENGLISH)


def certificate_labels(earned: Earned) -> dict[str, str]:
    """The fixed words of a certificate."""
    labels = CERTIFICATE
    if isinstance(earned, SeriesCompletion):
        labels = labels | SERIES_CERTIFICATE
    return {name: _(label) for name, label in labels.items()}


def what_it_is_not(earned: Earned) -> tuple[str, ...]:
    """What nobody may read into this record."""
    return (
        _("It is not an Endorsement (such as IMH-E or ECMH-E) and does not promise one."),
        filled(
            "It is not reflective supervision or consultation. It holds {minutes} on "
            "providing reflective supervision.",
            minutes=minutes_text(earned.supervision_minutes),
        ),
        _(
            "It carries no licensure or continuing-education credit, and it does not certify "
            "anyone as a mandated reporter."
        ),
        _(
            "Your association's reviewers decide whether these hours count. "
            "Ask your coordinator before you rely on them."
        ),
    )


def assessment_text(completion: Completion) -> str:
    """Which quiz was passed, how well, and at what mark."""
    needed = completion.pass_share * completion.max_score
    return filled(
        "Quiz, form {form}: {score} of {highest} points. The pass mark is {needed} points "
        "({percent} percent).",
        form=completion.form,
        score=number(completion.score),
        highest=number(completion.max_score),
        needed=number(needed),
        percent=number(completion.pass_share * 100),
    )


def reflection_text(completion: Completion) -> str:
    """Who judged the written reflection complete."""
    if not completion.reflection_assessed_by:
        return _("Written reflection: complete.")
    return filled(
        "Written reflection: complete, assessed by {person} against its rubric.",
        person=_(completion.reflection_assessed_by),
    )


def delivery_text(earned: Earned) -> str:
    """How the minutes were spent: alone, or with an instructor."""
    return filled(
        "{delivery}: {alone} self-paced, {led} led by an instructor.",
        delivery=_(earned.delivery),
        alone=minutes_text(earned.self_paced_minutes),
        led=minutes_text(earned.live_minutes),
    )


def equity_text(earned: Earned) -> str:
    """The equity minutes, which an association may ask for apart."""
    return filled(
        "Of these, {minutes} on diversity and equity.", minutes=minutes_text(earned.equity_minutes)
    )


def person_text(part: str, person: Person) -> str:
    """Somebody who taught or who stands behind it, with what qualifies them."""
    about = f", {person.qualifications}" if person.qualifications else ""
    return filled(PEOPLE[part], name=f"{person.name}{about}.")


def module_line(completion: Completion) -> str:
    """One module as the record of a series lists it."""
    return filled(
        "{title} ({module}, version {version}), completed {day}: {minutes}",
        title=completion.title,
        module=completion.module,
        version=completion.version,
        day=day(completion.completed),
        minutes=minutes_text(completion.minutes),
    )


def ages_text(earned: Earned) -> str:
    """The ages of the children the training is about."""
    told = [_(AGE_BANDS.get(band, band)) for band in earned.age_bands]
    if len(told) < 2:
        return "".join(told)
    return filled("{some} and {last}", some=", ".join(told[:-1]), last=told[-1])


def described(earned: Earned, issuer: Issuer) -> str:
    """What kind of record it is, and from whom."""
    if issuer.kind == "self":
        said = (
            _("Completion record of a Groundwork series.")
            if isinstance(earned, SeriesCompletion)
            else _("Completion record of one Groundwork module.")
        )
        return f"{said} {_(SELF_ISSUED)}"
    if isinstance(earned, SeriesCompletion):
        return filled(
            "Completion record of a Groundwork series, issued by {name}.", name=issuer.name
        )
    return filled("Completion record of one Groundwork module, issued by {name}.", name=issuer.name)


def criteria_text(earned: Earned) -> str:
    """What had to be done, how minutes were counted, and what the record is not."""
    done = (
        _("Every module of the series complete, each with its own record.")
        if isinstance(earned, SeriesCompletion)
        else _(
            "Every lesson finished with its self-checks answered, the quiz passed, "
            "and the written reflection complete."
        )
    )
    method = filled("How the minutes were counted: {method}", method=earned.hours_method)
    is_not = "\n".join(f"- {line}" for line in what_it_is_not(earned))
    return f"{done}\n\n{method}\n\n{_('What this record is not:')}\n{is_not}"


def course_text(completion: Completion) -> str:
    """What a module is about: for whom, objectives, agenda, authors."""
    objectives = "\n".join(f"- {objective}" for objective in completion.objectives)
    agenda = "\n".join(
        f"- {item.title} ({minutes_text(item.minutes)})" for item in completion.agenda
    )
    return "\n\n".join(
        (
            _for_whom(completion),
            f"{_('Objectives:')}\n{objectives}",
            f"{_('Agenda:')}\n{agenda}",
            authors_text(completion),
        )
    )


def series_text(series: SeriesCompletion) -> str:
    """What a series is about: for whom, its modules, authors."""
    modules = "\n".join(f"- {module_line(module)}" for module in series.modules)
    return "\n\n".join((_for_whom(series), f"{_('Modules:')}\n{modules}", authors_text(series)))


def _for_whom(earned: Earned) -> str:
    return filled(
        "For people who work with children from {ages} and their families.", ages=ages_text(earned)
    )


def authors_text(earned: Earned) -> str:
    """Who wrote it."""
    return filled("Authors: {names}", names=", ".join(earned.authors))


def narrative_text(earned: Earned) -> str:
    """What this learner did, and with whom."""
    lines = [delivery_text(earned)]
    if isinstance(earned, Completion):
        lines += [assessment_text(earned), reflection_text(earned)]
    lines += [person_text(part, person) for part, person in earned.people]
    return "\n".join(lines)


def quiz_name(completion: Completion) -> str:
    """The quiz, by the form that was passed."""
    return filled("Quiz, form {form}", form=completion.form)


def measured(earned: Earned) -> Iterator[tuple[str, str, int]]:
    """The sums of a record: what each is called, its kind for a program, minutes."""
    yield _("Minutes in all"), "ext:ContactMinutes", earned.minutes
    yield _("Self-paced minutes"), "ext:SelfPacedMinutes", earned.self_paced_minutes
    yield _("Minutes led by an instructor"), "ext:LiveMinutes", earned.live_minutes
    yield _("Minutes on diversity and equity"), "ext:EquityMinutes", earned.equity_minutes
    yield (
        _("Minutes on providing reflective supervision"),
        "ext:ReflectiveSupervisionMinutes",
        earned.supervision_minutes,
    )


def hours_text(minutes: int) -> str:
    """Clock hours, as an application form asks for them."""
    hours = number(round(minutes / 60, 2))
    if hours == "1":
        return _("1 hour")
    return filled("{hours} hours", hours=hours)


def minutes_text(minutes: int) -> str:
    """Minutes, with the right ending."""
    if minutes == 1:
        return _("1 minute")
    return filled("{minutes} minutes", minutes=minutes)


def issuer_lines(issuer: Issuer) -> tuple[str, ...]:
    """What is printed about an issuer besides its name."""
    lines = (issuer.qualifications, issuer.contact, issuer.public_url)
    return tuple(line for line in lines if line)


def day(moment: datetime) -> str:
    """A date as a certificate says it."""
    if spoken().language == SOURCE:
        return f"{moment:%B} {moment.day}, {moment.year}"
    from babel.dates import format_date

    return format_date(moment.date(), format="long", locale=spoken().language)


def number(value: float) -> str:
    """A number with at most two decimals and no idle zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
