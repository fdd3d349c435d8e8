"""A store in one SQLite file.

Every write is one transaction, so a process that is killed leaves the document as it was or as it was to be. The
default journal is used, not the write-ahead log: the file may lie on a network drive, and it stays one file.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.errors import StoreError

_APPLICATION: Final = 0x666C6F77
"""``flow``: tells our files from others."""
_SCHEMA: Final = 1
_WAIT: Final = 30.0
"""Seconds to wait for another process that writes."""
_TABLE: Final = "CREATE TABLE documents (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL)"
_HINT: Final = "Give a new file, or the one that an earlier --store named."


class SqliteDocuments:
    """Documents in an SQLite file, which is made when something is first written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def described(self) -> str:
        """Return the file's path."""
        return self._path.as_posix()

    def exists(self) -> bool:
        """Return whether the file is there and holds something."""
        try:
            return self._path.stat().st_size > 0
        except (FileNotFoundError, ValueError):  # the latter for what can be no path
            return False
        except OSError as error:
            raise StoreError(
                f"{self._path}: the store of runs cannot be used ({error.strerror})", hint=_HINT
            ) from error

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that start with a prefix, sorted."""
        if not self.exists():
            return []
        with self._open() as connection:
            rows = connection.execute(
                "SELECT key FROM documents WHERE substr(key, 1, ?) = ? ORDER BY key", (len(prefix), prefix)
            )
            return [str(row[0]) for row in rows]

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Return a document and its version; None where there is none."""
        if not self.exists():
            return None
        with self._open() as connection:
            row = connection.execute("SELECT body, version FROM documents WHERE key = ?", (key,)).fetchone()
        return None if row is None else (bytes(row[0]), str(row[1]))

    def create(self, key: str, body: bytes) -> bool:
        """Write a document that must not exist yet; False where it does."""
        with self._open() as connection:
            done = connection.execute(
                "INSERT INTO documents (key, version, body) VALUES (?, 1, ?) ON CONFLICT (key) DO NOTHING", (key, body)
            )
            return done.rowcount == 1

    def replace(self, key: str, body: bytes, version: str) -> bool:
        """Write a document over the version read; False where it has changed since."""
        with self._open() as connection:
            done = connection.execute(
                "UPDATE documents SET body = ?, version = version + 1 WHERE key = ? AND version = ?",
                (body, key, int(version)),
            )
            return done.rowcount == 1

    def delete(self, key: str) -> None:
        """Delete a document."""
        if self.exists():
            with self._open() as connection:
                connection.execute("DELETE FROM documents WHERE key = ?", (key,))

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction, committed at the end; sqlite's errors become StoreError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")  # readers too: what is read and then written is of one state
                self._prepare(connection)
                yield connection
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _unusable(self, error: sqlite3.Error | OSError) -> StoreError:
        cause = error.strerror if isinstance(error, OSError) else error
        return StoreError(f"{self._path}: the store of runs cannot be used ({cause})", hint=_HINT)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the table in an empty file; raise StoreError for a file of another program or a later version."""
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if (application, version) == (_APPLICATION, _SCHEMA):
            return
        if (application, version) == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
            return
        if application == _APPLICATION:
            said = f"a store of version {version}, and this flowcheck knows version {_SCHEMA}"
            raise StoreError(f"{self._path}: {said}", hint="Use the flowcheck that wrote it, or a later one.")
        raise StoreError(f"{self._path}: this SQLite file is no store of flowcheck", hint=_HINT)
