"""Places whose VPCs could not be listed, as rows for reports: a dark part need not be a VPC that anybody has seen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from checker.model.assessment import UnexaminedRow
from checker.model.finding import ACCOUNT_NOT_EXAMINED, Gap
from checker.model.model import NetworkModel

_PLACE: Final = re.compile(r"(\d{12})/([a-z0-9-]+)$")
_ACCOUNT: Final = re.compile(r"account (\d{12})$")
"""How a gap names an account; ``affects`` tells whether nothing of it was examined."""
_TYPES: Final = frozenset({"aws_vpc", "aws_default_vpc"})
_GLOBAL: Final = "global"


def unexamined_rows(model: NetworkModel, gaps: Iterable[Gap]) -> tuple[UnexaminedRow, ...]:
    """Return one row for each account that was not entered, and each region or root whose VPCs may not all be known."""
    found: dict[tuple[str | None, str | None, str | None], str] = {}
    for gap in gaps:
        named = _ACCOUNT.match(gap.what)
        if named and gap.affects == ACCOUNT_NOT_EXAMINED:
            found.setdefault((named[1], None, None), gap.cause)
    for unread in model.unread:
        if unread.types and not _TYPES & set(unread.types):
            continue
        place = _PLACE.match(unread.root or "")
        if place is None:
            found.setdefault((None, None, unread.root), unread.cause.reason)
        elif place[2] != _GLOBAL:
            found.setdefault((place[1], place[2], None), unread.cause.reason)
    rows = [UnexaminedRow(account=account, region=region, root=root, cause=cause)
            for (account, region, root), cause in found.items()]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.account or "", row.region or "", row.root or "", row.cause)))
