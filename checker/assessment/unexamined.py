"""Places whose VPCs could not be listed, as rows for reports: a dark part need not be a VPC that anybody has seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from checker.model.assessment import UnexaminedRow
from checker.model.finding import Gap
from checker.model.model import NetworkModel

_TYPES: Final = frozenset({"aws_vpc", "aws_default_vpc"})
_GLOBAL: Final = "global"


def unexamined_rows(model: NetworkModel, gaps: Iterable[Gap]) -> tuple[UnexaminedRow, ...]:
    """Return one row for each account that was not entered, and each region or root whose VPCs may not all be known."""
    found: dict[tuple[str | None, str | None, str | None], str] = {}
    for gap in gaps:
        if gap.account is not None and gap.region is None and gap.call is None:
            found.setdefault((gap.account, None, None), gap.cause)
    for unread in model.unread:
        if unread.types and not _TYPES & set(unread.types):
            continue
        if unread.account is None:
            found.setdefault((None, None, unread.root), unread.cause.reason)
        elif unread.region != _GLOBAL:
            found.setdefault((unread.account, unread.region, None), unread.cause.reason)
    rows = [UnexaminedRow(account=account, region=region, root=root, cause=cause)
            for (account, region, root), cause in found.items()]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.account or "", row.region or "", row.root or "", row.cause)))
