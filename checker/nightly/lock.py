"""One nightly at a time in a work folder. The lock ends with the process, however that ends."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checker.errors import StoreError

_FILE: Final = "lock.sqlite"


@contextlib.contextmanager
def locked(work: Path) -> Iterator[None]:
    """Hold the lock of a work folder, which is made; raises StoreError where another process holds it.

    SQLite's own lock on a file, since it works alike on every system and the system takes it from a dead process.
    """
    try:
        work.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(work / _FILE, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{work}: the work folder cannot be used ({error})", hint="Check `work`.") from error
    with contextlib.closing(connection):
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{work}: another flowcheck nightly runs here ({error})",
                hint="Wait for its end; a dead process holds no lock.",
            ) from error
        yield
