"""Values of input variables from files and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from checker.load.terraform.instance import Value
from checker.load.terraform.source.syntax import Expr


def read_var_file(path: Path) -> dict[str, Value]:
    raise NotImplementedError


def discover_var_files(folder: Path) -> list[Path]:
    raise NotImplementedError


def from_environment(env: Mapping[str, str]) -> dict[str, str]:
    raise NotImplementedError


def coerce(text: str, type_expr: Expr | None) -> Value:
    raise NotImplementedError
