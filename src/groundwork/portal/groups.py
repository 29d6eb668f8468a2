"""The Hub's groups, kept as a cohort's people are: `nbgrader-<course>` and `formgrade-<course>`.

The log says who teaches and who learns; nbgrader and the Hub read it from their groups. One
thread writes them, when it hears of a change and from time to time. Doing it again changes
nothing, so every process of a portal may do it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from threading import Condition, Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from .. import cohorts
from ..log import Database
from .hub import Hub, HubError

log = logging.getLogger(__name__)

QUIET = 1.0
"""Seconds after a change, so that a roster is one round."""
OFTEN = 300.0
"""Seconds between rounds without any news: somebody may have signed in for the first time."""
PATIENCE = 10.0
ABSENT = 404
NOBODY = 400


class GroupsCopy:
    """Keeps the Hub's groups as new as the log."""

    def __init__(self, hub: Hub, database: Database) -> None:
        self.hub = hub
        self.database = database
        self._news = Condition()
        self._changed = True
        self._stopping = False
        self._thread = Thread(target=self._run, name="groups", daemon=True)

    def start(self) -> None:
        """Write all groups once, then wait for news."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being written."""
        with self._news:
            self._stopping = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=PATIENCE)

    def changed(self) -> None:
        """Hear that somebody came, left or has another role."""
        with self._news:
            self._changed = True
            self._news.notify()

    def write(self) -> None:
        """Bring every group to what the log says; raise `HubError` when the Hub does not."""
        with self.database.read() as session:
            wanted: dict[str, set[str]] = {}
            for cohort in cohorts.cohorts(session):
                wanted |= cohorts.hub_groups(session, cohort.course)
        for name, people in wanted.items():
            self._write_group(name, people)

    def _run(self) -> None:
        while not self._wait():
            try:
                self.write()
            except Exception as error:  # noqa: BLE001  # nothing may end the thread: try again later
                log.warning("The Hub's groups could not be written: %s", error)

    def _wait(self) -> bool:
        """Wait for news or for the next round; return whether to end."""
        with self._news:
            self._news.wait_for(lambda: self._changed or self._stopping, timeout=OFTEN)
            self._news.wait_for(lambda: self._stopping, timeout=QUIET)
            self._changed = False
            return self._stopping

    def _write_group(self, name: str, people: set[str]) -> None:
        found = self._ask("GET", f"groups/{quote(name, safe='')}", otherwise=ABSENT)
        if found is None:
            if not people:
                return
            found = self._ask("POST", f"groups/{quote(name, safe='')}") or {}
        there = set(found.get("users", ()))
        gone = there - people
        if gone:
            self._put_users("DELETE", name, gone)
        for one in sorted(people - there):
            # One at a time: the Hub refuses a whole list in which it does not know somebody yet.
            self._put_users("POST", name, [one])

    def _put_users(self, method: str, group: str, users: Iterable[str]) -> None:
        path = f"groups/{quote(group, safe='')}/users"
        self._ask(method, path, {"users": sorted(users)}, otherwise=NOBODY)

    def _ask(
        self, method: str, path: str, body: Any = None, *, otherwise: int | None = None
    ) -> dict[str, Any] | None:
        """Ask the Hub's API; None for the one refusal that is expected."""
        asked = Request(  # noqa: S310  # the Hub's own address, from our environment
            f"{self.hub.api_url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"token {self.hub.api_token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urlopen(asked, timeout=PATIENCE) as reply:  # noqa: S310  # as above
                found: dict[str, Any] = json.loads(reply.read() or b"{}")
                return found
        except HTTPError as error:
            if error.code == otherwise:
                return None
            raise HubError(f"{method} {path}: the Hub answered {error.code}") from error
        except (URLError, OSError, ValueError) as error:
            raise HubError(f"{method} {path}: {error}") from error
