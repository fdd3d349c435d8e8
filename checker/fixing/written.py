"""A remediation's Terraform, taken apart: blocks to add, and changes of blocks that exist."""

from __future__ import annotations

import re
from typing import Final

from checker.fixing.layout import line_start
from checker.fixing.syntax import Block, parse
from checker.load.terraform.source.address import Address, parse_address
from checker.model.record import dataclass

_PLACE: Final = re.compile(r"# in (module\.\S+?)(?:;.*)?")
_KEEPS: Final = "# the other arguments stay"
"""What ``rules/_fix.block_head`` writes into a block that changes an existing one."""


@dataclass(frozen=True, slots=True)
class Written:
    """One top-level block of a remediation."""

    module: str
    """Address of the module instance that it belongs to; empty for the root."""
    type: str
    labels: tuple[str, ...]
    text: str
    """The block alone."""
    changes: bool
    """Whether it names what to change in a block that exists."""

    def block(self) -> Block:
        """Return where arguments and blocks stand in the text."""
        return parse(self.text).blocks[0]

    @property
    def name(self) -> tuple[str, str]:
        """Type and name of a resource or data source."""
        return (self.labels[0], self.labels[1]) if len(self.labels) == 2 else ("", "")


def take_apart(terraform: str) -> list[Written]:
    """Return the blocks of a remediation, each with the module that the comments before it name."""
    found: list[Written] = []
    module, position = "", 0
    for block in parse(terraform).blocks:
        for line in terraform[position : line_start(terraform, block.start)].split("\n"):
            place = _PLACE.fullmatch(line.strip())
            module = place[1] if place else module
        text = terraform[block.start : block.end]
        found.append(Written(module, block.type, block.labels, text, _KEEPS in text))
        position = block.end
    return found


def subject(address: str | None) -> Address | None:
    """Return an instance address, taken apart; None for what Terraform does not manage."""
    return parse_address(address) if address else None
