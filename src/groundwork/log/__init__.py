"""The attempt log: what learners did, only ever added to, and the code that touches it."""

from .database import Database, open_database
from .tables import Attempt, Base, Enrolment, Event, Learner, Record, Reflection, Rescore, Rescoring

__all__ = [
    "Attempt",
    "Base",
    "Database",
    "Enrolment",
    "Event",
    "Learner",
    "Record",
    "Reflection",
    "Rescore",
    "Rescoring",
    "open_database",
]
