"""Functions of file names. Those that open files are not here: they need to know the module's folder."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Final

from checker.load.terraform.functions.arguments import PendingError, text
from checker.load.terraform.instance import Value
from checker.model.known import Unknown


def _basename(value: Value) -> Value:
    stripped = text(value).rstrip("/")
    if not stripped:
        return "/" if text(value) else "."
    return posixpath.basename(stripped)


def _dirname(value: Value) -> Value:
    folder, slash, _ = text(value).rpartition("/")
    return posixpath.normpath(folder or slash or ".").replace("//", "/")


def _abspath(value: Value) -> Value:
    if not text(value).startswith("/"):
        raise PendingError(Unknown("where Terraform will be run is not known"))
    return posixpath.normpath(text(value)).replace("//", "/")


def _pathexpand(value: Value) -> Value:
    if text(value).startswith("~"):
        raise PendingError(Unknown("the home folder of who will run Terraform is not known"))
    return text(value)


FUNCTIONS: Final[dict[str, Callable[..., Value]]] = {
    "abspath": _abspath,
    "basename": _basename,
    "dirname": _dirname,
    "pathexpand": _pathexpand,
}
