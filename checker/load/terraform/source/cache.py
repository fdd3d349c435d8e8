"""Parsed files, kept by the content they were parsed from."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from checker.model.record import dataclass

PARSER_VERSION: Final = "2"
"""Changes with every change of what a file is parsed into."""


@dataclass(frozen=True, slots=True)
class SourceCache:
    """A folder of parsed files, each named by the SHA-256 of its text and of all that shapes the result.

    Any number of processes may use one folder: entries are never changed, only replaced whole. An entry that does not
    match its own checksum is as good as none. A folder that cannot be written to is no error; nothing is kept then.
    """

    folder: Path

    def load(self, key: str) -> Any | None:
        """Return what was stored under a key; None where nothing usable was."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        checksum, _, body = data.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != checksum:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def store(self, key: str, content: Any) -> None:
        """Keep JSON content under a key."""
        try:
            body = json.dumps(content, separators=(",", ":")).encode()
        except RecursionError:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
        except OSError:
            return
        _replace(handle, Path(name), path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key[2:]}.json"


def cache_key(text: str, *shape: str) -> str:
    """Return the key of a text, parsed in the way that ``shape`` tells."""
    digest = hashlib.sha256()
    for part in (PARSER_VERSION, _library_version(), *shape):
        digest.update(part.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


@cache
def _library_version() -> str:
    """Return the file that tells python-hcl2's version: importing the library, or metadata, takes far longer."""
    package = find_spec("hcl2")
    if package is None or package.origin is None:
        return ""
    try:
        return Path(package.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return ""


def _replace(handle: int, temporary: Path, path: Path, data: bytes) -> None:
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
