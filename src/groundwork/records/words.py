"""The sentences a record says about itself, in one place, so that they can be translated."""

from __future__ import annotations

from .facts import Completion, Issuer

AGE_BANDS = {"prenatal-36m": "before birth to 36 months", "3-6y": "3 to 6 years"}

SELF_ISSUED = (
    "Self-issued: the learner's own copy of Groundwork made and signed this record. "
    "No organization vouches for it."
)

SELF_NAME = "Self-issued, on the learner's own machine"


def what_it_is_not(completion: Completion) -> tuple[str, ...]:
    """What nobody may read into this record."""
    return (
        "It is not an Endorsement (such as IMH-E or ECMH-E) and does not promise one.",
        f"It is not reflective supervision or consultation. It holds "
        f"{minutes_text(completion.supervision_minutes)} on providing reflective supervision.",
        "It carries no licensure or continuing-education credit, and it does not certify "
        "anyone as a mandated reporter.",
        "Your association's reviewers decide whether these hours count. "
        "Ask your coordinator before you rely on them.",
    )


def assessment_text(completion: Completion) -> str:
    """Which quiz was passed, how well, and at what mark."""
    needed = completion.pass_share * completion.max_score
    return (
        f"Quiz, form {completion.form}: {number(completion.score)} of "
        f"{number(completion.max_score)} points. The pass mark is {number(needed)} points "
        f"({number(completion.pass_share * 100)} percent)."
    )


def reflection_text(completion: Completion) -> str:
    """Who judged the written reflection complete."""
    return (
        "Written reflection: complete, assessed by "
        f"{completion.reflection_assessed_by} against its rubric."
    )


def delivery_text(completion: Completion) -> str:
    """How the minutes were spent: alone, or with an instructor."""
    return (
        f"{completion.delivery}: {minutes_text(completion.self_paced_minutes)} self-paced, "
        f"{minutes_text(completion.live_minutes)} led by an instructor."
    )


def ages_text(completion: Completion) -> str:
    """The ages of the children the training is about."""
    return " and ".join(AGE_BANDS.get(band, band) for band in completion.age_bands)


def hours_text(minutes: int) -> str:
    """Clock hours, as an application form asks for them."""
    hours = number(round(minutes / 60, 2))
    return f"{hours} hour" if hours == "1" else f"{hours} hours"


def minutes_text(minutes: int) -> str:
    """Minutes, with the right ending."""
    return f"{minutes} minute" if minutes == 1 else f"{minutes} minutes"


def issuer_lines(issuer: Issuer) -> tuple[str, ...]:
    """What is printed about an issuer besides its name."""
    lines = (issuer.qualifications, issuer.contact, issuer.public_url)
    return tuple(line for line in lines if line)


def number(value: float) -> str:
    """A number with at most two decimals and no idle zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
