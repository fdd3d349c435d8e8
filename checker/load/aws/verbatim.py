"""AWS responses as files: written the same way each time, read with suspicion."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from checker.errors import PlanError
from checker.load.terraform.document import decode

PACKED: Final = ".gz"
PACK_OVER: Final = 64 * 1024
"""Bytes of JSON above which a file is compressed: below, a person may want to read it."""

_LARGEST: Final = 1 << 30
"""Most bytes that a compressed file may hold: ten times what an account with 50,000 interfaces gives."""

_GZIP: Final = 31
"""zlib's word for a gzip file with any window."""


def to_bytes(response: Any) -> tuple[bytes, str]:
    """Return a response as the content of a file, and what to add to the file's name: ``.gz`` for a large one."""
    data = json.dumps(response, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        errors="replace"
    )
    if len(data) > PACK_OVER:
        return gzip.compress(data, compresslevel=6, mtime=0), PACKED
    text = json.dumps(response, default=_plain, ensure_ascii=False, sort_keys=True, indent=1)
    return text.encode(errors="replace"), ""


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def unpacked(data: bytes) -> bytes:
    """Return what a compressed file holds; raises ValueError for one that is cut off, too large or not compressed."""
    stream = zlib.decompressobj(_GZIP)
    try:
        content = stream.decompress(data, _LARGEST)
    except zlib.error as error:
        raise ValueError("it is not compressed as its name says") from error
    if not stream.eof:
        raise ValueError("it is too large" if stream.unconsumed_tail else "it is cut off")
    return content


def parse_json(data: bytes) -> Any:
    """Return the JSON value that bytes hold, in whichever encoding a shell wrote them.

    Raises ValueError for what is none: broken or too deep JSON, NaN, numbers beyond all measure.
    """
    try:
        return json.loads(decode(data, ""), parse_constant=_refused, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (PlanError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError("it is not JSON") from error


def _refused(word: str) -> Any:
    raise ValueError(f"it holds {word}, which is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"it holds the number {text[:20]}, which is beyond all measure")
    return number


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(data)
    partial.replace(path)


def lies_in(folder: Path, path: Path) -> bool:
    """Say whether a path is a plain file inside a folder, links followed."""
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a link to itself, a name that the system cannot hold
        return False
