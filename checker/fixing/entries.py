"""Entries of network ACLs and rules of security groups: in the block of what they belong to, or by themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from checker.fixing.change import Change
from checker.fixing.edit import add_nested, literal
from checker.fixing.lift import REFERENCE
from checker.fixing.model import CannotFix
from checker.fixing.places import Path_, Spot
from checker.fixing.syntax import Block
from checker.fixing.written import Written
from checker.model.record import dataclass

_OWNER: Final = {
    "aws_network_acl_rule": "network_acl_id",
    "aws_vpc_security_group_ingress_rule": "security_group_id",
    "aws_vpc_security_group_egress_rule": "security_group_id",
}
_ALWAYS_INSIDE: Final = ("aws_default_network_acl", "aws_default_security_group")
_WAYS: Final = ("ingress", "egress")
_OPTIONAL: Final = ("cidr_block", "ipv6_cidr_block", "icmp_type", "icmp_code")
_LISTS: Final = {
    "cidr_ipv4": "cidr_blocks",
    "cidr_ipv6": "ipv6_cidr_blocks",
    "referenced_security_group_id": "security_groups",
}
"""Arguments of a rule by itself, and of one in its group's block."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an ACL: a nested block of it, or a resource of its own (then ``block`` is that of ``spot``)."""

    spot: Spot
    block: Block

    @property
    def inside(self) -> bool:
        """Whether it stands in the block of its ACL."""
        return self.block is not self.spot.block


def put_inside(change: Change, written: Written, path: Path_) -> bool:
    """Add an entry or rule to the block of its owner, if that holds all of them; return whether it did."""
    type_, _ = written.name
    if type_ not in _OWNER:
        return False
    given = _values(written)
    owner = _owner(change, given[_OWNER[type_]], path)
    if owner is None or not holds_entries(change, owner):
        return False
    way = _way(type_, given)
    for made in _nested(type_, given):
        again = change.places.need(path, "resource", *owner.block.labels)
        same = again.block.nested(way)
        add_nested(change, again, f"{way} {{\n{made}\n}}", after=same[-1] if same else None)
    return True


def holds_entries(change: Change, owner: Spot) -> bool:
    """Return whether all entries of an ACL or rules of a group stand in its block; raises CannotFix where unseen."""
    for way in _WAYS:
        if owner.block.dynamic(way):
            where = owner.where(change.places.files)
            raise CannotFix(f"the entries of {'.'.join(owner.block.labels)} are made by a dynamic block ({where})")
        if owner.block.argument(way):
            where = owner.where(change.places.files)
            raise CannotFix(f"the entries of {'.'.join(owner.block.labels)} are one value, not blocks ({where})")
    nested = any(owner.block.nested(way) for way in _WAYS)
    return nested or owner.block.labels[0] in _ALWAYS_INSIDE


def _values(written: Written) -> Mapping[str, str]:
    block = written.block()
    return {each.name: written.text[each.value : each.end] for each in block.arguments}


def _owner(change: Change, expression: str, path: Path_) -> Spot | None:
    found = REFERENCE.match(expression)
    return change.places.find(path, "resource", found["type"], found["name"]) if found else None


def _way(type_: str, given: Mapping[str, str]) -> str:
    if type_ == "aws_network_acl_rule":
        return "egress" if given.get("egress") == "true" else "ingress"
    return "egress" if "egress" in type_ else "ingress"


def _nested(type_: str, given: Mapping[str, str]) -> list[str]:
    if type_ == "aws_network_acl_rule":
        rows = {"rule_no": given["rule_number"], "action": given["rule_action"], "protocol": given["protocol"]}
        rows |= {name: given[name] for name in _OPTIONAL if name in given}
        rows |= {"from_port": given.get("from_port", "0"), "to_port": given.get("to_port", "0")}
        return [aligned(rows)]
    rows = {name: given[name] for name in ("description",) if name in given}
    everything = given["ip_protocol"] == '"-1"'
    rows |= {"protocol": given["ip_protocol"]}
    rows |= {name: "0" if everything else given.get(name, "0") for name in ("from_port", "to_port")}
    rows |= {_LISTS[name]: f"[{given[name]}]" for name in _LISTS if name in given}
    return [aligned(rows)]


def aligned(rows: Mapping[str, str]) -> str:
    """Return arguments, one a line, indented by two."""
    width = max(len(name) for name in rows)
    return "\n".join(f"  {name.ljust(width)} = {value}" for name, value in rows.items())


def entry_of(change: Change, number: int, way: str | None) -> Entry:
    """Return the entry with a number, of the finding's ACL; raises CannotFix where it is not written."""
    address = change.address
    acl = change.resource(address)
    found = [
        Entry(acl, block)
        for each in (_WAYS if way is None else (way,))
        for block in acl.block.nested(each)
        if literal(change, acl, block, "rule_no") == str(number)
    ]
    rules = _rules(change, address.module_path, acl)
    found += [Entry(spot, spot.block) for spot in rules if _is(change, spot, number, way)]
    if len(found) != 1:
        said = "is not written as a number" if not found else "stands there more than once"
        raise CannotFix(f"entry {number} of {'.'.join(acl.block.labels)} {said} ({acl.where(change.places.files)})")
    return found[0]


def _rules(change: Change, path: Path_, acl: Spot) -> list[Spot]:
    own = re.compile(rf"{acl.block.labels[0]}\.{re.escape(acl.block.labels[1])}\b")
    return [
        spot
        for spot in change.places.blocks(path)
        if spot.block.labels[:1] == ("aws_network_acl_rule",)
        and (argument := spot.block.argument("network_acl_id"))
        and own.match(change.places.value(spot, argument))
    ]


def _is(change: Change, spot: Spot, number: int, way: str | None) -> bool:
    if literal(change, spot, spot.block, "rule_number") != str(number):
        return False
    egress = literal(change, spot, spot.block, "egress") == "true"
    return way is None or egress == (way == "egress")
