"""Terraform instances to the network model: the only place that knows the provider's argument names.

``WANTED_TYPES`` names managed types as ``aws_vpc`` and data sources as ``data.aws_vpc``. ``PARTS`` are the fields of
the model that can be asked for, and ``types_of`` tells what is read for some of them.
"""

from __future__ import annotations

from checker.load.terraform.convert.build import build_model, to_loaded
from checker.load.terraform.convert.registry import PARTS, WANTED_TYPES, types_of

__all__ = ["PARTS", "WANTED_TYPES", "build_model", "to_loaded", "types_of"]
