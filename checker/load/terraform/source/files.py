"""Files that the configuration reads with ``file()``: only inside its own folders."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from checker.load.terraform.instance import Value
from checker.load.terraform.source.modules import Module
from checker.load.terraform.source.scope import Place
from checker.load.terraform.source.values import Failed

MAX_BYTES: Final = 1_000_000
"""Largest file that is read into a value."""


def read_text_file(tree: Module, name: str, place: Place) -> Value:
    """Return a file's text.

    A relative name is taken from the root module's folder, as Terraform does. A file outside the folders of the
    modules is not opened. Raises Failed where there is no such file.
    """
    try:
        path = (tree.folder / name).resolve()
        if not any(_inside(path, module.folder, tree.folder) for module in tree.walk()):
            return place.unknown("the file lies outside the module folders")
        if not path.is_file():
            raise Failed("there is no such file")
        if path.stat().st_size > MAX_BYTES:
            return place.unknown(f"the file is larger than {MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return place.unknown("the file cannot be read as text")


def _inside(path: Path, folder: Path, root: Path) -> bool:
    """Return whether a file belongs to a module: above the root module, hidden folders such as .ssh do not."""
    if not path.is_relative_to(folder.resolve()):
        return False
    hidden = any(part.startswith(".") for part in path.relative_to(folder.resolve()).parts)
    return path.is_relative_to(root.resolve()) or not hidden
