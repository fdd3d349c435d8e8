"""Reads the Terraform source of one folder."""

from __future__ import annotations

from pathlib import Path

from checker.load.terraform.source.cache import SourceCache
from checker.load.terraform.source.syntax import FolderSource


def read_folder(
    folder: Path,
    *,
    wanted: frozenset[str] | None,
    cache: SourceCache | Path | None,
    jobs: int = 1,
    display_root: Path | None = None,
) -> FolderSource:
    raise NotImplementedError
