"""Status lists that stay fresh: signed again every week by one quiet thread.

A revocation is in the list at once, without this. What nobody revokes is signed again all the
same, because a list says until when it may be relied on.
"""

from __future__ import annotations

import logging
from threading import Event, Thread

from ..errors import GroundworkError
from ..log import Database
from ..recordbook import open_desk, refresh_status_lists
from ..settings import Settings
from .house import now

log = logging.getLogger(__name__)

FIRST = 10.0
"""Seconds after the start, so that opening the portal is not slowed down."""
EVERY = 3600.0


class StatusKeeper:
    """Looks every hour whether a status list is due."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="status lists", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is due is signed at the next start."""
        self._stopping.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        pause = FIRST
        while not self._stopping.wait(pause):
            self.refresh()
            pause = EVERY

    def refresh(self) -> None:
        """Sign what is due; what cannot be signed now is tried again in an hour."""
        try:
            with self.database.write() as session:
                signed = refresh_status_lists(session, open_desk(self.settings), at=now())
        except GroundworkError as error:
            log.warning("The status lists could not be signed: %s", error)
        except Exception as error:  # noqa: BLE001  # nothing in the background may end the thread
            log.warning("The status lists could not be signed: %s", type(error).__name__)
        else:
            if signed:
                log.info("Signed again: status list %s", ", ".join(map(str, signed)))
