"""Row ids, given out before a row is written, so that it can be sealed for its own place."""

from __future__ import annotations

import threading

from sqlalchemy import Connection, text

from trajectory.database import Database

BLOCK = 1000
"""How many ids a process reserves at a time; the sequence's increment in the migrations."""

SKIPPED = 1_000_000_000
"""So many ids are left out after a restore: more than the time that was lost can have used."""

_SKIP_POSTGRESQL = text("SELECT setval('id_block_seq', nextval('id_block_seq') + :skipped)")
_SKIP_SQLITE = text("UPDATE id_block SET next = next + :skipped WHERE name = 'id'")
_NEXT_POSTGRESQL = text("SELECT nextval('id_block_seq')")
_NEXT_SQLITE = text(
    "UPDATE id_block SET next = max(next, :floor) + :block WHERE name = 'id'"
    " RETURNING next - :block"
)


class Ids:
    """Gives out ids: rising within this process, and never one that another process has.

    One per `Database` and process; safe to use from any thread.
    """

    def __init__(self, database: Database) -> None:
        self._sequence = database.dialect == "postgresql"
        self._lock = threading.RLock()
        self._next = 1
        self._end = 1
        if not self._sequence:
            database.when_rolled_back(self._forget)

    def take(self, connection: Connection) -> int:
        """The next id, for a row that `connection`'s write transaction inserts."""
        with self._lock:
            if self._next == self._end:
                self._next = self._reserve(connection)
                self._end = self._next + BLOCK
            taken = self._next
            self._next += 1
            return taken

    def _reserve(self, connection: Connection) -> int:
        if self._sequence:
            return int(connection.execute(_NEXT_POSTGRESQL).scalar_one())
        block = connection.execute(_NEXT_SQLITE, {"floor": self._next, "block": BLOCK})
        return int(block.scalar_one())

    def _forget(self) -> None:
        """The reservation may be rolled back too, and another process may get the block."""
        with self._lock:
            self._end = self._next


def skip(connection: Connection) -> None:
    """Leave out what may have been given out after the backup that was restored.

    Buttons, links, mails and the list of the erased still name those ids.
    """
    is_server = connection.dialect.name == "postgresql"
    connection.execute(_SKIP_POSTGRESQL if is_server else _SKIP_SQLITE, {"skipped": SKIPPED})
