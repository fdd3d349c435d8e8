"""Terraform's functions over values that may be symbolic."""

from __future__ import annotations

from collections.abc import Sequence

from checker.load.terraform.instance import Value


class FunctionError(Exception):
    """A call that Terraform reports as an error."""


def call(name: str, args: Sequence[Value]) -> Value:
    raise FunctionError(name)
