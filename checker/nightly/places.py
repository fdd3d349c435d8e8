"""Files and objects that a night writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from checker.delivery import write_file
from checker.history.s3_documents import START, S3Documents, split_place


def put(place: str, content: str | bytes | Iterable[bytes], content_type: str, session: Callable[[], Any]) -> None:
    """Write a text or bytes to a file, or to ``s3://bucket/key``; raises UsageError or StoreError."""
    if not place.startswith(START):
        write_file(Path(place), content)
        return
    bucket, key = split_place(place)
    if isinstance(content, str):
        data = content.encode("utf-8", "backslashreplace")
    else:
        data = content if isinstance(content, bytes) else b"".join(content)
    S3Documents(f"{START}{bucket}", session).put(key, data, content_type)


def put_folder(folder: Path, place: str, session: Callable[[], Any]) -> None:
    """Copy every file below a folder to ``s3://bucket/prefix``; the sums last, so that they vouch for what is there."""
    bucket, key = split_place(place)
    documents = S3Documents(f"{START}{bucket}", session)
    start = f"{key.strip('/')}/" if key.strip("/") else ""
    files = sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda each: (each.parent == folder, each)
    )
    for path in files:
        documents.put(f"{start}{path.relative_to(folder).as_posix()}", path.read_bytes(), "application/octet-stream")
