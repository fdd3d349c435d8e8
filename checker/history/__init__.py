"""WHAT CHANGED SINCE: runs kept in a store, and what they say taken together. May import ``model`` and ``errors``.

``documents`` is where bytes lie (an SQLite file, a bucket), ``run`` is what is kept of a report, ``tracks`` follows
each failure from run to run, ``book`` puts the three together.
"""

from checker.history.book import Book, Remembered
from checker.history.documents import Documents
from checker.history.opening import open_documents
from checker.history.retention import Keep
from checker.history.run import Run, run_of

__all__ = ["Book", "Documents", "Keep", "Remembered", "Run", "open_documents", "run_of"]
