"""Evaluates one expression that stands alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from checker.load.terraform.instance import Ref, Value
from checker.load.terraform.source.expressions import Walker
from checker.load.terraform.source.parse import parse_expression
from checker.load.terraform.source.scope import Scope
from checker.model.known import Unknown


class Nowhere:
    """A configuration without anything in it."""

    def reference(self, root: str, name: str, scope: Scope) -> Value:
        return Unknown(f"{root}.{name}")

    def data(self, type_: str, name: str, scope: Scope) -> Value:
        return Unknown(f"data.{type_}.{name}")

    def member(self, ref: Ref, name: str) -> Value:
        return Ref(ref.address, (*ref.path, name))

    def object_of(self, ref: Ref) -> Value:
        return ref

    def read_text(self, name: str, scope: Scope) -> Value:
        return Unknown(name)


def evaluate(expression: str, names: Mapping[str, Value] | None = None) -> Value:
    """Return the value of an expression in which nothing but ``names`` is declared."""
    scope = Scope(within=None, names=names or {})  # type: ignore[arg-type]
    return Walker(Nowhere()).evaluate(parse_expression(expression), scope)


def same(left: Any, right: Any) -> bool:
    """Return whether two values are equal to Terraform: numbers are one type, bools are none of them."""
    if isinstance(left, Unknown) or isinstance(right, Unknown) or isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return math.isclose(left, right, rel_tol=1e-12) if isinstance(left, float) else left == right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)
