"""Where a fact was read. Every entity has one; it becomes the evidence and the location of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from checker.model.record import dataclass, field


class Source(StrEnum):
    """The kind of input a fact came from."""

    PLAN = "plan"
    HCL = "hcl"
    STATE = "state"
    ACCOUNT = "account"
    SNAPSHOT = "snapshot"
    POLICY = "policy"
    """A policy or waiver file: where a decision stands, not a fact about the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One place in one input."""

    source: Source
    root: str = ""
    """The root module folder or plan label (Terraform), or ``account/region`` (live): tells equal addresses apart."""
    address: str | None = None
    """Terraform instance address, for example ``module.net.aws_vpc.this[0]``."""
    path: str | None = None
    """File, relative to the working folder where possible, with forward slashes."""
    line: int | None = None
    """First line of the block, counted from 1."""
    end_line: int | None = None
    attribute_lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each argument that the block sets, where the source is at hand."""
    api: str | None = None
    """API call that gave the fact, for example ``ec2:DescribeFlowLogs`` (live and snapshot)."""
    managed: bool = True
    """False for a data source: read here, managed elsewhere."""

    def text(self) -> str:
        """Return the shortest text by which a person finds the place."""
        where = f"{self.path}:{self.line}" if self.path and self.line else (self.path or "")
        what = self.address or self.api or ""
        return f"{what} ({where})" if what and where else (what or where or self.root)
