"""Every error this package raises on purpose."""

from pathlib import Path


class GroundworkError(Exception):
    """Base of them all: catch this to catch ours and nothing else."""


class ContentError(GroundworkError):
    """A content file does not say what it must say; the message names file and line."""

    def __init__(self, message: str, *, path: Path, line: int = 1) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.message = message
        self.path = path
        self.line = line


class ContentErrors(GroundworkError):
    """Several content errors found in one reading, one a line."""

    def __init__(self, errors: list[ContentError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class SettingsError(GroundworkError):
    """A setting, folder or file of this machine cannot be used as it is."""


class AnswerError(GroundworkError):
    """What a learner sent does not fit; `field` names the part that does not."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class ConflictError(GroundworkError):
    """What was asked for is well formed but cannot be done now; the message says why."""


class NotEarnedError(ConflictError):
    """A record was asked for too early; `missing` holds what is still to do, in sentences."""

    def __init__(self, message: str, *, missing: tuple[str, ...]) -> None:
        super().__init__(message)
        self.missing = missing


class KeysMissingError(GroundworkError):
    """The graded items are not on this machine, so nothing may be graded here."""


class RecordError(GroundworkError):
    """A completion record cannot be made, or is not what it claims to be."""


class BuildError(GroundworkError):
    """The book could not be built."""
