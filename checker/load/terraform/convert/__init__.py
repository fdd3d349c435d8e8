"""Terraform instances to the network model: the only place that knows the provider's argument names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from checker.load.terraform.instance import TerraformRoot
from checker.model.loaded import Loaded
from checker.model.model import NetworkModel

WANTED_TYPES: frozenset[str] = frozenset({"aws_vpc", "aws_flow_log", "data.aws_vpc"})
"""Types that conversion reads. Data sources are spelled ``data.aws_vpc``."""


def build_model(roots: Sequence[TerraformRoot], which: Literal["after", "before"]) -> NetworkModel:
    """Return the network that all roots together describe, before or after the change."""
    return NetworkModel()


def to_loaded(roots: Sequence[TerraformRoot]) -> Loaded:
    """Return both networks, the changes between them, and what could not be read."""
    return Loaded(after=build_model(roots, "after"))
