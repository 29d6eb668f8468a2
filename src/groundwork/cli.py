"""The `groundwork` command: every way in from a terminal."""

from __future__ import annotations

import sys

import typer

from .commands import cohorts, content, grading, keeping, learners, making, messages, records, stats
from .errors import GroundworkError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Open training in infant and early childhood mental health.",
)
for plain in (making.app, content.app, grading.app, learners.app, stats.app, keeping.app):
    app.add_typer(plain)
app.add_typer(grading.quizzes_app, name="quizzes")
app.add_typer(records.record_app, name="record")
app.add_typer(records.keys_app, name="keys")
app.add_typer(messages.messages_app, name="messages")
app.add_typer(cohorts.cohort_app, name="cohort")
app.add_typer(keeping.database_app, name="db")
app.add_typer(learners.learner_app, name="learner")


def main() -> None:
    """Run a command; what is ours to say is said in one line, never as a traceback."""
    try:
        app()
    except GroundworkError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        print(f"The disk refused: {error.strerror or error} ({error.filename})", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
