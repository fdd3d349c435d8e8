"""What ``--store`` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from checker.errors import UsageError
from checker.history.documents import Documents
from checker.history.s3_documents import START, S3Documents
from checker.history.sqlite_documents import SqliteDocuments


def open_documents(where: str, *, session: Callable[[], Any]) -> Documents:
    """Return the store at a path, or at ``s3://bucket/prefix``; nothing is read or written yet.

    ``session`` gives a boto3 session when a bucket is first asked. Raises UsageError for what cannot be a store.
    """
    if where.startswith(START):
        return S3Documents(where, session)
    if "://" in where:
        raise UsageError(f"--store {where}: neither a file nor a bucket", hint="Give a file, or s3://BUCKET/PREFIX.")
    if Path(where).is_dir():
        raise UsageError(f"--store {where}: this is a folder", hint="Give the file in it: runs.sqlite, for example.")
    return SqliteDocuments(Path(where))
