"""Paths of the report as platforms want them: from the root of the repository, and as URIs."""

from __future__ import annotations

import posixpath
import re
from typing import Final
from urllib.parse import quote

_DRIVE: Final = re.compile(r"^[A-Za-z]:[/\\]")


def repository_path(path: str, source_root: str | None) -> str:
    """Return a path of the report (relative to the working folder) as seen from the root of the repository.

    ``source_root`` is the working folder as seen from there. Absolute paths stay as they are. Without superfluous
    ``./`` and ``..``.
    """
    if posixpath.isabs(path) or _DRIVE.match(path):
        return path
    return posixpath.normpath(posixpath.join(source_root or "", path))


def file_uri(path: str) -> tuple[str, bool]:
    """Return a path as a URI reference (RFC 3986) and whether it is a relative one."""
    if _DRIVE.match(path):
        return "file:///" + quote(path.replace("\\", "/"), safe="/:"), False
    if posixpath.isabs(path):
        return "file://" + quote("/" + path.lstrip("/"), safe="/"), False
    return quote(path, safe="/"), True
