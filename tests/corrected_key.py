"""A key that an author corrects, and attempts scored with it as it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from groundwork.curriculum import Curriculum, load_curriculum
from groundwork.log import Attempt, Database, store
from groundwork.scoring import passed, score
from groundwork.settings import SELF_STUDY, read_settings
from small_course import MODULE, RIGHT

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
LOOK = "{id: look, text: Look at you, correct: true"
LATE = "{id: late, text: About time, correct: false"
FAR_OFF = {"a-how-many": 30}
RIGHT_AFTER = RIGHT | {"a-first-step": "late"}
"""What is right once the key of one item is corrected."""


def read(project: Path) -> Curriculum:
    return load_curriculum(read_settings({"GROUNDWORK_ROOT": str(project)}))


def correct_key(project: Path) -> Curriculum:
    """The author finds that the other option of one item is the right one."""
    path = project / "quizzes" / MODULE / "form-a.yml"
    text = path.read_text(encoding="utf-8")
    assert LOOK in text and LATE in text
    text = text.replace(LOOK, LOOK.replace("true", "false"))
    path.write_text(text.replace(LATE, LATE.replace("false", "true")), encoding="utf-8")
    return read(project)


def sit(
    log: Database,
    curriculum: Curriculum,
    learner: str,
    answers: dict[str, Any],
    *,
    purpose: str = "quiz",
    version: str | None = None,
    course: str = SELF_STUDY,
) -> None:
    """Put an attempt into the log, scored with the key of this moment."""
    form = curriculum.quizzes[MODULE].form("A")
    scores = {item.id: score(item, answers.get(item.id)).score for item in form.items}
    total = sum(scores.values())
    with log.write() as session:
        enrolment = store.enrol(session, learner, course, at=NOW)
        number = store.count_attempts(session, enrolment, module=MODULE, purpose=purpose) + 1
        session.add(
            Attempt(
                attempt_id=f"{learner}-{purpose}-{number}",
                enrolment_id=enrolment.id,
                module=MODULE,
                purpose=purpose,
                form="A",
                version=version or form.version,
                number=number,
                answers={item.id: answers.get(item.id) for item in form.items},
                scores=scores,
                score=total,
                max_score=form.max_score,
                passed=passed(total, maximum=7, share=0.8) if purpose == "quiz" else None,
                told={"score": total},
                started=NOW,
                finished=NOW + timedelta(minutes=number),
                received=NOW,
            )
        )
